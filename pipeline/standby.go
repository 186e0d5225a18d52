package pipeline

import (
	"weft/api"
	"weft/plan"
	"weft/tables"
)

// How a guest's arrival is noticed by the switch itself, in seconds.
const (
	arrivalAge  = 60 // after the last frame from the guest, if nobody has planned anew by then
	arrivalMute = 1  // between two words to the agent
)

// waits gives the binding of a port on this host that is on standby for its guest.
func (s *Site) waits(p *api.Port) (*api.Binding, bool) {
	b, ok := s.Standby(p.ID, s.Host.ID)
	return b, ok && b.OFPort != 0 && s.up(p)
}

// Arriving reports whether the guest of a port may arrive on this host, and through which OpenFlow port of br-int. Until
// it is here, whatever is sent to it goes to the host that it is on, and a copy comes here.
func (s *Site) Arriving(p *api.Port) (uint32, bool) {
	b, ok := s.waits(p)
	if !ok {
		return 0, false
	}
	return b.OFPort, true
}

// Arrival gives what the agent watches for if the guest of a port may arrive on this host. Of a trunk that is the parent,
// also while the parent itself carries nothing: its interface is that of all.
func Arrival(s *Site, p *api.Port) Part {
	var part Part
	if b, ok := s.Standby(p.ID, s.Host.ID); ok && b.OFPort != 0 && b.Parent == "" {
		part.Put(plan.Arrival{PortID: p.ID, OFPort: b.OFPort, Changed: b.Changed, Left: s.left(p)})
	}
	return part
}

// carrier gives the port whose interface carries a port: of a sub-port the parent.
func (s *Site) carrier(p *api.Port) *api.Port {
	if t, _, ok := s.TrunkOfSubPort(p.ID); ok {
		if parent, ok := s.Port(t.PortID); ok {
			return parent
		}
	}
	return p
}

// left reports whether the guest of a port that is on standby here has been here and has left.
func (s *Site) left(p *api.Port) bool {
	b, _ := s.carrier(p).Other(s.Host.ID)
	return b.Left
}

// standby gives what a host holds for a port whose guest may arrive. What the guest sends is guarded and forwarded as
// anything is; with its first frame the switch itself begins to deliver to it, and tells the agent, so that neither a
// busy controller nor a dead one makes the guest wait. All ports of a trunk wait for the first frame of any of them. A
// guest is not told of broadcasts, nor answered by DHCP, until it is here.
func standby(s *Site, l Local, p *api.Port, d device) []Flow {
	out := append(enter(l, p, d), enterTagged(l, p, d)...)
	for i, f := range out {
		if n := len(f.Actions) - 1; n >= 0 && f.Actions[n] == (Goto{tables.Transient}) {
			out[i].Actions = append(f.Actions[:n:n], Resubmit{Table: tables.Arrival}, Goto{tables.Transient})
		}
	}
	if l.Tunnelled() {
		for _, f := range p.FixedIPs {
			if f.Addr.Is4() {
				out = append(out, Gratuity(tables.KindPort, l, f.Addr))
			}
		}
	}
	left := s.left(p)
	if !left {
		for _, lane := range lanes(l, p) {
			out = append(out, waiting(lane, p.MAC, d))
			out = append(out, turnBack(lane, p.MAC, d)...)
		}
	}
	return append(out, notice(s.carrier(p).ID, p, d, left))
}

// waiting sends frames for a guest to where it is, and to its interface here, which gets them once the guest has arrived.
func waiting(l Local, mac api.MAC, d device) Flow {
	var as []Action
	if l.Uplink != 0 {
		as = append(as, Output{l.Uplink})
	}
	as = append(append(as, d.leave()...), Set(Reg(tables.Waiting, d.ofport)), Resubmit{Table: tables.Arrived})
	return portFlow(tables.BridgeInt, tables.Transient, tables.PrioWaiting, Match{DlVlan(l.VLAN), DlDst(mac)}, as...)
}

// notice sees the frames of a guest that has arrived. From a host that the guest has left only the agent hears of it:
// what still comes from there may be old. All ports behind an interface learn one and the same.
func notice(carrier api.PortID, p *api.Port, d device, left bool) Flow {
	cookie := tables.Learned("arrival " + string(carrier))
	var as []Action
	if !left {
		as = append(as, Learn{
			Way: WayArrived, Table: tables.Arrived, Priority: tables.PrioArrived, Cookie: cookie, Hard: arrivalAge,
		})
	}
	as = append(as,
		Learn{Way: WayNowhere, Table: tables.Arrival, Priority: tables.PrioMuted, Cookie: cookie, Hard: arrivalMute},
		ToController{ID: plan.AgentController, MaxLen: arrivalLen})
	return portFlow(tables.BridgeInt, tables.Arrival, tables.PrioArrival, append(d.inside(), DlSrc(p.MAC)), as...)
}

// arrivalLen is what the agent needs to see of a guest's first frame: where it came from, which is beside it.
const arrivalLen = 64
