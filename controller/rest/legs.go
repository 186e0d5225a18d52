package rest

import (
	"weft/api"
	"weft/controller/intent"
)

const maxLegs = 1000

// legs are the subnets that a router routes for.
func legs() kind[[]intent.LegRequest] {
	return listOf("router interface", maxLegs, toLeg, func(l intent.LegRequest) any {
		out := row{{"subnet_id", l.SubnetID}}
		if l.Addr.IsValid() {
			out = append(out, member{"ip_address", l.Addr.String()})
		}
		return out
	}).of(shape(must("subnet_id", uuid[api.SubnetID]().schema), may("ip_address", address().schema)))
}

func toLeg(v any) (l intent.LegRequest, err error) {
	m, err := fields("router interface", v, []string{"subnet_id"}, "ip_address")
	if err != nil {
		return l, err
	}
	if l.SubnetID, err = uuid[api.SubnetID]().parse(m["subnet_id"]); err != nil {
		return l, err
	}
	if a := m["ip_address"]; a != nil {
		l.Addr, err = toAddr(a)
	}
	return l, err
}

func legsOf(s scope, r *api.Router) []intent.LegRequest { return intent.Legs(s.view, r.ID) }
