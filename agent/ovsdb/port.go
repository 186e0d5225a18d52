package ovsdb

import (
	"github.com/ovn-kubernetes/libovsdb/model"
	ovs "github.com/ovn-kubernetes/libovsdb/ovsdb"

	"weft/plan"
)

// wanted is a port as it should be.
type wanted struct {
	name    string
	kind    string            // the interface's type
	options map[string]string // exactly these
	ids     map[string]string // at least these, on the interface
}

func patch(x plan.PatchPort) wanted {
	return wanted{name: x.Name, kind: "patch", options: map[string]string{"peer": x.Peer}, ids: mark()}
}

func tunnel(x plan.TunnelPort) wanted {
	return wanted{name: x.Name, kind: "vxlan", ids: mark(), options: map[string]string{
		"remote_ip": "flow", "key": "flow", "local_ip": x.LocalIP.String(), "df_default": "true",
	}}
}

func device(x plan.OVSPort) wanted {
	if x.IfaceID == "" {
		return wanted{name: x.Dev, options: map[string]string{}, ids: mark()}
	}
	return wanted{name: x.Dev, options: map[string]string{}, ids: map[string]string{
		ownerKey: ownerValue, "iface-id": string(x.IfaceID), "attached-mac": x.MAC.String(), "iface-status": "active",
	}}
}

func shape(x plan.Spec) wanted {
	switch x := x.(type) {
	case plan.PatchPort:
		return patch(x)
	case plan.TunnelPort:
		return tunnel(x)
	case plan.OVSPort:
		return device(x)
	}
	return wanted{}
}

// ports records a bridge's ports that carry our mark, as items of the kind that the interface's type tells.
func (l *listing) ports(b *bridgeRow) {
	for _, id := range b.Ports {
		p := l.rows.ports[id]
		if p == nil || !ours(p.ExternalIDs) {
			continue
		}
		i := l.rows.iface(p)
		l.found(portItem(b.Name, p.Name, i), func(w plan.Spec) bool {
			s := shape(w)
			return i != nil && i.Type == s.kind && contains(i.ExternalIDs, s.ids) &&
				len(i.Options) == len(s.options) && contains(i.Options, s.options)
		})
	}
}

func portItem(bridge, name string, i *interfaceRow) plan.Spec {
	switch {
	case i != nil && i.Type == "patch":
		return plan.PatchPort{Bridge: bridge, Name: name}
	case i != nil && i.Type == "vxlan":
		return plan.TunnelPort{Bridge: bridge, Name: name}
	}
	return plan.OVSPort{Bridge: bridge, Dev: name}
}

// putPort makes a port of a bridge, or repairs ours. A port of that name that is not ours, or is on another bridge and
// not ours, is left alone.
func (c *change) putPort(bridge string, w wanted) {
	b := c.bridge(bridge)
	if b == nil {
		return
	}
	at, p := c.rows.anyPort(w.name)
	if p != nil && !ours(p.ExternalIDs) {
		c.fail("port %s is on bridge %s already and is not weft's", w.name, at.Name)
		return
	}
	if p == nil {
		c.addPort(b, w)
		return
	}
	i := c.rows.iface(p)
	if at != b || i == nil {
		c.fail("port %s of weft is on bridge %s, not on %s; it will be made when that one is gone", w.name, at.Name, bridge)
		return
	}
	i.Type, i.Options, i.ExternalIDs = w.kind, w.options, merged(i.ExternalIDs, w.ids)
	c.add(c.cl.Where(i).Update(i, &i.Type, &i.Options, &i.ExternalIDs))
}

func (c *change) addPort(b *bridgeRow, w wanted) {
	port, iface := c.name(), c.name()
	c.add(c.cl.Create(&interfaceRow{
		UUID: iface, Name: w.name, Type: w.kind, Options: w.options, ExternalIDs: w.ids,
	}))
	c.add(c.cl.Create(&portRow{UUID: port, Name: w.name, Interfaces: []string{iface}, ExternalIDs: mark()}))
	c.add(c.cl.Where(b).Mutate(b, model.Mutation{
		Field: &b.Ports, Mutator: ovs.MutateOperationInsert, Value: []string{port},
	}))
}

func (c *change) dropPort(bridge, name string) {
	b := c.rows.bridges[bridge]
	if b == nil {
		return
	}
	p := c.rows.port(b, name)
	if p == nil || !ours(p.ExternalIDs) {
		return
	}
	c.add(c.cl.Where(b).Mutate(b, model.Mutation{
		Field: &b.Ports, Mutator: ovs.MutateOperationDelete, Value: []string{p.UUID},
	}))
}
