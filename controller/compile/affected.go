package compile

import (
	"reflect"
	"time"

	"weft/api"
	"weft/pipeline"
)

// Affected names, for each host, the subjects whose part of its plan may differ between two states. It looks at what the
// changes refer to, never at the whole state; a change of what no plan depends on (a name, a description) affects nobody.
// Hosts that the new state does not have are left out.
func (c *Compiler) Affected(old, next *api.Snapshot, changes []api.Change) map[api.HostID][]Subject {
	a := &affected{views: [2]api.View{old.View, next.View}, out: map[api.HostID]subjects{}, c: c, old: old, next: next,
		redivided: map[api.NetworkID]bool{}, shifted: map[api.HostID]bool{}}
	for _, ch := range changes {
		if relevant(ch) {
			a.change(ch)
		}
		a.life(ch)
	}
	out := make(map[api.HostID][]Subject, len(a.out))
	for h, found := range a.out {
		if _, ok := next.Host(h); ok {
			out[h] = found.sorted()
		}
	}
	return out
}

// affected collects subjects. Everything is looked up in the old and in the new state.
type affected struct {
	c         *Compiler
	old, next *api.Snapshot
	views     [2]api.View
	out       map[api.HostID]subjects
	redivided map[api.NetworkID]bool // the networks whose hosts are divided into parts now, or not any more
	shifted   map[api.HostID]bool    // the hosts that were looked at whether their neighbours are others
}

// relevant reports whether plans depend on what changed.
func relevant(ch api.Change) bool {
	if ch.Before == nil || ch.After == nil {
		return true
	}
	return !reflect.DeepEqual(essence(ch.Before), essence(ch.After))
}

// essence is an object without what no plan depends on. A new attribute counts until it is named here.
func essence(o api.Object) any {
	switch o := o.(type) {
	case *api.Host:
		e := *o
		e.Meta, e.JoinHash, e.CertHash, e.OldCertHash, e.NetdevDatapath = api.Meta{}, "", "", "", false
		e.Lack, e.Down, e.Answers = "", time.Time{}, false // what follows from Lack is on other objects; life looks at Down
		return e
	case *api.Network:
		e := *o
		e.Meta, e.Shared, e.External, e.ExternalToSome, e.PortSecurityEnabled = api.Meta{}, false, false, false, false
		e.IsDefault, e.Auto = false, false
		return e
	case *api.Subnet:
		return [9]any{
			o.NetworkID, o.CIDR, o.GatewayIP, o.EnableDHCP, o.DNSNameservers, o.HostRoutes, o.IPv6RAMode, o.IPv6AddressMode,
			o.SubnetPoolID,
		}
	case *api.SubnetPool:
		return o.AddressScopeID
	case *api.Port:
		e := *o
		e.Meta, e.VNICType, e.Profile = api.Meta{}, "", nil
		e.Others = leftBy(o)
		return e
	case *api.Router:
		var gw api.Gateway
		if o.Gateway != nil {
			gw = *o.Gateway
			gw.Problem, gw.Left = "", ""
		}
		return [3]any{o.AdminStateUp, o.Routes, gw}
	case *api.FloatingIP:
		e := *o
		e.Meta, e.OwnPortID, e.DNSName, e.DNSDomain = api.Meta{}, "", "", ""
		return e
	case *api.VTEP:
		e := *o
		e.Meta = api.Meta{}
		return e
	case *api.Trunk:
		return [2]any{o.PortID, o.SubPorts}
	case *api.Binding:
		waits := api.Revision(0)
		if o.Standby {
			waits = o.Changed // the agent names it when the guest arrives
		}
		return [6]any{o.PortID, o.HostID, o.OFPort, o.Problem, o.Standby, waits}
	}
	return o
}

// leftBy is what plans depend on of a port's further bindings: which hosts the guest has left.
func leftBy(p *api.Port) []api.HostBinding {
	var out []api.HostBinding
	for _, b := range p.Others {
		if b.Left {
			out = append(out, api.HostBinding{HostID: b.HostID})
		}
	}
	return out
}

func (a *affected) change(ch api.Change) {
	for _, o := range []api.Object{ch.Before, ch.After} {
		switch o := o.(type) {
		case *api.Host:
			a.host(o.ID, ch)
		case *api.Network:
			a.network(o.ID)
		case *api.Subnet:
			a.subnet(o)
			if ch.Before == nil || ch.After == nil {
				a.neighbours(o)
			}
		case *api.SubnetPool:
			a.pool(o)
		case *api.Port:
			a.port(o)
		case *api.Router:
			a.router(o.ID, routerSwitched(ch))
		case *api.FloatingIP:
			a.floatingIP(o)
		case *api.Binding:
			a.binding(o)
		case *api.Segment:
			a.segment(o)
		case *api.Placement:
			a.placement(o)
		case *api.VTEP:
			a.onNetwork(o.NetworkID, outsideOf(o.NetworkID))
			a.onNetwork(o.NetworkID, of(o.Ref()))
		case *api.Trunk:
			a.trunk(o)
		}
	}
}

// on adds a subject of a host.
func (a *affected) on(h api.HostID, s Subject) {
	if h == "" {
		return
	}
	if a.out[h] == nil {
		a.out[h] = subjects{}
	}
	a.out[h].add(s)
}

// onNetwork adds a subject of every host that has a network.
func (a *affected) onNetwork(n api.NetworkID, s Subject) {
	for _, v := range a.views {
		for seg := range v.SegmentsOf(n) {
			a.on(seg.HostID, s)
		}
	}
}

// host: a host's own report touches everything on it; where others send to it, or how they know it, touches them.
func (a *affected) host(h api.HostID, ch api.Change) {
	for _, s := range []*api.Snapshot{a.old, a.next} {
		for _, ref := range a.c.Subjects(s, h) {
			a.on(h, ref)
		}
	}
	before, _ := ch.Before.(*api.Host)
	after, _ := ch.After.(*api.Host)
	if before != nil && after != nil && before.MAC == after.MAC && before.TunnelIP == after.TunnelIP {
		return
	}
	a.served(h)
	if before == nil || after == nil {
		a.ringed(h)
	}
	for _, v := range a.views {
		for other := range pipeline.Known(v, h) {
			a.on(other, hostSubject(h))
		}
		for seg := range v.SegmentsOn(h) {
			a.flooded(seg.NetworkID, h)
		}
		for b := range v.BindingsOn(h) {
			if p, ok := v.Port(b.PortID); ok && !p.IsRouterInterface() {
				a.onNetwork(p.NetworkID, of(p.Ref()))
				a.floatingIPsOfPort(p)
				a.gatewayOf(p)
			}
		}
	}
}

// life: of plans only those with VTEPs depend on which hosts work, since one that does serves them for a router.
func (a *affected) life(ch api.Change) {
	before, _ := ch.Before.(*api.Host)
	after, _ := ch.After.(*api.Host)
	if before == nil || after == nil || (before.Life() == api.Dead) == (after.Life() == api.Dead) {
		return
	}
	a.served(after.ID)
}

// served: the VTEPs that a host may be the one to serve for its routers.
func (a *affected) served(h api.HostID) {
	for _, v := range a.views {
		for pl := range v.PlacementsOn(h) {
			for leg := range v.LegsOf(pl.RouterID) {
				a.vteps(leg.NetworkID)
			}
		}
	}
}

// network: all that is on it.
func (a *affected) network(n api.NetworkID) {
	for _, s := range aspectsOf(n) {
		a.onNetwork(n, s)
	}
	a.parts(n)
	a.vteps(n)
	for _, v := range a.views {
		for p := range v.PortsOf(n) {
			a.onNetwork(n, of(p.Ref()))
			a.central(p)
			a.floatingIPsOfPort(p) // where its guest may arrive they wait for the network to be up
		}
		for f := range v.FloatingIPsOf(n) {
			a.floatingIP(f)
		}
	}
}

// subnet: the ports with an address or an allowed pair on it, and the routers with a leg or floating IPs there.
func (a *affected) subnet(s *api.Subnet) {
	a.onNetwork(s.NetworkID, membersOf(s.NetworkID)) // the legs of allowed pairs
	for _, v := range a.views {
		for p := range v.PortsOnSubnet(s.ID) {
			a.onNetwork(s.NetworkID, of(p.Ref()))
			if p.IsRouterInterface() {
				a.leg(p)
			}
			a.central(p)
		}
		for p := range v.PortsWithPairs(s.NetworkID) {
			a.onNetwork(s.NetworkID, of(p.Ref()))
		}
		for f := range v.FloatingIPsOf(s.NetworkID) {
			a.floatingIP(f)
		}
	}
}

// pool: the routers that its subnets are behind, as the subnets are of another address scope now.
func (a *affected) pool(p *api.SubnetPool) {
	for _, v := range a.views {
		for s := range v.SubnetsOfPool(p.ID) {
			for q := range v.PortsOnSubnet(s.ID) {
				if q.IsRouterInterface() {
					a.router(api.RouterID(q.DeviceID), false)
				}
				a.central(q)
			}
		}
	}
}

// neighbours: guests learn by DHCP which other subnets are on their network.
func (a *affected) neighbours(s *api.Subnet) {
	for _, v := range a.views {
		for p := range v.PortsOf(s.NetworkID) {
			if b, ok := v.BoundOn(p.ID); ok && p.IsGuest() {
				a.on(b.HostID, of(p.Ref()))
			}
		}
	}
}

// vteps: the external VTEPs of a network, whose packets to routers one host takes.
func (a *affected) vteps(n api.NetworkID) {
	for _, v := range a.views {
		for t := range v.VTEPsOf(n) {
			a.onNetwork(n, of(t.Ref()))
		}
	}
}

func routerSwitched(ch api.Change) bool {
	before, _ := ch.Before.(*api.Router)
	after, _ := ch.After.(*api.Router)
	return before == nil || after == nil || before.AdminStateUp != after.AdminStateUp
}

// router: its namespace; and if it goes up or down, its legs with all behind them, and its floating IPs.
func (a *affected) router(r api.RouterID, switched bool) {
	for _, v := range a.views {
		for pl := range v.PlacementsOf(r) {
			a.on(pl.HostID, routerSubject(r))
		}
	}
	a.centralIPs(r)
	if !switched {
		return
	}
	for _, v := range a.views {
		for leg := range v.LegsOf(r) {
			a.leg(leg)
		}
		for f := range v.FloatingIPsOfRouter(r) {
			a.floatingIP(f)
		}
		for p := range v.PortsOfDevice(string(r)) {
			a.known(p)
		}
	}
}
