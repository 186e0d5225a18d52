package tables

// intTables is br-int: frames carry the local VLAN as an 802.1Q tag from table 0 until a port takes them in table 60.
func intTables() []Contract {
	return []Contract{
		{
			Class: Int, ID: LocalSwitching, Name: "local_switching",
			Doc: "Tell where a frame comes from. A guest's untagged frame gets the tag of its network's local VLAN and goes to the " +
				"spoof guard, or past it if port security is off; so does a frame with the tag of a sub-port, in exchange for that. " +
				"A tag that names a priority and no VLAN (VLAN 0) is taken off first, whoever sent it. " +
				"Other tagged frames of guests get a second local VLAN in front of their tag if the network is transparent to tags, and " +
				"are dropped if not, as are all frames of ports that are not bound. A frame from the tunnels or from a provider network goes by its host MAC to the tables that " +
				"undo distributed routing; what poses as a router's leg is dropped.",
			Match: match(exact("in_port", "dl_type", "nw_proto", "icmp_type", "dl_src", "dl_dst", "arp_spa", "arp_tpa", "arp_op", "ipv6_src", "nd_target"),
				masked("dl_vlan")),
			Set:   []string{"dl_vlan", "reg0"},
			Again: true,
			Next: []ID{
				DVRToSrcMAC, DVRToSrcMACPhysical, ARPDVRMACToDstMAC, ARPDVRMACToDstMACPhys, ARPSpoof, MACSpoof, Arrival, Transient,
			},
		},
		{
			Class: Int, ID: DVRToSrcMAC, Name: "dvr_to_src_mac",
			Doc: "A frame that another host's router sent through a tunnel: its source is that host's MAC. A guest here shall see " +
				"the MAC of its own router leg. Frames for guests that are not here are dropped.",
			Match: exact("dl_type", "dl_vlan", "dl_dst", "nw_dst", "ipv6_dst"),
			Set:   []string{"dl_src"},
			Next:  []ID{Transient},
		},
		{
			Class: Int, ID: DVRToSrcMACPhysical, Name: "dvr_to_src_phys",
			Doc: "The same for provider networks. The frame has the provider's VLAN tag, or none on a flat network, and gets the " +
				"local one here.",
			Match: exact("in_port", "dl_type", "dl_vlan", "dl_dst", "nw_dst", "ipv6_dst"),
			Set:   []string{"dl_vlan", "dl_src"},
			Next:  []ID{Transient},
		},
		{
			Class: Int, ID: ARPDVRMACToDstMAC, Name: "arp_dvr_to_dst",
			Doc: "A frame for this host's own MAC: the answer to what a router leg of this host asked by ARP or neighbour discovery, and that " +
				"left with the host's MAC. It goes to the leg that it names.",
			Match:  exact("dl_type", "nw_proto", "icmp_type", "dl_vlan", "dl_dst", "arp_tha", "ipv6_dst"),
			Set:    []string{"dl_dst"},
			Output: true,
		},
		{
			Class: Int, ID: ARPDVRMACToDstMACPhys, Name: "arp_dvr_to_phys",
			Doc: "The same for provider networks, by the provider's VLAN. Machines there answer to the frame's source, the host's " +
				"MAC, or to ARP's, the leg's.",
			Match:  exact("in_port", "dl_type", "nw_proto", "icmp_type", "dl_vlan", "dl_dst", "arp_tha", "ipv6_dst"),
			Set:    []string{"dl_dst"},
			Output: true,
		},
		{
			Class: Int, ID: Canary, Name: "canary",
			Doc: "Nothing comes here. The table's one flow is gone when ovs-vswitchd has lost its flows.",
		},
		{
			Class: Int, ID: ARPSpoof, Name: "arp_spoof",
			Doc: "ARP and neighbour advertisements of guests with port security: the addresses that they speak for must be the " +
				"port's own or those of an allowed pair.",
			Match: match(exact("in_port", "dl_type", "nw_proto", "icmp_type", "dl_src", "arp_sha", "arp_op"),
				masked("reg0", "arp_spa", "arp_tpa", "nd_target")),
			Next: []ID{MACSpoof, Arrival, Transient},
		},
		{
			Class: Int, ID: MACSpoof, Name: "mac_spoof",
			Doc: "Other frames of guests with port security: Ethernet and IP source must be the port's own or those of an allowed " +
				"pair. A guest that has no address yet may ask for one (DHCP; neighbour discovery from the unspecified address). " +
				"Router advertisements and answers of DHCP servers are never let through, in fragments neither, nor is IPv6 whose " +
				"headers end before they say what they carry.",
			Match: match(exact("in_port", "dl_vlan", "dl_type", "nw_proto", "icmp_type", "dl_src", "tp_src", "tp_dst"),
				masked("reg0", "nw_src", "nw_dst", "ipv6_src", "nd_target")),
			Next: []ID{Arrival, Transient},
		},
		{
			Class: Int, ID: Arrival, Name: "arrival",
			Doc: "What a guest sends from a host where it may arrive passes here on its way: with the first frame the switch begins " +
				"to deliver to it, by a flow that it adds to arrived itself, and the agent is told, which tells the controller. Then " +
				"it is quiet for a second.",
			Match:      match(exact("in_port", "dl_src"), masked("reg0")),
			Controller: true,
			Learn:      []ID{Arrival, Arrived},
		},
		{
			Class: Int, ID: Transient, Name: "transient",
			Doc: "Deliver. What a guest says to DHCP servers and to routers goes to dhcp_ipv4, dhcp_ipv6 or router_solicit if the " +
				"agent answers it, and else is forwarded as any frame. A known MAC of this host gets the frame without its tag, a sub-port with its own. Other unicast goes to the network's uplink, and " +
				"without its tag to ports here behind which unknown MACs may be. Multicast and broadcast go to every port of the " +
				"network here and to the uplink, never back to where they came from. What is for a guest that may arrive goes to the " +
				"uplink, and, as the guest would see it, to arrived.",
			Match: match(exact("dl_vlan", "in_port", "dl_type", "nw_proto", "icmp_type", "dl_src", "nw_dst", "ipv6_dst", "tp_src", "tp_dst"),
				masked("reg0", "dl_dst")),
			Set:    []string{"dl_vlan", "reg1"},
			Output: true,
			Next:   []ID{Arrived, DHCPv4, DHCPv6, RouterSolicit},
		},
		{
			Class: Int, ID: Arrived, Name: "arrived",
			Doc: "Frames for guests that may arrive here. Of those that have, and only of those, the switch itself has added a flow, " +
				"which delivers what is for the guest's interface: one flow for all ports of a trunk.",
		},
		{
			Class: Int, ID: DHCPv4, Name: "dhcp_ipv4",
			Doc: "What a guest whose subnet has DHCP says to DHCP servers. It goes, as the guest sent it, to the agent of this " +
				"host, which answers out of the guest's port; nobody else hears of it. If a guest asks too often the agent has the switch " +
				"drop what comes from there for a second at a time, here and in the tables for its other questions.",
			Match:      match(exact("in_port", "dl_vlan", "dl_type", "nw_proto", "dl_src", "tp_src", "tp_dst"), masked("reg0")),
			Set:        []string{"dl_vlan"},
			Controller: true,
		},
		{
			Class: Int, ID: DHCPv6, Name: "dhcp_ipv6",
			Doc: "The same for DHCPv6. A guest whose subnet has other ways (ipv6_address_mode) is not answered, and what it asks " +
				"is forwarded.",
			Match: match(exact("in_port", "dl_vlan", "dl_type", "nw_proto", "dl_src", "ipv6_dst", "tp_src", "tp_dst"),
				masked("reg0")),
			Set:        []string{"dl_vlan"},
			Controller: true,
		},
		{
			Class: Int, ID: RouterSolicit, Name: "router_solicit",
			Doc: "What a guest asks of routers, if weft announces its subnets. It goes to the agent as in dhcp_ipv4; the answer has " +
				"the address of the guest's router.",
			Match:      match(exact("in_port", "dl_vlan", "dl_type", "nw_proto", "dl_src", "icmp_type"), masked("reg0")),
			Set:        []string{"dl_vlan"},
			Controller: true,
		},
	}
}

// AskingAgent lists the tables of br-int whose flows bring guests' questions to the agent.
func AskingAgent() []ID { return []ID{DHCPv4, DHCPv6, RouterSolicit} }
