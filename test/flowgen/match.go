package flowgen

import (
	"pgregory.net/rapid"

	"weft/pipeline"
)

// anywhere are the fields that every packet has and a flow may write.
var anywhere = []pipeline.FieldID{
	pipeline.FieldPktMark, pipeline.FieldReg0, pipeline.FieldReg1, pipeline.FieldReg5, pipeline.FieldReg7,
	pipeline.FieldTunID, pipeline.FieldTunSrc, pipeline.FieldTunDst, pipeline.FieldTunIPv6Src, pipeline.FieldTunIPv6Dst, pipeline.FieldMetadata,
	pipeline.FieldDlSrc, pipeline.FieldDlDst,
}

func (g *gen) match() {
	g.writes = append(g.writes, anywhere...)
	g.maybe(g.masked, anywhere...)
	g.maybe(g.masked, pipeline.FieldCtMark)
	g.maybe(g.exact, pipeline.FieldConjID, pipeline.FieldCtZone)
	if g.rarely("in_port") {
		ports := rapid.OneOf(rapid.Uint32Range(1, 0xfeff), rapid.SampledFrom([]uint32{pipeline.PortLocal}))
		g.m = append(g.m, pipeline.InPort(ports.Draw(g.t, "port")))
	}
	if g.rarely("ct_state") {
		g.ctState()
	}
	g.vlan()
	g.protocol()
	g.m = rapid.Permutation(g.m).Draw(g.t, "order")
}

// ctState adds a state that the switch does not refuse as impossible.
func (g *gen) ctState() {
	const added, established, reply, invalid, tracked = 1, 2, 8, 16, 32
	masks := []uint64{tracked, tracked | added, tracked | established | reply, tracked | invalid}
	f := pipeline.Field{ID: pipeline.FieldCtState, Mask: pipeline.Value{Lo: masks[g.pick("mask", len(masks))]}}
	if g.coin("tracked") {
		f.Value.Lo = tracked
		if g.coin("all bits") {
			f.Value = f.Mask
		}
	}
	g.m = append(g.m, f)
}

func (g *gen) vlan() {
	const present = 0x1000
	vid := pipeline.Field{ID: pipeline.FieldVlanVID}
	switch g.pick("vlan", 6) {
	case 0:
		vid = pipeline.DlVlan(uint16(g.pick("vid", 4096)))
		g.tagged = true
	case 1:
		vid.Value.Lo, vid.Mask.Lo = present, present
		g.tagged = true
	case 2:
		vid.Mask.Lo = present | uint64(g.pick("bits", 4095))
		vid.Value.Lo = present | uint64(g.pick("vid", 4096))&vid.Mask.Lo
		g.tagged = true
	case 3: // untagged
	default:
		return
	}
	g.m = append(g.m, vid)
	if g.tagged && g.coin("pcp") {
		g.exact(pipeline.FieldVlanPCP)
	}
}

func (g *gen) protocol() {
	switch g.pick("ethernet type", 6) {
	case 0:
		g.m = append(g.m, pipeline.ARP())
		fields := []pipeline.FieldID{pipeline.FieldArpSpa, pipeline.FieldArpTpa, pipeline.FieldArpSha, pipeline.FieldArpTha}
		g.maybe(g.masked, fields...)
		if g.coin("op") {
			g.m = append(g.m, pipeline.ArpOp(uint16(g.pick("op", 256))))
		}
		g.writes = append(append(g.writes, fields...), pipeline.FieldArpOp)
	case 1, 2:
		g.m = append(g.m, pipeline.IP())
		g.ip(pipeline.ProtoICMP, pipeline.FieldNwSrc, pipeline.FieldNwDst)
	case 3, 4:
		g.m = append(g.m, pipeline.IPv6())
		g.ip(pipeline.ProtoICMPv6, pipeline.FieldIPv6Src, pipeline.FieldIPv6Dst)
	case 5:
		types := []uint16{0x88cc, 0x8035, 0x0805, 0x0600}
		g.m = append(g.m, pipeline.DlType(types[g.pick("type", len(types))]))
	}
}

func (g *gen) ip(icmp uint8, src, dst pipeline.FieldID) {
	g.maybe(g.masked, src, dst)
	g.maybe(g.exact, pipeline.FieldNwTTL)
	g.writes = append(g.writes, src, dst, pipeline.FieldNwTTL)
	ports := []pipeline.FieldID{pipeline.FieldTpSrc, pipeline.FieldTpDst}
	switch g.pick("ip protocol", 6) {
	case 0:
		g.m = append(g.m, pipeline.NwProto(89))
	case 1, 2, 3:
		protocols := []uint8{pipeline.ProtoTCP, pipeline.ProtoUDP, pipeline.ProtoSCTP}
		g.m = append(g.m, pipeline.NwProto(protocols[g.pick("transport", 3)]))
		g.maybe(g.masked, ports...)
		g.writes = append(g.writes, ports...)
	case 4:
		g.m = append(g.m, pipeline.NwProto(icmp))
		g.icmp(icmp)
	}
}

func (g *gen) icmp(protocol uint8) {
	if protocol == pipeline.ProtoICMPv6 && g.coin("neighbour discovery") {
		solicitation := g.coin("solicitation")
		kind, option := uint8(136), pipeline.FieldNDTll
		if solicitation {
			kind, option = 135, pipeline.FieldNDSll
		}
		g.m = append(g.m, pipeline.ICMPType(kind), pipeline.Field{ID: pipeline.FieldICMPCode})
		g.maybe(g.masked, pipeline.FieldNDTarget, option)
		g.writes = append(g.writes, pipeline.FieldNDTarget, option, pipeline.FieldNDOptionsType, pipeline.FieldNDReserved)
		return
	}
	g.writes = append(g.writes, pipeline.FieldICMPType, pipeline.FieldICMPCode)
	if g.coin("type") {
		g.m = append(g.m, pipeline.ICMPType(uint8(g.pick("icmp type", 20))))
		g.maybe(g.exact, pipeline.FieldICMPCode)
	}
}
