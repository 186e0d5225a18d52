// Package dhcp computes what guests are told by the host that they are on, by DHCPv4, DHCPv6 and router advertisements:
// the flows that bring their questions to the agent, and what the agent answers. It is pure: agent/dhcp speaks the
// protocols.
//
//	guest ─► br-int 60 ─(udp 68→67, to everybody or to the server's address)─► 77 ─┬─► the agent's own connection
//	                   ─(udp 546→547, to ff02::1:2)──────────────────────────► 78 ─┤
//	                   ─(router solicitation)────────────────────────────────► 79 ─┤
//	      ◄──────────────────── packet-out to the guest's port ◄───────────────────┘
//
// There is no DHCP port and no namespace: each host answers its own guests, and no request leaves the host. The server
// is the subnet's gateway address, which routers here and elsewhere have anyway; a subnet without a gateway has
// 169.254.169.254, which no client can reach by unicast, so that it renews by broadcast. The Ethernet source is the
// host's own MAC: it is unique in the cloud, and since answers go to the guest's port alone, no switch learns it. Router
// advertisements come from the router's leg, whose link-local address is the guest's gateway on every host.
package dhcp
