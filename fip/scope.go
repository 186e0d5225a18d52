package fip

import (
	"cmp"
	"fmt"
	"slices"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
)

// scopes gives what address scopes mean on a router's gateway host. Between a subnet and an external network of one scope
// addresses are good on both sides, so they are not translated. Into a subnet of another scope, or of none, nothing from
// outside begins a connection, unless to a floating IP.
func scopes(s *pipeline.Site, r *api.Router) []plan.Spec {
	out, ok := s.Port(r.Gateway.PortID)
	if !ok {
		return nil
	}
	legs := slices.SortedFunc(s.CentralPortsOf(r.ID), func(a, b *api.Port) int { return cmp.Compare(a.ID, b.ID) })
	specs := scopes6(s, r, out, legs)
	outer, sub := s.ScopeOfPort(out, false)
	if sub == nil {
		return specs
	}
	for _, leg := range legs {
		inner, sub := s.ScopeOfPort(leg, false)
		switch {
		case sub == nil || inner == "" && outer == "":
		case inner == outer:
			specs = append(specs, untranslated(r, sub, qg(out)))
		default:
			specs = append(specs, blocked(r, sg(leg), qg(out)))
		}
	}
	return specs
}

// scopes6 keeps an IPv6 subnet of one scope from an external network of another: nothing is translated between the two, so
// nothing passes, either way.
func scopes6(s *pipeline.Site, r *api.Router, out *api.Port, legs []*api.Port) []plan.Spec {
	outer, sub := s.ScopeOfPort(out, true)
	if sub == nil {
		return nil
	}
	var specs []plan.Spec
	for _, leg := range legs {
		inner, sub := s.ScopeOfPort(leg, true)
		if sub == nil || inner == outer {
			continue
		}
		for _, way := range [][2]string{{sg(leg), qg(out)}, {qg(out), sg(leg)}} {
			specs = append(specs, plan.NAT{NS: pipeline.CentralNS(r.ID), Table: "filter", Chain: "FORWARD", Six: true,
				Rule: fmt.Sprintf("-i %s -o %s -j DROP", way[0], way[1])})
		}
	}
	return specs
}

// untranslated comes before the rule that translates.
func untranslated(r *api.Router, sub *api.Subnet, dev string) plan.Spec {
	return plan.NAT{NS: pipeline.CentralNS(r.ID), Table: "nat", Chain: chainSNAT, Order: -1,
		Rule: fmt.Sprintf("-s %s -o %s -j ACCEPT", sub.CIDR.Masked(), dev)}
}

// blocked lets answers through, and what was translated to a guest.
func blocked(r *api.Router, in, out string) plan.Spec {
	return plan.NAT{NS: pipeline.CentralNS(r.ID), Table: "filter", Chain: "FORWARD",
		Rule: fmt.Sprintf("-i %s -o %s -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP", out, in)}
}
