// Package dhcp computes what DHCPv4 needs for a guest: the flows that bring its requests to the agent of its host, and
// what the agent answers. It is pure: agent/dhcp speaks the protocol.
//
//	guest ─► br-int 60 ─(udp 68→67, to everybody or to the server's address)─► 77 ─► the agent's own connection
//	      ◄───────────────────────── packet-out to the guest's port ◄─────────────────┘
//
// There is no DHCP port and no namespace: each host answers its own guests, and no request leaves the host. The server
// is the subnet's gateway address, which routers here and elsewhere have anyway; a subnet without a gateway has
// 169.254.169.254, which no client can reach by unicast, so that it renews by broadcast. The Ethernet source is the
// host's own MAC: it is unique in the cloud, and since answers go to the guest's port alone, no switch learns it.
package dhcp
