package tables

// physTables is a provider bridge: frames carry the local VLAN towards br-int and the provider's VLAN, or none, towards
// the wire.
func physTables() []Contract {
	return []Contract{
		{
			Class: Phys, ID: PhysClassify, Name: "classify",
			Doc:   "Tell frames of br-int from those of the wire.",
			Match: exact("in_port"),
			Next:  []ID{PhysDVRProcess, PhysDVRNotLearn},
			Miss:  MissGoto, MissTable: PhysDVRNotLearn,
		},
		{
			Class: Phys, ID: PhysDVRProcess, Name: "dvr_process",
			Doc:   "As dvr_process of br-tun: router legs stay hidden, and their frames leave with the host's MAC.",
			Match: exact("dl_type", "nw_proto", "icmp_type", "dl_vlan", "dl_src", "dl_dst", "arp_tpa", "nd_target"),
			Set:   []string{"dl_src"},
			Next:  []ID{LocalVLANTranslate},
			Miss:  MissGoto, MissTable: LocalVLANTranslate,
		},
		{
			Class: Phys, ID: LocalVLANTranslate, Name: "lv_to_provider",
			Doc:    "Turn the local VLAN into the provider's, or take it off on a flat network. Networks of others are dropped.",
			Match:  exact("dl_vlan"),
			Set:    []string{"dl_vlan"},
			Normal: true,
		},
		{
			Class: Phys, ID: PhysDVRNotLearn, Name: "dvr_not_learn",
			Doc: "Frames that another host's router sent go to br-int past the learning switch, so that a host's MAC is never " +
				"learned. Everything else is switched.",
			Match:  exact("dl_src"),
			Output: true,
			Normal: true,
			Miss:   MissNormal,
		},
	}
}
