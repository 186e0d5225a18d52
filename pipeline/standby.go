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

// standby gives what a host holds for a port whose guest may arrive. What the guest sends is guarded and forwarded as
// anything is; with its first frame the switch itself begins to deliver to it, and tells the agent, so that neither a
// busy controller nor a dead one makes the guest wait. It is not told of broadcasts, nor answered by DHCP, until it is here.
func standby(l Local, p *api.Port, d device, left bool) []Flow {
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
	return append(out, notice(p, d, left))
}

// notice sees the frames of a guest that has arrived. From a host that the guest has left only the agent hears of it:
// what still comes from there may be old.
func notice(p *api.Port, d device, left bool) Flow {
	cookie := tables.Learned("arrival " + string(p.ID))
	var as []Action
	if !left {
		as = append(as, Learn{
			Way: WayToPort, Table: tables.Transient, Priority: tables.PrioArrived, Cookie: cookie, Hard: arrivalAge,
		})
	}
	as = append(as,
		Learn{Way: WayNowhere, Table: tables.Arrival, Priority: tables.PrioMuted, Cookie: cookie, Hard: arrivalMute},
		ToController{ID: plan.AgentController, MaxLen: arrivalLen})
	return portFlow(tables.BridgeInt, tables.Arrival, tables.PrioArrival, append(d.inside(), DlSrc(p.MAC)), as...)
}

// arrivalLen is what the agent needs to see of a guest's first frame: where it came from, which is beside it.
const arrivalLen = 64
