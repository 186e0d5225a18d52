package ovsdb

import (
	"context"
	"fmt"
	"time"

	"github.com/ovn-kubernetes/libovsdb/model"
	ovs "github.com/ovn-kubernetes/libovsdb/ovsdb"
)

const (
	restoreWait  = "flow-restore-wait"
	settleWithin = 10 * time.Second
	settlePoll   = 10 * time.Millisecond
)

// Settle returns when ovs-vswitchd has done all that the database asks for, as ovs-vsctl does: it answers a new next_cfg
// with the same cur_cfg.
func (d *DB) Settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	const root, next, now = "Open_vSwitch", "next_cfg", "cur_cfg"
	every := []ovs.Condition{{Column: next, Function: ovs.ConditionNotEqual, Value: -1}} // a select must have a condition
	want, err := d.number(ctx, next,
		ovs.Operation{Op: ovs.OperationMutate, Table: root, Where: every, Mutations: []ovs.Mutation{
			{Column: next, Mutator: ovs.MutateOperationAdd, Value: 1},
		}},
		ovs.Operation{Op: ovs.OperationSelect, Table: root, Where: every, Columns: []string{next}})
	poll := time.NewTicker(settlePoll)
	defer poll.Stop()
	for err == nil {
		var done int
		done, err = d.number(ctx, now, ovs.Operation{Op: ovs.OperationSelect, Table: root, Where: every, Columns: []string{now}})
		if err != nil || done >= want {
			break
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			err = fmt.Errorf("wait for ovs-vswitchd: %w", context.Cause(ctx))
		}
	}
	return err
}

// number gives what the last of the operations selected.
func (d *DB) number(ctx context.Context, column string, ops ...ovs.Operation) (int, error) {
	cl, err := d.client()
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	results, err := cl.Transact(ctx, ops...)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", column, err)
	}
	if failed, err := ovs.CheckOperationResults(results, ops); err != nil {
		return 0, fmt.Errorf("read %s: %w %v", column, err, failed)
	}
	for _, row := range results[len(results)-1].Rows {
		switch n := row[column].(type) {
		case float64:
			return int(n), nil
		case int:
			return n, nil
		}
	}
	return 0, fmt.Errorf("read %s: open vswitch's database has no such number", column)
}

// Release takes back that ovs-vswitchd should wait for flows before it forwards. It reports whether it should.
func (d *DB) Release(ctx context.Context) (bool, error) {
	cl, err := d.client()
	if err != nil {
		return false, err
	}
	rows, err := read(ctx, cl)
	if err != nil || rows.root.OtherConfig[restoreWait] != "true" {
		return false, err
	}
	c := &change{o: d.o, cl: cl, rows: rows}
	root := &rootRow{UUID: rows.root.UUID}
	c.add(cl.Where(root).Mutate(root, model.Mutation{
		Field: &root.OtherConfig, Mutator: ovs.MutateOperationDelete, Value: []string{restoreWait},
	}))
	if c.err != nil {
		return false, c.err
	}
	return true, d.transact(ctx, cl, c.ops)
}
