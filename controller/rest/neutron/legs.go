package neutron

import (
	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

const maxLegs = 1000

// legs are the subnets that a router routes for.
func legs() wire.Kind[[]intent.LegRequest] {
	return wire.ListOf("router interface", maxLegs, toLeg, func(l intent.LegRequest) any {
		out := wire.Row{{"subnet_id", l.SubnetID}}
		if l.Addr.IsValid() {
			out = append(out, wire.Member{"ip_address", l.Addr.String()})
		}
		return out
	}).Of(wire.Shape(wire.Must("subnet_id", wire.UUID[api.SubnetID]().Schema), wire.May("ip_address", wire.Address().Schema)))
}

func toLeg(v any) (l intent.LegRequest, err error) {
	m, err := wire.Fields("router interface", v, []string{"subnet_id"}, "ip_address")
	if err != nil {
		return l, err
	}
	if l.SubnetID, err = wire.UUID[api.SubnetID]().Parse(m["subnet_id"]); err != nil {
		return l, err
	}
	if a := m["ip_address"]; a != nil {
		l.Addr, err = wire.ToAddr(a)
	}
	return l, err
}

func legsOf(s noun.Scope, r *api.Router) []intent.LegRequest { return intent.Legs(s.View, r.ID) }
