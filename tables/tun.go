package tables

// tunTables is br-tun: frames carry the local VLAN towards br-int and the VNI towards other hosts.
func tunTables() []Contract {
	return []Contract{
		{
			Class: Tun, ID: TunClassify, Name: "classify",
			Doc: "Tell frames of br-int from those of the tunnels. A tunnel's frame must come from the tunnel address of a known " +
				"host, or in the VNI of a network from an external VTEP of that network, since VXLAN itself proves nothing.",
			Match: exact("in_port", "tun_src", "tun_ipv6_src", "tun_id"),
			Next:  []ID{DVRProcess, VXLANToLV},
		},
		{
			Class: Tun, ID: DVRProcess, Name: "dvr_process",
			Doc: "Router legs have the same MAC and address on every host, so no other host may hear of them: what is for a leg or " +
				"asks for its address stays here, and what comes from one leaves with the host's MAC as its source.",
			Match: exact("dl_type", "nw_proto", "icmp_type", "dl_vlan", "dl_src", "dl_dst", "arp_tpa", "nd_target"),
			Set:   []string{"dl_src"},
			Next:  []ID{LVToTun},
			Miss:  MissGoto, MissTable: LVToTun,
		},
		{
			Class: Tun, ID: LVToTun, Name: "lv_to_tun",
			Doc:   "Sort frames that leave: ARP broadcasts and neighbour solicitations, unicast, the rest.",
			Match: match(exact("dl_type", "nw_proto", "icmp_type"), masked("dl_dst")),
			Next:  []ID{UcastToTun, ARPResponder, FloodToTun},
		},
		{
			Class: Tun, ID: VXLANToLV, Name: "vxlan_to_lv",
			Doc: "Turn the VNI into the local VLAN, for frames with tags of guests' own into the second one, if the network has that. " +
				"A tag that names a priority and no VLAN is taken off first. " +
				"Networks that are not on this host are dropped. What comes from external " +
				"VTEPs goes straight to learn. Trial packets of the controller return to it; those with a tag go back through the " +
				"tunnel first, to whoever sent them, so that it learns whether a host works that it cannot reach itself.",
			Match:  match(exact("tun_id", "tun_src", "tun_ipv6_src", "dl_type"), masked("dl_vlan")),
			Set:    []string{"dl_vlan", "dl_dst", "tun_dst", "tun_ipv6_dst"},
			Probes: true, Output: true, Again: true,
			Next: []ID{DVRNotLearn, Learn},
		},
		{
			Class: Tun, ID: DVRNotLearn, Name: "dvr_not_learn",
			Doc:    "Frames that another host's router sent go straight to br-int: nothing is to be learned from a host's MAC.",
			Match:  exact("dl_src"),
			Output: true,
			Next:   []ID{Learn},
			Miss:   MissGoto, MissTable: Learn,
		},
		{
			Class: Tun, ID: Learn, Name: "learn",
			Doc: "Everything else goes to br-int too. Of hosts nothing is learned: the controller knows every MAC there. The MACs " +
				"behind external VTEPs are learned into ucast_to_tun if they ask for it; hosts' MACs, and routers' MACs and addresses, are not " +
				"believed from there, and what is for a router comes through on one host only.",
			Match: match(exact("tun_src", "tun_ipv6_src", "dl_vlan", "dl_type", "dl_dst", "arp_op", "nw_proto", "icmp_type", "arp_spa", "ipv6_src", "nd_target"),
				masked("dl_src", "arp_tpa")),
			Learn: []ID{UcastToTun}, Output: true,
			Miss: MissOutput,
		},
		{
			Class: Tun, ID: UcastToTun, Name: "ucast_to_tun",
			Doc: "A known MAC on another host or behind an external VTEP: straight to there, in the network's VNI. Learned flows " +
				"stand below all others.",
			Match:  exact("dl_vlan", "dl_dst"),
			Set:    []string{"tun_id", "tun_dst", "tun_ipv6_dst"},
			Output: true,
			Next:   []ID{FloodToTun},
			Miss:   MissGoto, MissTable: FloodToTun,
		},
		{
			Class: Tun, ID: ARPResponder, Name: "arp_responder",
			Doc: "Answer requests for addresses of other hosts here, in the owner's name; those of IPv6 with the help of " +
				"nd_responder, also for the link-local address of a guest under port security. Requests for addresses of " +
				"this host were heard by the owner already and end here, except that an owner may tell others of its own " +
				"address, or ask whether it is free, and that who is about to take an IPv6 address may ask everybody.",
			Match:  exact("dl_type", "dl_vlan", "arp_op", "arp_tpa", "arp_spa", "nw_proto", "icmp_type", "ipv6_src", "nd_target"),
			Set:    []string{"arp_op", "arp_sha", "arp_spa", "arp_tha", "arp_tpa", "dl_src", "dl_dst", "icmp_type"},
			Output: true,
			Next:   []ID{FloodToTun, NDResponder},
			Miss:   MissGoto, MissTable: FloodToTun,
		},
		{
			Class: Tun, ID: FloodToTun, Name: "flood_to_tun",
			Doc: "One copy to each other host that has the network, if these are many with the help of flood_to_part; then to its " +
				"external VTEPs. Networks may drop unicast for MACs that nobody knows.",
			Match:  match(exact("dl_vlan"), masked("dl_dst")),
			Set:    []string{"tun_id", "tun_dst", "tun_ipv6_dst", "reg2"},
			Output: true,
			Next:   []ID{FloodToVTEP, FloodToPart},
		},
		{
			Class: Tun, ID: NDResponder, Name: "nd_responder",
			Doc: "Finish what arp_responder made of a neighbour solicitation: an advertisement with the owner's MAC, which is the " +
				"frame's source already, sent back. A switch writes the target's MAC only of what it knows as an advertisement, so " +
				"it takes a table of its own. Datapaths in the kernel leave such packets to ovs-vswitchd.",
			Match:  exact("dl_type", "nw_proto", "icmp_type"),
			Set:    []string{"nd_options_type", "nd_reserved", "ipv6_src", "ipv6_dst", "nd_tll"},
			Output: true,
		},
		{
			Class: Tun, ID: FloodToVTEP, Name: "flood_to_vtep",
			Doc: "One copy to each external VTEP of the network, which is known by its VNI here; unicast only to those that ask for " +
				"what is unknown. A table of its own, so that a VTEP that comes leaves the lists of hosts as they are.",
			Match:  match(exact("tun_id"), masked("dl_dst")),
			Set:    []string{"tun_dst", "tun_ipv6_dst"},
			Output: true,
		},
		{
			Class: Tun, ID: FloodToPart, Name: "flood_to_part",
			Doc: "One copy to each host of a part of those that have a network. A network that very many have is divided into parts: " +
				"a host that comes changes the list of its own part, and one list of all would not fit a message.",
			Match:  match(exact("tun_id"), masked("reg2")),
			Set:    []string{"tun_dst", "tun_ipv6_dst"},
			Output: true,
		},
	}
}
