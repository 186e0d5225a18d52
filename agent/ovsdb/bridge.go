package ovsdb

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ovn-kubernetes/libovsdb/model"
	ovs "github.com/ovn-kubernetes/libovsdb/ovsdb"

	"weft/plan"
)

const (
	secure     = "secure"
	openflow13 = "OpenFlow13"

	// beforeKey in external_ids of an administrator's bridge says that weft uses it, and what its fail_mode was.
	beforeKey = "weft-fail-mode-before"
	noMode    = "none"
)

func usedByUs(b *bridgeRow) bool { return b.ExternalIDs[beforeKey] != "" }

// settings gives the other_config that a bridge must have, beside what is there.
func settings(x plan.Bridge) map[string]string {
	m := map[string]string{"disable-in-band": "true"}
	if x.DatapathID != 0 {
		m["datapath-id"] = fmt.Sprintf("%016x", x.DatapathID)
	}
	return m
}

func contains(have, want map[string]string) bool {
	for k, v := range want {
		if have[k] != v {
			return false
		}
	}
	return true
}

// merged gives have with the entries of want.
func merged(have, want map[string]string) map[string]string {
	m := maps.Clone(have)
	if m == nil {
		m = map[string]string{}
	}
	maps.Copy(m, want)
	return m
}

// bridge records a bridge that carries our mark, or our note.
func (l *listing) bridge(b *bridgeRow) {
	if !ours(b.ExternalIDs) && !usedByUs(b) {
		return
	}
	x := plan.Bridge{Name: b.Name, Existing: !ours(b.ExternalIDs)}
	l.found(x, func(w plan.Spec) bool {
		w2 := w.(plan.Bridge)
		right := b.FailMode != nil && *b.FailMode == secure && contains(b.OtherConfig, settings(w2)) &&
			w2.Existing == x.Existing
		if w2.Existing {
			return right && speaks13(b)
		}
		return right && l.rows.oneTag() && slices.Equal(b.Protocols, []string{openflow13}) && b.DatapathType == l.o.Datapath
	})
}

// speaks13 reports whether a bridge allows OpenFlow 1.3; an empty list allows every version.
func speaks13(b *bridgeRow) bool {
	return len(b.Protocols) == 0 || slices.Contains(b.Protocols, openflow13)
}

func (c *change) putBridge(x plan.Bridge) {
	b := c.rows.bridges[x.Name]
	if !x.Existing {
		c.limitTags()
	}
	switch {
	case b == nil && x.Existing:
		c.fail("bridge %s is not there: make it (ovs-vsctl add-br %s) or correct the bridge mapping", x.Name, x.Name)
	case b == nil:
		c.addBridge(x)
	case x.Existing:
		c.useBridge(x, b)
	default:
		c.repairBridge(x, b)
	}
}

// vlanLimit is how many tags of a frame flows see. Weft's are for one, Open vSwitch's default: what stands behind a second
// tag is payload to them. With more, a guest's own tags would be taken for weft's.
const vlanLimit = "vlan-limit"

// oneTag reports whether flows see one tag.
func (r *rows) oneTag() bool {
	limit, given := r.root.OtherConfig[vlanLimit]
	return !given || limit == "1"
}

// limitTags gives the switch its default back.
func (c *change) limitTags() {
	if c.rows.oneTag() {
		return
	}
	root := &rootRow{UUID: c.rows.root.UUID}
	c.add(c.cl.Where(root).Mutate(root, model.Mutation{
		Field: &root.OtherConfig, Mutator: ovs.MutateOperationDelete, Value: []string{vlanLimit},
	}))
}

// addBridge makes a bridge that is secure from its first moment: it forwards nothing before there are flows.
func (c *change) addBridge(x plan.Bridge) {
	mode, bridge, port, iface := secure, c.name(), c.name(), c.name()
	c.add(c.cl.Create(&interfaceRow{UUID: iface, Name: x.Name, Type: "internal"}))
	c.add(c.cl.Create(&portRow{UUID: port, Name: x.Name, Interfaces: []string{iface}}))
	c.add(c.cl.Create(&bridgeRow{
		UUID: bridge, Name: x.Name, Ports: []string{port}, FailMode: &mode, Protocols: []string{openflow13},
		OtherConfig: settings(x), ExternalIDs: mark(), DatapathType: c.o.Datapath,
	}))
	root := &rootRow{UUID: c.rows.root.UUID}
	c.add(c.cl.Where(root).Mutate(root, model.Mutation{
		Field: &root.Bridges, Mutator: ovs.MutateOperationInsert, Value: []string{bridge},
	}))
}

// repairBridge gives a bridge of ours everything it must have, and takes on one of that name that has no owner.
func (c *change) repairBridge(x plan.Bridge, b *bridgeRow) {
	if o := b.ExternalIDs[ownerKey]; o != "" && o != ownerValue {
		c.fail("bridge %s belongs to %s (external_ids:owner)", x.Name, o)
		return
	}
	mode := secure
	b.FailMode, b.Protocols, b.DatapathType = &mode, []string{openflow13}, c.o.Datapath
	b.OtherConfig, b.ExternalIDs = merged(b.OtherConfig, settings(x)), merged(b.ExternalIDs, mark())
	c.add(c.cl.Where(b).Update(b, &b.FailMode, &b.Protocols, &b.DatapathType, &b.OtherConfig, &b.ExternalIDs))
}

// useBridge adds what weft needs to an administrator's bridge, and notes how it was.
func (c *change) useBridge(x plan.Bridge, b *bridgeRow) {
	mode := secure
	if !usedByUs(b) {
		before := noMode
		if b.FailMode != nil {
			before = *b.FailMode
		}
		b.ExternalIDs = merged(b.ExternalIDs, map[string]string{beforeKey: before})
	}
	b.FailMode, b.OtherConfig = &mode, merged(b.OtherConfig, settings(x))
	if !speaks13(b) {
		b.Protocols = append(slices.Clone(b.Protocols), openflow13)
	}
	c.add(c.cl.Where(b).Update(b, &b.FailMode, &b.Protocols, &b.OtherConfig, &b.ExternalIDs))
}

// dropBridge removes a bridge of ours, unless somebody has plugged something into it; an administrator's bridge gets its
// fail mode back.
func (c *change) dropBridge(x plan.Bridge) {
	b := c.rows.bridges[x.Name]
	switch {
	case b == nil:
	case usedByUs(b) && !ours(b.ExternalIDs):
		c.releaseBridge(b)
	case ours(b.ExternalIDs):
		if f := c.rows.foreignPorts(b); len(f) > 0 {
			c.fail("bridge %s still has ports that are not weft's: %s", x.Name, strings.Join(f, ", "))
			return
		}
		root := &rootRow{UUID: c.rows.root.UUID}
		c.add(c.cl.Where(root).Mutate(root, model.Mutation{
			Field: &root.Bridges, Mutator: ovs.MutateOperationDelete, Value: []string{b.UUID},
		}))
	}
}

func (c *change) releaseBridge(b *bridgeRow) {
	b.FailMode = nil
	if before := b.ExternalIDs[beforeKey]; before != noMode {
		b.FailMode = &before
	}
	b.ExternalIDs = maps.Clone(b.ExternalIDs)
	delete(b.ExternalIDs, beforeKey)
	c.add(c.cl.Where(b).Update(b, &b.FailMode, &b.ExternalIDs))
}
