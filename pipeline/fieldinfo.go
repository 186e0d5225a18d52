package pipeline

// Bits is the width of the field on the wire. VLAN ids have 13: OFPVID_PRESENT is the highest.
func (id FieldID) Bits() int { return fieldInfos[id].bits }

// String gives the field's name in a match.
func (id FieldID) String() string {
	if int(id) >= NumFields {
		return "unknown field"
	}
	return fieldInfos[id].name
}

// Full is the mask that covers the whole field.
func (id FieldID) Full() Value { return ones(id.Bits()) }

// Exact reports whether the condition covers the whole field.
func (f Field) Exact() bool { return f.Mask == Value{} || f.Mask == f.ID.Full() }

// ones gives a value whose lowest n bits are set.
func ones(n int) Value {
	switch {
	case n >= 128:
		return Value{^uint64(0), ^uint64(0)}
	case n >= 64:
		return Value{1<<(n-64) - 1, ^uint64(0)}
	}
	return Value{0, 1<<n - 1}
}

// style is how ovs-ofctl writes the value of a field.
type style uint8

const (
	asHex style = iota
	asDecimal
	asMAC
	asIPv4
	asIPv6
	asPort
	asFlags
)

// fieldInfo is what print needs to know about a field.
type fieldInfo struct {
	name  string // in a match
	set   string // after "->" in set_field; "" if a flow cannot write the field
	sub   string // in load and move
	bits  int
	style style
}

// fieldInfos is constant. The fields whose names depend on others have their names in Match.info.
var fieldInfos = [NumFields]fieldInfo{
	FieldPktMark:    {"pkt_mark", "pkt_mark", "NXM_NX_PKT_MARK", 32, asHex},
	FieldConjID:     {"conj_id", "", "", 32, asDecimal},
	FieldCtState:    {"ct_state", "", "", 32, asFlags},
	FieldCtZone:     {"ct_zone", "", "", 16, asDecimal},
	FieldCtMark:     {"ct_mark", "", "", 32, asHex},
	FieldDlType:     {"dl_type", "", "", 16, asHex},
	FieldNwProto:    {"nw_proto", "", "", 8, asDecimal},
	FieldReg0:       {"reg0", "reg0", "NXM_NX_REG0", 32, asHex},
	FieldReg1:       {"reg1", "reg1", "NXM_NX_REG1", 32, asHex},
	FieldReg2:       {"reg2", "reg2", "NXM_NX_REG2", 32, asHex},
	FieldReg3:       {"reg3", "reg3", "NXM_NX_REG3", 32, asHex},
	FieldReg4:       {"reg4", "reg4", "NXM_NX_REG4", 32, asHex},
	FieldReg5:       {"reg5", "reg5", "NXM_NX_REG5", 32, asHex},
	FieldReg6:       {"reg6", "reg6", "NXM_NX_REG6", 32, asHex},
	FieldReg7:       {"reg7", "reg7", "NXM_NX_REG7", 32, asHex},
	FieldTunID:      {"tun_id", "tun_id", "NXM_NX_TUN_ID", 64, asHex},
	FieldTunSrc:     {"tun_src", "tun_src", "NXM_NX_TUN_IPV4_SRC", 32, asIPv4},
	FieldTunDst:     {"tun_dst", "tun_dst", "NXM_NX_TUN_IPV4_DST", 32, asIPv4},
	FieldTunIPv6Src: {"tun_ipv6_src", "tun_ipv6_src", "NXM_NX_TUN_IPV6_SRC", 128, asIPv6},
	FieldTunIPv6Dst: {"tun_ipv6_dst", "tun_ipv6_dst", "NXM_NX_TUN_IPV6_DST", 128, asIPv6},
	FieldMetadata:   {"metadata", "metadata", "OXM_OF_METADATA", 64, asHex},
	FieldInPort:     {"in_port", "", "", 32, asPort},
	FieldVlanVID:    {"vlan_vid", "vlan_vid", "OXM_OF_VLAN_VID", 13, asDecimal},
	FieldVlanPCP:    {"dl_vlan_pcp", "vlan_pcp", "OXM_OF_VLAN_PCP", 3, asDecimal},
	FieldDlSrc:      {"dl_src", "eth_src", "NXM_OF_ETH_SRC", 48, asMAC},
	FieldDlDst:      {"dl_dst", "eth_dst", "NXM_OF_ETH_DST", 48, asMAC},
	FieldNwSrc:      {"nw_src", "ip_src", "NXM_OF_IP_SRC", 32, asIPv4},
	FieldNwDst:      {"nw_dst", "ip_dst", "NXM_OF_IP_DST", 32, asIPv4},
	FieldIPv6Src:    {"ipv6_src", "ipv6_src", "NXM_NX_IPV6_SRC", 128, asIPv6},
	FieldIPv6Dst:    {"ipv6_dst", "ipv6_dst", "NXM_NX_IPV6_DST", 128, asIPv6},
	FieldNwTTL:      {"nw_ttl", "nw_ttl", "NXM_NX_IP_TTL", 8, asDecimal},
	FieldArpSpa:     {"arp_spa", "arp_spa", "NXM_OF_ARP_SPA", 32, asIPv4},
	FieldArpTpa:     {"arp_tpa", "arp_tpa", "NXM_OF_ARP_TPA", 32, asIPv4},
	FieldArpOp:      {"arp_op", "arp_op", "NXM_OF_ARP_OP", 16, asDecimal},
	FieldArpSha:     {"arp_sha", "arp_sha", "NXM_NX_ARP_SHA", 48, asMAC},
	FieldArpTha:     {"arp_tha", "arp_tha", "NXM_NX_ARP_THA", 48, asMAC},
	FieldTpSrc:      {"tp_src", "tp_src", "", 16, asDecimal},
	FieldTpDst:      {"tp_dst", "tp_dst", "", 16, asDecimal},
	FieldICMPType:   {"icmp_type", "icmp_type", "NXM_OF_ICMP_TYPE", 8, asDecimal},
	FieldICMPCode:   {"icmp_code", "icmp_code", "NXM_OF_ICMP_CODE", 8, asDecimal},
	FieldNDTarget:   {"nd_target", "nd_target", "NXM_NX_ND_TARGET", 128, asIPv6},
	FieldNDSll:      {"nd_sll", "nd_sll", "NXM_NX_ND_SLL", 48, asMAC},
	FieldNDTll:      {"nd_tll", "nd_tll", "NXM_NX_ND_TLL", 48, asMAC},

	FieldNDOptionsType: {"nd_options_type", "nd_options_type", "ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE", 8, asDecimal},
	FieldNDReserved:    {"nd_reserved", "nd_reserved", "ERICOXM_OF_ICMPV6_ND_RESERVED", 32, asDecimal},
}

// info describes a field within a flow that matches m: transport ports and ICMP have the names of their protocol.
func (m Match) info(id FieldID) fieldInfo {
	i := fieldInfos[id]
	switch id {
	case FieldTpSrc, FieldTpDst:
		i.set, i.sub = m.portNames(id == FieldTpSrc)
	case FieldICMPType:
		if m.v6() {
			i.set, i.sub = "icmpv6_type", "NXM_NX_ICMPV6_TYPE"
		}
	case FieldICMPCode:
		if m.v6() {
			i.set, i.sub = "icmpv6_code", "NXM_NX_ICMPV6_CODE"
		}
	}
	return i
}

func (m Match) portNames(src bool) (set, sub string) {
	proto, _ := m.Get(FieldNwProto)
	names, ok := map[uint64][2]string{
		ProtoTCP:  {"tcp_", "NXM_OF_TCP_"},
		ProtoUDP:  {"udp_", "NXM_OF_UDP_"},
		ProtoSCTP: {"sctp_", "OXM_OF_SCTP_"},
	}[proto.Value.Lo]
	if !ok {
		names = [2]string{"tp_", "TP_"}
	}
	if src {
		return names[0] + "src", names[1] + "SRC"
	}
	return names[0] + "dst", names[1] + "DST"
}

func (m Match) v6() bool {
	t, ok := m.Get(FieldDlType)
	return ok && t.Value.Lo == EthIPv6
}

// Get finds the condition on a field.
func (m Match) Get(id FieldID) (Field, bool) {
	for _, f := range m {
		if f.ID == id {
			return f, true
		}
	}
	return Field{}, false
}

// ProtoSCTP is the IP protocol number of SCTP.
const ProtoSCTP = 132

// Run gives the lowest bit and the number of bits of the mask of f, and whether they are contiguous. An exact field is
// one run of its whole width.
func (f Field) Run() (first, bits int, contiguous bool) {
	if f.Exact() {
		return 0, f.ID.Bits(), true
	}
	m := f.Mask
	for m.Lo&1 == 0 {
		m = m.Shr(1)
		first++
	}
	for m.Lo&1 == 1 {
		m = m.Shr(1)
		bits++
	}
	return first, bits, m == Value{}
}

// Shr shifts v right by n < 64 bits.
func (v Value) Shr(n int) Value {
	if n == 0 {
		return v
	}
	return Value{v.Hi >> n, v.Lo>>n | v.Hi<<(64-n)}
}

// And gives the bits that both values have.
func (v Value) And(o Value) Value { return Value{v.Hi & o.Hi, v.Lo & o.Lo} }
