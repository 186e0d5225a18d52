// Package fip computes floating IPs. On a host that serves one, the external network has a namespace (fip-…) with the
// host's own leg (fg-) on that network; a veth pair with a /31 of link-local addresses joins it to each router's
// namespace (fpr- there, rfp- in the router). A packet from outside reaches fg- because the kernel there answers ARP for
// what it has a route to (proxy ARP), goes by the floating IP's /32 route over the pair, and is translated in the router.
// A packet from the guest takes routing table 16 by a rule on its source, and is translated the other way.
//
// The floating IP is nobody's address: on rfp- it would make the kernel drop packets between two floating IPs of one
// router, since their source would seem to be its own.
//
// Guests without a floating IP leave by one elected host for each router, which has a third namespace (snat-…) with a leg
// on each of the router's subnets (sg-) and the router's own leg on the external network (qg-). In every router's
// namespace a rule on the subnet sends what no other route takes to the address of sg-; it is translated to the router's
// address where it leaves by qg-. Answers go from sg- straight to the guest. IPv6 leaves by this way alone, and is not
// translated: the router's external network must have a route to its subnets by the router's IPv6 address there.
//
// Subnets in the address scope of the external network keep their addresses on the way there; into those of another scope
// nothing from outside begins a connection.
//
// The package is pure: it reads a state and returns values; the agent applies them.
package fip
