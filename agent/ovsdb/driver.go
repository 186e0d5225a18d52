package ovsdb

import (
	"context"
	"fmt"

	"github.com/ovn-kubernetes/libovsdb/client"
	ovs "github.com/ovn-kubernetes/libovsdb/ovsdb"

	"weft/agent/run"
	"weft/plan"
)

// Kinds implements run.Driver.
func (d *DB) Kinds() []plan.Kind {
	return []plan.Kind{
		plan.KindBridge, plan.KindTableName, plan.KindController, plan.KindPatchPort, plan.KindTunnelPort,
		plan.KindOVSPort,
	}
}

// change computes operations over one reading of the database.
type change struct {
	o    Options
	cl   client.Client
	rows *rows
	ops  []ovs.Operation
	err  error
	n    int // rows made, to name them inside the transaction
}

// Apply implements run.Driver: all changes of the step are one transaction. If that is refused each is tried alone, so
// that one that cannot be does not stop the others.
func (d *DB) Apply(ctx context.Context, s run.Step) run.Result {
	var r run.Result
	cl, err := d.client()
	if err != nil {
		r.FailAll(s, err)
		return r
	}
	rows, err := read(ctx, cl)
	if err != nil {
		r.FailAll(s, err)
		return r
	}
	all := &change{o: d.o, cl: cl, rows: rows}
	var good run.Step
	for _, x := range s.Put {
		if err := all.try(func() { all.put(x) }); err != nil {
			r.Fail(x.Key(), err)
			continue
		}
		good.Put = append(good.Put, x)
	}
	for _, x := range s.Drop {
		if err := all.try(func() { all.drop(x) }); err != nil {
			r.Fail(x.Key(), err)
			continue
		}
		good.Drop = append(good.Drop, x)
	}
	if err := d.transact(ctx, cl, all.ops); err != nil {
		d.alone(ctx, good, err, &r)
	}
	return r
}

// alone applies the changes one by one after they failed together.
func (d *DB) alone(ctx context.Context, s run.Step, err error, r *run.Result) {
	if len(s.Put)+len(s.Drop) == 1 {
		r.FailAll(s, err)
		return
	}
	for _, x := range s.Put {
		r.Merge(d.Apply(ctx, run.Step{Kind: s.Kind, Put: []plan.Spec{x}}))
	}
	for _, x := range s.Drop {
		r.Merge(d.Apply(ctx, run.Step{Kind: s.Kind, Drop: []plan.Spec{x}}))
	}
}

// try runs f and takes back the operations it added if it failed.
func (c *change) try(f func()) error {
	before := len(c.ops)
	c.err = nil
	f()
	if c.err != nil {
		c.ops = c.ops[:before]
	}
	return c.err
}

func (c *change) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

func (c *change) add(ops []ovs.Operation, err error) {
	if err != nil {
		c.fail("build change of open vswitch's database: %w", err)
		return
	}
	c.ops = append(c.ops, ops...)
}

// name gives a new row a name inside the transaction.
func (c *change) name() string {
	c.n++
	return fmt.Sprintf("weft%d", c.n)
}

func (c *change) put(x plan.Spec) {
	switch x := x.(type) {
	case plan.Bridge:
		c.putBridge(x)
	case plan.TableName:
		c.putTableName(x)
	case plan.Controller:
		c.putController(x)
	case plan.PatchPort:
		c.putPort(x.Bridge, patch(x))
	case plan.TunnelPort:
		c.putPort(x.Bridge, tunnel(x))
	case plan.OVSPort:
		c.putPort(x.Bridge, device(x))
	default:
		c.fail("item of kind %s is not for open vswitch", x.Key().Kind)
	}
}

func (c *change) drop(x plan.Spec) {
	switch x := x.(type) {
	case plan.Bridge:
		c.dropBridge(x)
	case plan.TableName:
		c.dropTableName(x)
	case plan.Controller:
		c.dropController(x)
	case plan.PatchPort:
		c.dropPort(x.Bridge, x.Name)
	case plan.TunnelPort:
		c.dropPort(x.Bridge, x.Name)
	case plan.OVSPort:
		c.dropPort(x.Bridge, x.Dev)
	default:
		c.fail("item of kind %s is not for open vswitch", x.Key().Kind)
	}
}

// bridge finds the bridge that an item belongs to.
func (c *change) bridge(name string) *bridgeRow {
	b := c.rows.bridges[name]
	if b == nil {
		c.fail("bridge %s is not there", name)
	}
	return b
}

// List implements run.Driver. Scopes other than run.Everywhere are namespaces, in which there is nothing of OVSDB's.
func (d *DB) List(ctx context.Context, want *run.Wanted, scope string) (map[plan.Key]plan.Spec, error) {
	if scope != run.Everywhere {
		return map[plan.Key]plan.Spec{}, nil
	}
	cl, err := d.client()
	if err != nil {
		return nil, err
	}
	rows, err := read(ctx, cl)
	if err != nil {
		return nil, err
	}
	l := &listing{o: d.o, rows: rows, want: want, have: map[plan.Key]plan.Spec{}}
	for _, b := range rows.bridges {
		l.bridge(b)
		l.ports(b)
		if ours(b.ExternalIDs) || usedByUs(b) {
			l.controllers(b)
			l.tableNames(b)
		}
	}
	return l.have, nil
}

// listing turns rows into items.
type listing struct {
	o    Options
	rows *rows
	want *run.Wanted
	have map[plan.Key]plan.Spec
}

// found records an item: one that is wanted only if it is right, any other so that it is dropped.
func (l *listing) found(x plan.Spec, right func(plan.Spec) bool) {
	w, wanted := l.want.Get(x.Key())
	switch {
	case !wanted:
		l.have[x.Key()] = x
	case right(w):
		l.have[x.Key()] = w
	}
}
