package pipeline

import (
	"weft/api"
	"weft/plan"
	"weft/tables"
)

// Base gives what a host holds whatever networks there are: bridges, the ports between them, the names of their tables,
// their controllers, and the flows that hold the pipeline together.
func Base(s *Site, targets []string) Part {
	var p Part
	bridges := []string{tables.BridgeInt, tables.BridgeTun}
	for _, pr := range s.Providers() {
		bridges = append(bridges, pr.Bridge)
	}
	for _, b := range bridges {
		uplink := s.Host.BridgeUplinks[b]
		p.Put(plan.Bridge{Name: b, DatapathID: DatapathID(s.Host.ID, b), Existing: tables.ClassOf(b) == tables.Phys && uplink == ""})
		if uplink != "" && tables.ClassOf(b) == tables.Phys {
			p.Put(plan.OVSPort{Bridge: b, Dev: uplink})
		}
		for _, t := range tables.All(tables.ClassOf(b)) {
			p.Put(plan.TableName{Bridge: b, Table: uint8(t.ID), Name: t.Name})
			p.Flow(missFlow(s, b, t)...)
		}
		for _, t := range targets {
			p.Put(plan.Controller{Bridge: b, Target: t})
		}
	}
	p.Add(tunnelBase(s))
	p.Flow(guardBase()...)
	p.Flow(priorityTagged(tables.BridgeInt, tables.LocalSwitching)...)
	p.Flow(priorityTagged(tables.BridgeTun, tables.VXLANToLV)...)
	p.Flow(dropReserved()...)
	for _, pr := range s.Providers() {
		p.Add(providerBase(s, pr))
	}
	return p
}

func base(bridge string, t tables.ID, prio uint16, m Match, as ...Action) Flow {
	return Flow{Bridge: bridge, Kind: tables.KindBase, Table: t, Priority: prio, Match: m, Actions: as}
}

// missFlow does what the table's contract says of packets that no other flow takes.
func missFlow(s *Site, bridge string, t tables.Contract) []Flow {
	f := base(bridge, t.ID, tables.Miss, nil)
	switch t.Miss {
	case tables.MissGoto:
		f.Actions = []Action{Goto{t.MissTable}}
	case tables.MissNormal:
		f.Actions = []Action{Normal{}}
	case tables.MissOutput:
		if s.PatchInt() == 0 {
			return nil
		}
		f.Actions = []Action{Output{s.PatchInt()}}
	}
	return []Flow{f}
}

// tunnelBase joins br-int and br-tun, and br-tun and the underlay.
func tunnelBase(s *Site) Part {
	var p Part
	p.Put(
		plan.PatchPort{Bridge: tables.BridgeInt, Name: tables.PatchTun, Peer: tables.PatchInt},
		plan.PatchPort{Bridge: tables.BridgeTun, Name: tables.PatchInt, Peer: tables.PatchTun},
	)
	if s.Host.TunnelIP.IsValid() {
		p.Put(plan.TunnelPort{Bridge: tables.BridgeTun, Name: tables.VXLANPort, LocalIP: s.Host.TunnelIP})
	}
	if port := s.PatchTun(); port != 0 {
		p.Flow(fromUplink(port)...)
		if !s.Host.MAC.IsZero() {
			p.Flow(toOwnHostMAC(port, s.Host.MAC, tables.ARPDVRMACToDstMAC))
		}
	}
	if port := s.PatchInt(); port != 0 {
		p.Flow(base(tables.BridgeTun, tables.TunClassify, tables.PrioPort, Match{InPort(port)}, Goto{tables.DVRProcess}))
	}
	p.Flow(sortLeaving()...)
	p.Flow(solicitations()...)
	p.Flow(base(tables.BridgeTun, tables.VXLANToLV, tables.PrioProbe, Match{TunID(tables.ProbeVNI)}, ToController{MaxLen: probeLen}))
	if s.Host.TunnelIP.IsValid() {
		p.Flow(echo(s.Host.TunnelIP.Is4()))
	}
	return p
}

// echo sends a trial packet with a tag back to the host that it came from, without the tag, so that it ends there. It needs
// neither an agent nor a controller here. The new destination is the packet's source: of packets with a source each, every
// one has to be looked at by ovs-vswitchd, so none is answered by a kernel that has outlived it.
func echo(v4 bool) Flow {
	back := Move{FieldTunSrc, FieldTunDst}
	if !v4 {
		back = Move{FieldTunIPv6Src, FieldTunIPv6Dst}
	}
	return base(tables.BridgeTun, tables.VXLANToLV, tables.PrioEcho, Match{TunID(tables.ProbeVNI), Tagged()},
		PopVlan{}, Move{FieldDlSrc, FieldDlDst}, back, InPortOut{})
}

// probeLen is what the controller needs to see of a trial packet.
const probeLen = 128

// fromUplink lets frames of the tunnels through: br-tun has let only those of known hosts in and has tagged them.
func fromUplink(port uint32) []Flow {
	return []Flow{base(tables.BridgeInt, tables.LocalSwitching, tables.PrioUplink, Match{InPort(port)}, Goto{tables.Transient})}
}

// toOwnHostMAC finds answers to what a leg of this host has asked: a leg's frames leave with the host's MAC.
func toOwnHostMAC(uplink uint32, mac api.MAC, next tables.ID) Flow {
	return base(tables.BridgeInt, tables.LocalSwitching, tables.PrioOwnHostMAC, Match{InPort(uplink), DlDst(mac)}, Goto{next})
}

// sortLeaving tells ARP broadcasts, unicast and the rest apart.
func sortLeaving() []Flow {
	return []Flow{
		base(tables.BridgeTun, tables.LVToTun, tables.PrioARPBroadcast, Match{ARP(), DlDst(api.Broadcast)}, Goto{tables.ARPResponder}),
		base(tables.BridgeTun, tables.LVToTun, tables.PrioCast, Match{Unicast()}, Goto{tables.UcastToTun}),
		base(tables.BridgeTun, tables.LVToTun, tables.PrioCast, Match{Multicast()}, Goto{tables.FloodToTun}),
	}
}

// priorityTagged takes off tags that name a priority and no VLAN, and looks the frames up once more: they are of the VLAN
// that frames without a tag are of (IEEE 802.1Q). Who asks for a class of service sends them, and every access port takes
// them. It leads back to its own table, which ends since the tag is off; a second tag within is payload to the switch, and
// would be the only one to whoever gets the frame, so such frames are dropped.
func priorityTagged(bridge string, t tables.ID) []Flow {
	return []Flow{
		base(bridge, t, tables.PrioPriorityTwo, Match{DlVlan(0), DlType(EthVLAN)}),
		base(bridge, t, tables.PrioPriorityTwo, Match{DlVlan(0), DlType(EthServiceVLAN)}),
		base(bridge, t, tables.PrioPriorityTag, Match{DlVlan(0)}, PopVlan{}, Resubmit{Table: t}),
	}
}

// dropReserved keeps to the host what no bridge may forward: spanning tree, pause frames, LACP, LLDP and their kin, and
// what switches of some makers say to each other (CDP, PVST+, EDP, EAPS): a guest that speaks these would be taken for a
// switch by the machines' own. They are those that Open vSwitch's own learning switch keeps back.
func dropReserved() []Flow {
	var out []Flow
	for _, r := range []struct{ mac, mask string }{
		{"01:80:c2:00:00:00", "ff:ff:ff:ff:ff:f0"},
		{"01:00:0c:cc:cc:c0", "ff:ff:ff:ff:ff:f0"},
		{"01:00:0c:cd:cd:cd", "ff:ff:ff:ff:ff:ff"},
		{"01:00:0c:00:00:00", "ff:ff:ff:ff:ff:ff"},
		{"00:e0:2b:00:00:00", "ff:ff:ff:ff:ff:f8"},
	} {
		to := DlDst(api.MustMAC(r.mac))
		if r.mask != api.Broadcast.String() {
			to.Mask = Value{Lo: api.MustMAC(r.mask).Uint64()}
		}
		out = append(out, base(tables.BridgeInt, tables.Transient, tables.PrioReserved, Match{to}))
	}
	return out
}

// providerBase joins br-int and a provider bridge.
func providerBase(s *Site, pr Provider) Part {
	var p Part
	here, there := tables.IntPatch(pr.Bridge), tables.PhysPatch(pr.Bridge)
	p.Put(
		plan.PatchPort{Bridge: tables.BridgeInt, Name: here, Peer: there},
		plan.PatchPort{Bridge: pr.Bridge, Name: there, Peer: here},
	)
	if pr.IntPort != 0 && !s.Host.MAC.IsZero() {
		p.Flow(toOwnHostMAC(pr.IntPort, s.Host.MAC, tables.ARPDVRMACToDstMACPhys))
	}
	if pr.PatchPort != 0 {
		p.Flow(base(pr.Bridge, tables.PhysClassify, tables.PrioPort, Match{InPort(pr.PatchPort)}, Goto{tables.PhysDVRProcess}))
	}
	return p
}
