package dvr

import (
	"cmp"
	"fmt"
	"slices"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
)

// apart keeps the subnets of one address scope from those of another, and from those of none: an address means something
// else there. Routers whose legs are all of one scope, or of none, need no rules.
func apart(s *pipeline.Site, r *api.Router) []plan.Spec {
	legs := slices.SortedFunc(s.LegsOf(r.ID), func(a, b *api.Port) int { return cmp.Compare(a.ID, b.ID) })
	var out []plan.Spec
	for _, from := range legs {
		for _, to := range legs {
			for _, six := range []bool{false, true} {
				x, known := s.ScopeOfPort(from, six)
				y, other := s.ScopeOfPort(to, six)
				if known == nil || other == nil || x == y {
					continue
				}
				out = append(out, plan.NAT{
					NS: pipeline.RouterNS(r.ID), Table: "filter", Chain: "FORWARD", Six: six,
					Rule: fmt.Sprintf("-i %s -o %s -j DROP", device(from), device(to)),
				})
			}
		}
	}
	return out
}

func device(leg *api.Port) string { return pipeline.Device(pipeline.LegDevice, leg.ID) }
