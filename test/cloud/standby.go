package cloud

import (
	"weft/api"
)

// migration lets a guest's port be plugged on a second host, where its guest may arrive; or ends that.
func (w World) migration(b Builder) {
	p, ok := b.View.Port(portID(w.n(worldPorts, "port")))
	to := hostID(w.n(worldHosts, "host"))
	if !ok || !b.hasHost(to) {
		return
	}
	at, bound := b.BoundOn(p.ID)
	_, sub, isSub := b.TrunkOfSubPort(p.ID)
	if !bound || isSub || at.HostID == to || sub.PortID != "" {
		return
	}
	c := *p
	switch _, other := p.Other(to); {
	case !other:
		c.Others = p.WithOther(api.HostBinding{HostID: to, Left: w.flip("left")})
		b.Put(&c)
		b.plug(p.ID, to)
	case w.flip("arrives"): // the two hosts change places
		c.Others = c.WithoutOther(to)
		c.Others = c.WithOther(api.HostBinding{HostID: at.HostID, Left: true})
		b.Put(&c)
	default:
		c.Others = c.WithoutOther(to)
		b.Put(&c)
		if x, ok := b.Binding(p.ID, to); ok {
			b.Delete(x)
		}
	}
}

// TrunksMove lets the guest of each trunk that is plugged somewhere arrive on a further host, from which it may have come.
func (w World) TrunksMove(s *api.Snapshot) *api.Snapshot {
	b := On(s)
	w.trunksMove(b)
	next, _ := b.Done()
	return next
}

func (w World) trunksMove(b Builder) {
	for _, t := range collect(b.Trunks()) {
		p, ok := b.View.Port(t.PortID)
		at, bound := b.BoundOn(t.PortID)
		to := hostID(w.n(worldHosts, "host"))
		if !ok || !bound || !b.hasHost(to) || at.HostID == to {
			continue
		}
		if _, plugged := b.Binding(p.ID, to); !plugged {
			b.plug(p.ID, to)
		}
		c := *p
		c.Others = p.WithOther(api.HostBinding{HostID: to, Left: w.flip("left")})
		b.Put(&c)
	}
}

// keepFirst unplugs a port everywhere but on the first of its hosts.
func (b Builder) keepFirst(p api.PortID) {
	for i, x := range collect(b.BindingsOf(p)) {
		if i > 0 {
			b.Delete(x)
		}
	}
}

// standbys decides which bindings are on standby. A port that is plugged nowhere else has no further bindings, and one
// whose own host went away while it was plugged on several others stays on one of them.
func (b Builder) standbys() {
	for _, p := range collect(b.Ports()) {
		if _, _, sub := b.TrunkOfSubPort(p.ID); sub {
			continue
		}
		here := map[api.HostID]bool{}
		for x := range b.BindingsOf(p.ID) {
			here[x.HostID] = true
		}
		carried := false
		for h := range here {
			_, other := p.Other(h)
			carried = carried || !other
		}
		if !carried && len(p.Others) > 0 {
			c := *p
			c.Others = nil
			b.Put(&c)
			p = &c
			b.keepFirst(p.ID)
		}
		for _, x := range collect(b.BindingsOf(p.ID)) {
			_, other := p.Other(x.HostID)
			if c := *x; x.Standby != (other && x.Problem == "") {
				c.Standby = !x.Standby
				c.Changed = b.Next()
				b.Put(&c)
			}
		}
	}
}
