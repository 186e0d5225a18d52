// Package dhcp answers DHCPv4 to the guests of this host, over an OpenFlow connection of its own with br-int. It needs no
// controller: what it answers is in the plan, which the agent keeps on disk.
//
//	br-int 77 ─ packet-in for the agent's id ─► reader: known port? not too often? ─► worker: decode, answer ─ packet-out ─► guest
//
// A guest's bytes are hostile: frames are bounds-checked, each port has a budget, a full queue drops, and a panic of the
// decoder costs one packet. The server is stateless: a port has one address, which is its for as long as the plan says
// so, and any wish for another is refused. Relayed requests and BOOTP without a DHCP message type are not answered.
package dhcp
