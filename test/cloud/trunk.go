package cloud

import (
	"fmt"
	"slices"

	"weft/api"
)

// Trunk puts ports behind a parent: tag, port, tag, port …
func (b Builder) Trunk(id api.TrunkID, parent api.PortID, tagsAndPorts ...any) *api.Trunk {
	t := &api.Trunk{ID: id, PortID: parent, AdminStateUp: true}
	for i := 0; i < len(tagsAndPorts); i += 2 {
		t.SubPorts = append(t.SubPorts, api.SubPort{
			SegmentationID: uint16(tagsAndPorts[i].(int)), PortID: asPort(tagsAndPorts[i+1]),
		})
	}
	b.Put(t)
	return t
}

func asPort(v any) api.PortID {
	if s, ok := v.(string); ok {
		return api.PortID(s)
	}
	return v.(api.PortID)
}

// neighbours gives the start of the random world VTEPs and a trunk.
func neighbours(b Builder) {
	b.VTEP("v0", networkID(0), "10.9.0.10")
	b.VTEP("v1", networkID(1), "10.9.0.10")
	b.Trunk("t0", portID(3), 101, portID(0), 102, portID(1))
}

// subPorts drops what of trunks has gone, and puts sub-ports where their parents are, and where these may arrive.
func (b Builder) subPorts() {
	members := map[api.PortID][]api.Binding{}
	for _, t := range collect(b.Trunks()) {
		parent, ok := b.View.Port(t.PortID)
		if !ok {
			b.Delete(t)
			continue
		}
		c := *t
		c.SubPorts = slices.DeleteFunc(slices.Clone(t.SubPorts), func(s api.SubPort) bool {
			_, there := b.View.Port(s.PortID)
			return !there
		})
		b.Put(&c)
		for _, s := range c.SubPorts {
			members[s.PortID] = nil
			for bound := range b.GoodBindings(parent.ID) {
				if at := *bound; parent.AdminStateUp && t.AdminStateUp {
					at.PortID, at.Parent = s.PortID, parent.ID
					members[s.PortID] = append(members[s.PortID], at)
				}
			}
		}
	}
	for _, p := range collect(b.Ports()) {
		all, is := members[p.ID]
		for _, x := range collect(b.BindingsOf(p.ID)) {
			if is || x.Parent != "" {
				b.Delete(x)
			}
		}
		if c := *p; is && len(p.Others) > 0 {
			c.Others = nil
			b.Put(&c)
		}
		for _, at := range all {
			at.NetworkID = p.NetworkID
			b.Put(&at)
		}
	}
}

// trunk makes a trunk, changes it, or takes it away.
func (w World) trunk(b Builder) {
	id := api.TrunkID(fmt.Sprintf("t%d", w.n(2, "trunk")))
	t, ok := b.View.Trunk(id)
	if !ok {
		if p := portID(w.n(worldPorts, "parent")); b.trunkable(p) && !b.transparent(p) {
			b.Trunk(id, p)
		}
		return
	}
	c := *t
	switch w.n(4, "what") {
	case 0:
		b.Delete(t)
		return
	case 1:
		c.AdminStateUp = !c.AdminStateUp
	case 2:
		if len(c.SubPorts) > 0 {
			i := w.n(len(c.SubPorts), "sub-port")
			c.SubPorts = slices.Delete(slices.Clone(c.SubPorts), i, i+1)
		}
	default:
		if p := portID(w.n(worldPorts, "sub-port")); b.trunkable(p) {
			sub := api.SubPort{PortID: p, SegmentationID: uint16(101 + len(c.SubPorts)*7 + w.n(3, "tag"))}
			if !slices.ContainsFunc(c.SubPorts, func(s api.SubPort) bool { return s.SegmentationID == sub.SegmentationID }) {
				c.SubPorts = append(slices.Clone(c.SubPorts), sub)
			}
		}
	}
	b.Put(&c)
}

// leaveTrunk takes a port out of its trunk, or takes its trunk away, so that a port that is made anew under its id on
// another network is not behind the same parent.
func (b Builder) leaveTrunk(id api.PortID) {
	if t, _, ok := b.TrunkOfSubPort(id); ok {
		c := *t
		c.SubPorts = slices.DeleteFunc(slices.Clone(t.SubPorts), func(s api.SubPort) bool { return s.PortID == id })
		b.Put(&c)
	}
	if t, ok := b.TrunkOf(id); ok {
		b.Delete(t)
	}
}

// transparent reports whether a port's network carries guests' own tags: none would tell sub-ports.
func (b Builder) transparent(id api.PortID) bool {
	p, _ := b.View.Port(id)
	n, ok := b.View.Network(p.NetworkID)
	return ok && n.VLANTransparent
}

func (b Builder) trunkable(p api.PortID) bool {
	_, there := b.View.Port(p)
	_, parent := b.TrunkOf(p)
	_, _, sub := b.TrunkOfSubPort(p)
	return there && !parent && !sub
}
