package trace

import (
	"fmt"
	"math"

	"weft/api"
	"weft/plan"
	"weft/tables"
)

// isUp reports whether the interface of a guest's port carries frames; else the walk ends there. Who cannot be asked says
// nothing against it.
func (k *walk) isUp(p *api.Port, b *api.Binding) bool {
	s, err := k.world.Interface(k.ctx, b.HostID, plan.InterfaceQuestion{Name: b.Interface})
	return err != nil || k.carries(p, b, s)
}

func (k *walk) carries(p *api.Port, b *api.Binding, s plan.InterfaceState) bool {
	if s.Down == "" {
		return true
	}
	k.end(Dropped, b.HostID, b.Interface, fmt.Sprintf("the interface of %s is down: %s", k.called(p.Ref()), s.Down),
		fmt.Sprintf("see that the guest runs and has its network card up; on %s: ip link show %s", b.HostID, b.Interface))
	return false
}

// sends is isUp for the sender, of whom it notes what else its switch has seen.
func (k *walk) sends(p *api.Port, b *api.Binding) bool {
	guarded := b.Parent == "" && p.PortSecurityEnabled && !p.UpdatedAt.After(b.Since)
	q := plan.InterfaceQuestion{Name: b.Interface}
	if guarded {
		q.Flows = fmt.Sprintf("arp,in_port=%d", b.OFPort)
	}
	s, err := k.world.Interface(k.ctx, b.HostID, q)
	if err != nil {
		return true
	}
	if !k.carries(p, b, s) {
		return false
	}
	if s.Received == 0 {
		k.note(b.HostID, "the guest of %s has sent nothing since it was plugged in: see that it runs and has its network card up", k.called(p.Ref()))
	}
	if all, bad := refusedARP(s.Counts); guarded && bad > 0 {
		k.note(b.HostID, "of %d ARP packets of %s, %d were not from its own MAC and addresses, and were dropped; see in the guest which it has "+
			"(ip address)", all, k.called(p.Ref()), bad)
	}
	return true
}

// flowsAge is by how many seconds the ages of flows that were made together may differ.
const flowsAge = 3

// refusedARP counts the ARP packets that came in by a port, and those of them that none of the port's flows let pass. It
// counts none if the flows were not made together, since then some may have passed by flows that are gone.
func refusedARP(counts map[uint8]plan.FlowCount) (all, refused uint64) {
	in, passed := counts[uint8(tables.LocalSwitching)], counts[uint8(tables.ARPSpoof)]
	if in.Packets <= passed.Packets || math.Abs(in.Oldest-passed.Youngest) > flowsAge || math.Abs(in.Oldest-passed.Oldest) > flowsAge {
		return in.Packets, 0
	}
	return in.Packets, in.Packets - passed.Packets
}
