package intent_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"weft/api"
	"weft/controller/intent"
)

// derived says in words what must follow from a state, computed from nothing, object by object.
func derived(v api.View) []string {
	var out []string
	good := goodBindings(v)
	for b := range all[*api.Binding](v, api.KindBinding) {
		p, _ := v.Port(b.PortID)
		out = append(out, fmt.Sprintf("binding %s of %s good=%t standby=%t", b.Ref(), p.ID,
			p.IsRouterInterface() || good[b.PortID] == b.HostID || waits(v, p, b, good), waits(v, p, b, good)))
	}
	placed := map[[2]string]bool{}
	segments := map[[2]string]bool{}
	gateways := map[[2]string]bool{}
	for p := range v.Ports() {
		for _, h := range readyFor(v, p, good) {
			for leg := range v.Ports() {
				if leg.IsRouterInterface() && p.IsGuest() && shared(p, leg) {
					placed[[2]string{leg.DeviceID, string(h)}] = true
				}
			}
		}
	}
	centralPlaces(v, placed, segments)
	for f := range v.FloatingIPs() {
		p, ok := v.Port(f.PortID)
		if !ok {
			p = &api.Port{}
		}
		for _, h := range readyFor(v, p, good) {
			gateways[[2]string{string(f.NetworkID), string(h)}] = true
			segments[[2]string{string(f.NetworkID), string(h)}] = true
		}
		out = append(out, fmt.Sprintf("floating IP %s has a rule: %t", f.ID, f.RouterID != ""))
	}
	for p := range v.Ports() {
		if p.IsGuest() {
			for _, h := range readyFor(v, p, good) {
				segments[[2]string{string(p.NetworkID), string(h)}] = true
			}
			if _, ok := v.Host(p.HostID); ok {
				segments[[2]string{string(p.NetworkID), string(p.HostID)}] = true
			}
		}
		for k := range placed {
			if p.IsRouterInterface() && p.DeviceID == k[0] {
				segments[[2]string{string(p.NetworkID), k[1]}] = true
			}
		}
	}
	return sorted(out, "placement", placed, "segment", segments, "gateway", gateways)
}

// centralPlaces adds what routers' legs on their gateway hosts bring along, and then the routers that these lead to.
func centralPlaces(v api.View, placed, segments map[[2]string]bool) {
	for p := range v.Ports() {
		if _, there := v.Host(p.HostID); !there || !p.IsCentralSNAT() && !p.IsRouterGateway() {
			continue
		}
		segments[[2]string{string(p.NetworkID), string(p.HostID)}] = true
		if p.IsCentralSNAT() {
			placed[[2]string{p.DeviceID, string(p.HostID)}] = true
		}
	}
	for connectedPlaces(v, placed) {
		continue
	}
}

// connectedPlaces adds the routers that those which are placed lead to by a static route. It reports whether any was new.
func connectedPlaces(v api.View, placed map[[2]string]bool) (more bool) {
	for k := range placed {
		r, ok := v.Router(api.RouterID(k[0]))
		if !ok {
			continue
		}
		for own := range v.Ports() {
			for leg := range v.Ports() {
				if !own.IsRouterInterface() || own.DeviceID != k[0] || !leg.IsRouterInterface() || leg.DeviceID == k[0] {
					continue
				}
				to := [2]string{leg.DeviceID, k[1]}
				if !placed[to] && leads(r, own, leg) {
					placed[to], more = true, true
				}
			}
		}
	}
	return more
}

// leads reports whether a router has a route over its own leg by an address of another's.
func leads(r *api.Router, own, leg *api.Port) bool {
	for _, hr := range r.Routes {
		for _, f := range leg.FixedIPs {
			if f.Addr == hr.NextHop && slices.ContainsFunc(own.FixedIPs, func(o api.FixedIP) bool { return o.SubnetID == f.SubnetID }) {
				return true
			}
		}
	}
	return false
}

// stored says in the same words what the state holds.
func stored(v api.View) []string {
	var out []string
	for b := range all[*api.Binding](v, api.KindBinding) {
		out = append(out, fmt.Sprintf("binding %s of %s good=%t standby=%t", b.Ref(), b.PortID, b.Problem == "", b.Standby))
	}
	for f := range v.FloatingIPs() {
		out = append(out, fmt.Sprintf("floating IP %s has a rule: %t", f.ID, f.RulePriority != 0))
	}
	placed, segments, gateways := map[[2]string]bool{}, map[[2]string]bool{}, map[[2]string]bool{}
	for p := range all[*api.Placement](v, api.KindPlacement) {
		placed[[2]string{string(p.RouterID), string(p.HostID)}] = true
	}
	for s := range all[*api.Segment](v, api.KindSegment) {
		segments[[2]string{string(s.NetworkID), string(s.HostID)}] = true
	}
	for p := range v.Ports() {
		if p.IsAgentGateway() {
			gateways[[2]string{string(p.NetworkID), string(p.HostID)}] = true
		}
	}
	return sorted(out, "placement", placed, "segment", segments, "gateway", gateways)
}

func sorted(out []string, sets ...any) []string {
	for i := 0; i < len(sets); i += 2 {
		for k := range sets[i+1].(map[[2]string]bool) {
			out = append(out, fmt.Sprintf("%s of %s on %s", sets[i], k[0], k[1]))
		}
	}
	slices.Sort(out)
	return out
}

func all[T api.Object](v api.View, k api.Kind) func(func(T) bool) {
	return func(yield func(T) bool) {
		for o := range v.All(k) {
			if !yield(o.(T)) {
				return
			}
		}
	}
}

// goodBindings gives each port that is not a router's leg the first host that reported it where it may be.
func goodBindings(v api.View) map[api.PortID]api.HostID {
	bindings := slices.SortedFunc(all[*api.Binding](v, api.KindBinding), func(a, b *api.Binding) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.HostID, b.HostID))
	})
	out := map[api.PortID]api.HostID{}
	for _, b := range bindings {
		p, _ := v.Port(b.PortID)
		if _, taken := out[p.ID]; !taken && !p.IsRouterInterface() && (p.HostID == b.HostID ||
			p.HostID == "" && !p.IsCentralSNAT() && !p.IsRouterGateway()) &&
			intent.Unreachable(v, p, b.HostID) == "" {
			if _, other := p.Other(b.HostID); !other { // Settle leaves none that could carry the port while nothing else does
				out[p.ID] = b.HostID
			}
		}
	}
	return out
}

// waits reports whether a binding is on standby: the port has a further binding there, and the host can carry it.
func waits(v api.View, p *api.Port, b *api.Binding, good map[api.PortID]api.HostID) bool {
	_, other := p.Other(b.HostID)
	return other && good[p.ID] != b.HostID && intent.Unreachable(v, p, b.HostID) == ""
}

// readyFor lists the hosts that carry a guest's port, or must be ready to.
func readyFor(v api.View, p *api.Port, good map[api.PortID]api.HostID) []api.HostID {
	var out []api.HostID
	if h, ok := good[p.ID]; ok {
		out = append(out, h)
	}
	for b := range all[*api.Binding](v, api.KindBinding) {
		if b.PortID == p.ID && waits(v, p, b, good) {
			out = append(out, b.HostID)
		}
	}
	for _, b := range p.Others {
		if _, there := v.Host(b.HostID); there && !b.Left && p.IsGuest() {
			out = append(out, b.HostID)
		}
	}
	return out
}

func shared(a, b *api.Port) bool {
	return slices.ContainsFunc(a.FixedIPs, func(f api.FixedIP) bool {
		return slices.ContainsFunc(b.FixedIPs, func(g api.FixedIP) bool { return f.SubnetID == g.SubnetID })
	})
}

// checker collects what is wrong with a state.
type checker struct {
	api.View
	seen  map[string]string
	wrong []string
}

// faults lists every broken invariant: something held twice, out of range, or naming what is not there.
func faults(v api.View) []string {
	c := &checker{View: v, seen: map[string]string{}}
	c.pools()
	for h := range v.Hosts() {
		c.unique(h, "host MAC %s", h.MAC)
		c.holds(h, strings.HasPrefix(h.MAC.String(), "fa:16:3f:"), "MAC %s", h.MAC)
		if h.TunnelIP.IsValid() {
			c.unique(h, "tunnel address %s", h.TunnelIP)
		}
		for _, b := range h.Bridges {
			c.unique(h, "datapath id %x", b.DatapathID)
		}
	}
	for n := range v.Networks() {
		c.unique(n, "segment %s/%s/%d", n.Type, n.PhysicalNetwork, n.SegmentationID)
		c.holds(n, n.Type == api.NetworkFlat || n.SegmentationID > 0, "segmentation id %d", n.SegmentationID)
	}
	for s := range v.Subnets() {
		c.refers(s, api.KindNetwork, string(s.NetworkID))
	}
	for p := range v.Ports() {
		c.port(p)
	}
	c.routers()
	c.places()
	return c.wrong
}

func (c *checker) port(p *api.Port) {
	c.refers(p, api.KindNetwork, string(p.NetworkID))
	c.unique(p, "MAC %s on network %s", p.MAC, p.NetworkID)
	for i, b := range p.Others {
		c.holds(p, b.HostID != p.HostID && (i == 0 || p.Others[i-1].HostID < b.HostID), "further bindings %v beside %s", p.Others, p.HostID)
		for x := range c.BindingsOf(p.ID) {
			c.holds(p, p.HostID != "" || x.HostID != b.HostID || x.Problem != "" || carried(c.View, p.ID), "it is on standby and nowhere else")
		}
	}
	for _, f := range p.FixedIPs {
		c.refers(p, api.KindSubnet, string(f.SubnetID))
		c.unique(p, "address %s on subnet %s", f.Addr, f.SubnetID)
		s, ok := c.Subnet(f.SubnetID)
		c.holds(p, ok && s.CIDR.Contains(f.Addr) && s.NetworkID == p.NetworkID, "address %s", f.Addr)
	}
	switch p.DeviceOwner {
	case api.OwnerCentralSNAT:
		r, _ := c.Router(api.RouterID(p.DeviceID))
		c.holds(p, len(p.FixedIPs) == 1 && r != nil && r.Gateway != nil && p.HostID == r.Gateway.HostID, "central leg %v of router %v", *p, r)
		c.unique(p, "central leg of router %s on subnet %s", p.DeviceID, p.FixedIPs[0].SubnetID)
	case api.OwnerRouterInterface, api.OwnerRouterGateway:
		c.refers(p, api.KindRouter, p.DeviceID)
		c.holds(p, p.DeviceOwner == api.OwnerRouterGateway || len(p.FixedIPs) > 0, "leg without an address")
	case api.OwnerFloatingIP:
		c.refers(p, api.KindFloatingIP, p.DeviceID)
	case api.OwnerAgentGateway:
		c.refers(p, api.KindHost, p.DeviceID)
		c.unique(p, "gateway of host %s on network %s", p.DeviceID, p.NetworkID)
		c.holds(p, len(p.FixedIPs) == 1 && string(p.HostID) == p.DeviceID, "agent gateway %v", *p)
	}
}

func carried(v api.View, id api.PortID) bool {
	_, ok := v.BoundOn(id)
	return ok
}

func (c *checker) routers() {
	for r := range c.Routers() {
		c.elected(r)
		if r.Gateway != nil {
			c.refers(r, api.KindNetwork, string(r.Gateway.NetworkID))
			c.refers(r, api.KindPort, string(r.Gateway.PortID))
		}
		var on []*api.Subnet
		for p := range c.PortsOfDevice(string(r.ID)) {
			if p.IsCentralSNAT() {
				continue // beside the leg, on the same subnet
			}
			for _, f := range p.FixedIPs {
				s, _ := c.Subnet(f.SubnetID)
				for _, o := range on {
					c.holds(r, !o.CIDR.Overlaps(s.CIDR), "subnets %s and %s overlap", o.CIDR, s.CIDR)
				}
				on = append(on, s)
			}
		}
	}
	for f := range c.FloatingIPs() {
		c.refers(f, api.KindPort, string(f.OwnPortID))
		if len(f.Forwards) > 0 {
			c.forwards(f)
			continue
		}
		if f.PortID == "" {
			c.holds(f, f.RouterID == "" && f.RulePriority == 0 && !f.FixedIP.IsValid(), "half associated: %v", *f)
			continue
		}
		c.refers(f, api.KindRouter, string(f.RouterID))
		c.refers(f, api.KindPort, string(f.PortID))
		c.unique(f, "rule %d on router %s", f.RulePriority, f.RouterID)
		p, _ := c.Port(f.PortID)
		c.holds(f, p != nil && slices.ContainsFunc(p.FixedIPs, func(i api.FixedIP) bool { return i.Addr == f.FixedIP }), "fixed IP %s", f.FixedIP)
		r, _ := c.Router(f.RouterID)
		c.holds(f, r != nil && r.Gateway != nil && r.Gateway.NetworkID == f.NetworkID, "router without the gateway")
	}
}

func (c *checker) places() {
	for b := range all[*api.Binding](c.View, api.KindBinding) {
		c.refers(b, api.KindPort, string(b.PortID))
		c.refers(b, api.KindHost, string(b.HostID))
		c.holds(b, b.Changed > 0, "never changed")
	}
	for s := range all[*api.Segment](c.View, api.KindSegment) {
		c.refers(s, api.KindHost, string(s.HostID))
		c.refers(s, api.KindNetwork, string(s.NetworkID))
		c.unique(s, "VLAN %d on host %s", s.LocalVLAN, s.HostID)
		c.holds(s, s.LocalVLAN >= 1 && s.LocalVLAN <= 4094, "VLAN %d", s.LocalVLAN)
	}
	for p := range all[*api.Placement](c.View, api.KindPlacement) {
		c.refers(p, api.KindHost, string(p.HostID))
		c.refers(p, api.KindRouter, string(p.RouterID))
		c.unique(p, "link-local %d on host %s", p.LinkLocal, p.HostID)
		c.holds(p, p.LinkLocal <= 8191, "link-local %d", p.LinkLocal)
	}
}

func (c *checker) unique(o api.Object, format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	if other, ok := c.seen[what]; ok {
		c.wrong = append(c.wrong, fmt.Sprintf("%s: %s is held by %s too", o.Ref(), what, other))
	}
	c.seen[what] = o.Ref().String()
}

func (c *checker) holds(o api.Object, ok bool, format string, args ...any) {
	if !ok {
		c.wrong = append(c.wrong, o.Ref().String()+": "+fmt.Sprintf(format, args...))
	}
}

func (c *checker) refers(o api.Object, k api.Kind, id string) {
	if _, ok := c.Object(api.Ref{Kind: k, ID: id}); !ok {
		c.wrong = append(c.wrong, fmt.Sprintf("%s names %s %q, which is not there", o.Ref(), k, id))
	}
}

// forwards checks a floating IP with port forwardings: it is no one port's, and all lead to guests behind its router.
func (c *checker) forwards(f *api.FloatingIP) {
	c.refers(f, api.KindRouter, string(f.RouterID))
	c.holds(f, f.PortID == "" && !f.FixedIP.IsValid() && f.Central, "forwards and is a port's too: %v", *f)
	for _, pf := range f.Forwards {
		c.refers(f, api.KindPort, string(pf.PortID))
		for n := int(pf.External.First); n <= int(pf.External.Last); n++ {
			c.unique(f, "forwarding of %s %d of %s", pf.Protocol, n, f.Addr)
		}
		c.holds(f, pf.External.IsValid() && pf.Internal.IsValid() && (pf.Internal.Size() == 1 || pf.Internal.Size() == pf.External.Size()),
			"forwards %s to %s", pf.External, pf.Internal)
		p, _ := c.Port(pf.PortID)
		c.holds(f, p != nil && slices.ContainsFunc(p.FixedIPs, func(i api.FixedIP) bool { return i.Addr == pf.Addr }), "leads to %s", pf.Addr)
	}
}
