package intent

import (
	"slices"

	"weft/api"
)

// automatic reports whether guests make up their addresses themselves, from the prefix and their MAC (Neutron's rule:
// either mode says so).
func automatic(s *api.Subnet) bool {
	return makesUp(s.IPv6AddressMode) || makesUp(s.IPv6RAMode)
}

func makesUp(mode string) bool { return mode == api.ModeSLAAC || mode == api.ModeStateless }

// giveAutomatic gives every guest's port on the network the address that its guest will make up on a new subnet, as
// Neutron does: it hears the prefix as everybody on the network. One that has as many addresses as a port may have, or
// whose address somebody else has, is left out.
func (o *Ops) giveAutomatic(tx *api.Txn, s *api.Subnet) {
	if !automatic(s) {
		return
	}
	for _, p := range slices.Collect(tx.PortsOf(s.NetworkID)) {
		if !p.IsGuest() || len(p.FixedIPs) >= maxFixedIPs {
			continue
		}
		a := newAddresses(tx.View, p)
		if !a.open(s) || a.take(s, p.MAC.EUI64(s.CIDR)) != nil {
			continue
		}
		next := *p
		next.FixedIPs = append(slices.Clone(p.FixedIPs), a.chosen...)
		o.save(tx, p, &next, &next.Meta)
	}
}
