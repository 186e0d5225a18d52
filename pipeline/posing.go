package pipeline

import "weft/api"

// Posing lists what nobody outside of weft's hosts may say to a network that a router's leg is on: frames from its MAC, and
// claims of its addresses. Hosts' own legs send with the MACs of their hosts, which are known before this is asked. Guests
// on this network would take whoever says such a thing for their gateway.
func Posing(leg *api.Port) []Match {
	out := []Match{{DlSrc(leg.MAC)}}
	own := leg.MAC.LinkLocal()
	six := false
	for _, f := range leg.FixedIPs {
		if f.Addr.Is4() {
			out = append(out, Match{ARP(), ArpSpa(Host(f.Addr))})
			continue
		}
		six = true
		if f.Addr != own {
			out = append(out, icmp6(neighbourAdvertisement, NDTarget(f.Addr)))
		}
	}
	if six { // advertisements of routers and redirects come from the link-local address
		out = append(out, icmp6(neighbourAdvertisement, NDTarget(own)), Match{IPv6(), NwSrc(Host(own))})
	}
	return out
}
