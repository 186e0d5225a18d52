package ovsdb

import (
	"context"
	"fmt"
	"slices"

	"github.com/ovn-kubernetes/libovsdb/client"
)

// ownerKey and ownerValue are our mark in external_ids.
const (
	ownerKey   = "owner"
	ownerValue = "weft"
)

func ours(ids map[string]string) bool { return ids[ownerKey] == ownerValue }

func mark() map[string]string { return map[string]string{ownerKey: ownerValue} }

// rows is the database at one moment.
type rows struct {
	root        rootRow
	bridges     map[string]*bridgeRow // by name
	ports       map[string]*portRow   // by UUID
	interfaces  map[string]*interfaceRow
	controllers map[string]*controllerRow
	tables      map[string]*tableRow
	ssl         map[string]*sslRow
}

// read takes the rows from the client's replica.
func read(ctx context.Context, cl client.Client) (*rows, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var err error
	r := &rows{}
	roots := list(ctx, cl, &err, func(x *rootRow) string { return x.UUID })
	r.bridges = list(ctx, cl, &err, func(x *bridgeRow) string { return x.Name })
	r.ports = list(ctx, cl, &err, func(x *portRow) string { return x.UUID })
	r.interfaces = list(ctx, cl, &err, func(x *interfaceRow) string { return x.UUID })
	r.controllers = list(ctx, cl, &err, func(x *controllerRow) string { return x.UUID })
	r.tables = list(ctx, cl, &err, func(x *tableRow) string { return x.UUID })
	r.ssl = list(ctx, cl, &err, func(x *sslRow) string { return x.UUID })
	if err != nil {
		return nil, fmt.Errorf("read open vswitch's database: %w", err)
	}
	for _, x := range roots {
		r.root = *x
		return r, nil
	}
	return nil, fmt.Errorf("read open vswitch's database: it is not initialised yet (ovs-vsctl init)")
}

func list[T any](ctx context.Context, cl client.Client, err *error, key func(*T) string) map[string]*T {
	var all []*T
	if *err == nil {
		*err = cl.List(ctx, &all)
	}
	m := make(map[string]*T, len(all))
	for _, x := range all {
		m[key(x)] = x
	}
	return m
}

// port finds a port of a bridge by name.
func (r *rows) port(b *bridgeRow, name string) *portRow {
	for _, id := range b.Ports {
		if p := r.ports[id]; p != nil && p.Name == name {
			return p
		}
	}
	return nil
}

// anyPort finds a port by name, and its bridge.
func (r *rows) anyPort(name string) (*bridgeRow, *portRow) {
	for _, b := range r.bridges {
		if p := r.port(b, name); p != nil {
			return b, p
		}
	}
	return nil, nil
}

// iface gives the interface of a port that has one.
func (r *rows) iface(p *portRow) *interfaceRow {
	if len(p.Interfaces) != 1 {
		return nil
	}
	return r.interfaces[p.Interfaces[0]]
}

// controller finds a controller of a bridge by target.
func (r *rows) controller(b *bridgeRow, target string) *controllerRow {
	for _, id := range b.Controller {
		if c := r.controllers[id]; c != nil && c.Target == target {
			return c
		}
	}
	return nil
}

// table gives the named flow table of a bridge.
func (r *rows) table(b *bridgeRow, table uint8) *tableRow { return r.tables[b.FlowTables[int(table)]] }

// foreignPorts lists ports of a bridge that are neither ours nor the bridge's own.
func (r *rows) foreignPorts(b *bridgeRow) []string {
	var out []string
	for _, id := range b.Ports {
		if p := r.ports[id]; p != nil && p.Name != b.Name && !ours(p.ExternalIDs) {
			out = append(out, p.Name)
		}
	}
	slices.Sort(out)
	return out
}
