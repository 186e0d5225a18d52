package fip

import (
	"fmt"
	"strconv"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

// FloatingIP gives what one floating IP needs on the host: its route, rule and translation where it is served, and the
// answers to ARP for it wherever its network is a tunnelled one.
func FloatingIP(s *pipeline.Site, f *api.FloatingIP) pipeline.Part {
	var p pipeline.Part
	if sv, ok := Prepare(s, f); ok {
		p.Put(translated(sv)...)
	}
	sv, ok := Serve(s, f)
	if !ok {
		return p
	}
	switch {
	case sv.Host != s.Host.ID:
	case f.Central:
		p.Put(centralItems(s, sv)...)
	default:
		p.Put(items(s, sv)...)
	}
	if l, ok := s.Local(f.NetworkID); ok && l.Tunnelled() {
		p.Flow(answers(s, l, sv)...)
	}
	return p
}

func items(s *pipeline.Site, sv Service) []plan.Spec {
	nsF := pipeline.FloatingNS(sv.NetworkID)
	even, _ := sv.Pair.LinkLocalPrefixes()
	way := plan.Route{NS: nsF, Table: mainTable, Dst: pipeline.Host(sv.Addr), Via: even.Addr(), Dev: fpr(sv.Router.ID)}
	out := append([]plan.Spec{way}, translated(sv)...)
	return append(out, announced(s, sv, nsF, fg(sv.Gateway))...)
}

// announced tells the segment where the address is now. Before its port is plugged nobody would hear it.
func announced(s *pipeline.Site, sv Service, ns, dev string) []plan.Spec {
	of, ok := s.Here(sv.Gateway)
	if !ok {
		return nil
	}
	token := strconv.FormatUint(uint64(sv.Changed), 10) + " " + strconv.FormatUint(uint64(of), 10)
	return []plan.Spec{plan.Announce{NS: ns, Dev: dev, Addr: sv.Addr, Token: token}}
}

// translated is what a router needs to translate between a floating IP and the guest's address.
func translated(sv Service) []plan.Spec {
	nsR, ext, fixed := pipeline.RouterNS(sv.Router.ID), pipeline.Host(sv.Addr), pipeline.Host(sv.FixedIP)
	return []plan.Spec{
		plan.Rule{NS: nsR, Priority: sv.RulePriority, From: fixed, Table: floatingTable},
		plan.NAT{NS: nsR, Table: "nat", Chain: "PREROUTING",
			Rule: fmt.Sprintf("-d %s -i %s -j DNAT --to-destination %s", ext, rfp(sv.Router.ID), sv.FixedIP)},
		plan.NAT{NS: nsR, Table: "nat", Chain: chainFloat,
			Rule: fmt.Sprintf("-s %s -j SNAT --to-source %s", fixed, sv.Addr)},
		plan.Tracked{NS: nsR, Addr: sv.Addr, Fixed: sv.FixedIP},
	}
}

// answers gives the owner's MAC to those who ask for the floating IP. On the serving host its own port has heard them.
func answers(s *pipeline.Site, l pipeline.Local, sv Service) []pipeline.Flow {
	if _, ok := s.Alive(sv.Gateway); !ok {
		return nil
	}
	if sv.Host == s.Host.ID {
		return pipeline.Keep(tables.KindFIP, l, sv.Addr)
	}
	if _, ok := s.Away(sv.Gateway); !ok || s.VXLAN() == 0 {
		return nil
	}
	return []pipeline.Flow{pipeline.Answer(tables.KindFIP, l, sv.Addr, sv.Gateway.MAC)}
}
