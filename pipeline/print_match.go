package pipeline

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"strings"

	"weft/api"
)

// matches prints every condition, each with a comma behind it, in the order of FieldID.
func (p *printer) matches() {
	var have [NumFields]*Field
	for i := range p.match {
		if id := p.match[i].ID; int(id) < NumFields {
			have[id] = &p.match[i]
		}
	}
	word, hidesProto := protocolWord(have[FieldDlType], have[FieldNwProto])
	for id, f := range have {
		switch FieldID(id) {
		case FieldDlType:
			if word != "" {
				p.put(word, ",")
			}
		case FieldNwProto, FieldVlanPCP: // later, and with the VLAN id
		case FieldVlanVID:
			p.vlan(f, have[FieldVlanPCP])
		default:
			p.condition(f)
		}
		if FieldID(id) == FieldDlDst && word == "" && have[FieldDlType] != nil {
			p.put(fmt.Sprintf("dl_type=0x%04x,", have[FieldDlType].Value.Lo))
		}
		if FieldID(id) == FieldIPv6Dst && !hidesProto {
			p.condition(have[FieldNwProto])
		}
	}
}

// protocolWord gives the word that stands for an Ethernet type, or for that and an IP protocol (then hidesProto).
func protocolWord(dlType, nwProto *Field) (word string, hidesProto bool) {
	if dlType == nil {
		return "", false
	}
	proto := uint64(0)
	if nwProto != nil {
		proto = nwProto.Value.Lo
	}
	switch dlType.Value.Lo {
	case EthIPv4:
		w, ok := map[uint64]string{ProtoICMP: "icmp", ProtoTCP: "tcp", ProtoUDP: "udp", ProtoSCTP: "sctp"}[proto]
		if ok {
			return w, true
		}
		return "ip", false
	case EthIPv6:
		w, ok := map[uint64]string{ProtoICMPv6: "icmp6", ProtoTCP: "tcp6", ProtoUDP: "udp6", ProtoSCTP: "sctp6"}[proto]
		if ok {
			return w, true
		}
		return "ipv6", false
	case EthARP:
		return "arp", false
	case 0x8035:
		return "rarp", false
	case 0x8847:
		return "mpls", false
	case 0x8848:
		return "mplsm", false
	}
	return "", false
}

func (p *printer) condition(f *Field) {
	if f == nil {
		return
	}
	i := fieldInfos[f.ID]
	if i.style == asPort {
		p.put(i.name, "=", p.port(uint32(f.Value.Lo)), ",")
		return
	}
	p.put(i.name, "=", formatField(i.style, *f), ",")
}

// vlan prints what is asked of the 802.1Q tag, for which ovs-ofctl has friendly forms where all or nothing of the VLAN id
// and of the priority is compared.
func (p *printer) vlan(vid, pcp *Field) {
	const present, ids = 0x1000, 0xfff
	var tci, mask uint64
	if vid != nil {
		tci, mask = vid.Value.Lo, vid.Mask.Lo
		if vid.Exact() {
			mask = present | ids
		}
	}
	if pcp != nil {
		tci, mask = tci|pcp.Value.Lo<<13, mask|7<<13
	}
	idMask, pcpMask := mask&ids, mask>>13
	switch {
	case mask == 0:
	case mask&present != 0 && tci&present != 0 && (idMask == 0 || idMask == ids) && (idMask != 0 || pcpMask != 0):
		if idMask != 0 {
			p.put("dl_vlan=", dec(tci&ids), ",")
		}
		if pcpMask != 0 {
			p.put("dl_vlan_pcp=", dec(tci>>13), ",")
		}
	case mask == 0xffff:
		p.put(fmt.Sprintf("vlan_tci=0x%04x,", tci))
	default:
		p.put(fmt.Sprintf("vlan_tci=0x%04x/0x%04x,", tci, mask))
	}
}

// formatField gives value, or value/mask, in a style.
func formatField(s style, f Field) string {
	if s == asFlags {
		return formatCtState(f)
	}
	if f.Exact() {
		return formatValue(s, f.Value)
	}
	switch s {
	case asIPv4, asIPv6:
		if n, ok := prefixLen(f); ok {
			return formatValue(s, f.Value) + "/" + dec(uint64(n))
		}
	case asDecimal: // transport ports: hex with a prefix even for zero
		return fmt.Sprintf("0x%x/0x%x", f.Value.Lo, f.Mask.Lo)
	}
	return formatValue(s, f.Value) + "/" + formatValue(s, f.Mask)
}

// prefixLen gives the length of the prefix that the mask is, if it is one.
func prefixLen(f Field) (int, bool) {
	first, n, contiguous := f.Run()
	return n, contiguous && first+n == f.ID.Bits()
}

func formatValue(s style, v Value) string {
	switch s {
	case asDecimal, asPort:
		return dec(v.Lo)
	case asMAC:
		return api.MACFromUint64(v.Lo).String()
	case asIPv4:
		return ipv4(v).String()
	case asIPv6:
		return formatIPv6(v)
	}
	if v.Hi != 0 {
		return fmt.Sprintf("0x%x%016x", v.Hi, v.Lo)
	}
	return hex(v.Lo)
}

func ipv4(v Value) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(v.Lo))))
}

// formatIPv6 writes an address as the C library does, which differs from netip in one thing: ::1.2.3.4.
func formatIPv6(v Value) string {
	if v.Hi == 0 && v.Lo>>32 == 0 && v.Lo>>16 != 0 {
		return "::" + ipv4(v).String()
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], v.Hi)
	binary.BigEndian.PutUint64(b[8:], v.Lo)
	return netip.AddrFrom16(b).String()
}

// ctFlags are the names of the bits of ct_state, lowest first.
const ctFlags = "new est rel rpl inv trk snat dnat"

// formatCtState gives +trk-new for a masked condition and new|trk for one on the whole field.
func formatCtState(f Field) string {
	names := strings.Fields(ctFlags)
	if f.Exact() {
		var set []string
		for v := f.Value.Lo; v != 0; v &= v - 1 {
			set = append(set, bitName(names, bits.TrailingZeros64(v)))
		}
		if len(set) == 0 {
			return "0"
		}
		return strings.Join(set, "|")
	}
	var b strings.Builder
	for m := f.Mask.Lo; m != 0; m &= m - 1 {
		n := bits.TrailingZeros64(m)
		sign := "-"
		if f.Value.Lo>>n&1 == 1 {
			sign = "+"
		}
		b.WriteString(sign + bitName(names, n))
	}
	return b.String()
}

func bitName(names []string, n int) string {
	if n < len(names) {
		return names[n]
	}
	return hex(1 << n)
}
