package ovsdb

import (
	"context"
	"slices"
	"strings"

	"github.com/ovn-kubernetes/libovsdb/model"
	ovs "github.com/ovn-kubernetes/libovsdb/ovsdb"

	"weft/plan"
)

const (
	outOfBand = "out-of-band"
	probe     = 10000 // milliseconds without a word from the controller before it is asked for a sign of life
)

// tableNames records the names of a bridge's flow tables that carry our mark.
func (l *listing) tableNames(b *bridgeRow) {
	for n, id := range b.FlowTables {
		t := l.rows.tables[id]
		if t == nil || !ours(t.ExternalIDs) || n < 0 || n > 254 {
			continue
		}
		x := plan.TableName{Bridge: b.Name, Table: uint8(n)}
		if t.Name != nil {
			x.Name = *t.Name
		}
		l.found(x, func(w plan.Spec) bool { return w == plan.Spec(x) })
	}
}

func (c *change) putTableName(x plan.TableName) {
	b := c.bridge(x.Bridge)
	if b == nil {
		return
	}
	if t := c.rows.table(b, x.Table); t != nil {
		t.Name, t.ExternalIDs = &x.Name, merged(t.ExternalIDs, mark())
		c.add(c.cl.Where(t).Update(t, &t.Name, &t.ExternalIDs))
		return
	}
	id := c.name()
	c.add(c.cl.Create(&tableRow{UUID: id, Name: &x.Name, ExternalIDs: mark()}))
	c.add(c.cl.Where(b).Mutate(b, model.Mutation{
		Field: &b.FlowTables, Mutator: ovs.MutateOperationInsert, Value: map[int]string{int(x.Table): id},
	}))
}

func (c *change) dropTableName(x plan.TableName) {
	b := c.rows.bridges[x.Bridge]
	if b == nil {
		return
	}
	t := c.rows.table(b, x.Table)
	if t == nil || !ours(t.ExternalIDs) {
		return
	}
	c.add(c.cl.Where(b).Mutate(b, model.Mutation{
		Field: &b.FlowTables, Mutator: ovs.MutateOperationDelete, Value: map[int]string{int(x.Table): t.UUID},
	}))
}

// controllers records a bridge's controllers that carry our mark.
func (l *listing) controllers(b *bridgeRow) {
	for _, id := range b.Controller {
		r := l.rows.controllers[id]
		if r == nil || !ours(r.ExternalIDs) {
			continue
		}
		l.found(plan.Controller{Bridge: b.Name, Target: r.Target}, func(plan.Spec) bool {
			return r.ConnectionMode != nil && *r.ConnectionMode == outOfBand &&
				r.InactivityProbe != nil && *r.InactivityProbe == probe &&
				(!overTLS(r.Target) || l.rows.hasTLS(l.o))
		})
	}
}

// Connected reports whether a bridge is connected to a controller, of whomever, as far as ovs-vswitchd has said: it does so
// every five seconds.
func (d *DB) Connected(ctx context.Context, bridge string) (bool, error) {
	cl, err := d.client()
	if err != nil {
		return false, err
	}
	rows, err := read(ctx, cl)
	if err != nil || rows.bridges[bridge] == nil {
		return false, err
	}
	return slices.ContainsFunc(rows.bridges[bridge].Controller, func(id string) bool {
		c := rows.controllers[id]
		return c != nil && c.IsConnected
	}), nil
}

func overTLS(target string) bool { return strings.HasPrefix(target, "ssl:") }

func (c *change) putController(x plan.Controller) {
	b := c.bridge(x.Bridge)
	if b == nil {
		return
	}
	if overTLS(x.Target) {
		c.putTLS()
	}
	mode, every := outOfBand, probe
	if r := c.rows.controller(b, x.Target); r != nil {
		r.ConnectionMode, r.InactivityProbe, r.ExternalIDs = &mode, &every, merged(r.ExternalIDs, mark())
		c.add(c.cl.Where(r).Update(r, &r.ConnectionMode, &r.InactivityProbe, &r.ExternalIDs))
		return
	}
	id := c.name()
	c.add(c.cl.Create(&controllerRow{
		UUID: id, Target: x.Target, ConnectionMode: &mode, InactivityProbe: &every, ExternalIDs: mark(),
	}))
	c.add(c.cl.Where(b).Mutate(b, model.Mutation{
		Field: &b.Controller, Mutator: ovs.MutateOperationInsert, Value: []string{id},
	}))
}

func (c *change) dropController(x plan.Controller) {
	b := c.rows.bridges[x.Bridge]
	if b == nil {
		return
	}
	r := c.rows.controller(b, x.Target)
	if r == nil || !ours(r.ExternalIDs) {
		return
	}
	c.add(c.cl.Where(b).Mutate(b, model.Mutation{
		Field: &b.Controller, Mutator: ovs.MutateOperationDelete, Value: []string{r.UUID},
	}))
}

// hasTLS reports whether Open vSwitch uses our files.
func (r *rows) hasTLS(o Options) bool {
	if r.root.SSL == nil || r.ssl[*r.root.SSL] == nil {
		return false
	}
	s := r.ssl[*r.root.SSL]
	return s.PrivateKey == o.PrivateKey && s.Certificate == o.Certificate && s.CACert == o.CA
}

// putTLS tells Open vSwitch which key and certificates to use. There is one such setting for all of its connections, so
// one that somebody else made is not replaced.
func (c *change) putTLS() {
	if c.rows.hasTLS(c.o) {
		return
	}
	if c.rows.root.SSL != nil && c.rows.ssl[*c.rows.root.SSL] != nil {
		s := c.rows.ssl[*c.rows.root.SSL]
		if !ours(s.ExternalIDs) {
			c.fail("open vswitch already uses the certificate %s; remove it (ovs-vsctl del-ssl) to let weft use its own",
				s.Certificate)
			return
		}
		s.PrivateKey, s.Certificate, s.CACert = c.o.PrivateKey, c.o.Certificate, c.o.CA
		c.add(c.cl.Where(s).Update(s, &s.PrivateKey, &s.Certificate, &s.CACert))
		return
	}
	s := &sslRow{
		UUID: c.name(), PrivateKey: c.o.PrivateKey, Certificate: c.o.Certificate, CACert: c.o.CA, ExternalIDs: mark(),
	}
	c.add(c.cl.Create(s))
	root := &rootRow{UUID: c.rows.root.UUID, SSL: &s.UUID}
	c.add(c.cl.Where(root).Update(root, &root.SSL))
	c.rows.root.SSL, c.rows.ssl[s.UUID] = &s.UUID, s // the next controller of the step finds it made
}
