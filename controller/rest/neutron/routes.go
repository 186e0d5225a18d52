package neutron

import (
	"maps"
	"slices"

	"weft/controller/intent"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
)

// actions are what Neutron's API has besides resources.
type actions struct{ *request.Service }

// Routes are the paths under /v2.0 that are no resource's own, in the order of the documents.
func Routes(work *request.Service) []request.Route {
	s := &actions{work}
	return slices.Concat(s.actionRoutes(), s.trunkRoutes(), s.portBindingRoutes(), s.portForwardingRoutes(), s.poolRoutes(),
		s.quotaRoutes(), s.topologyRoutes(), s.agentRoutes())
}

// Core are networks with what is on them, routers and floating IPs, in the order in which one may refer to another.
func Core(ops *intent.Ops) []noun.Resource {
	return []noun.Resource{networks(ops), addressScopes(ops), subnetPools(ops), subnets(ops), ports(ops), routers(ops), floatingIPs(ops)}
}

// Further are those that may refer to the core's, and what only follows from others.
func Further(ops *intent.Ops) []noun.Resource {
	return []noun.Resource{
		trunks(ops), rbacPolicies(ops), agents(ops), availabilityZones(), serviceProviders(), ipAvailabilities(), floatingPools(),
	}
}

// Parts are the resources whose collections are below the objects of others.
func Parts(ops *intent.Ops) []noun.Resource {
	return []noun.Resource{portBindings(ops, ""), portForwardings(ops, "")}
}

// Exchanges are what the paths of neutronRoutes take and give.
func Exchanges() map[string]request.Exchange {
	out := map[string]request.Exchange{}
	for _, part := range []map[string]request.Exchange{
		routerExchanges(), trunkExchanges(), poolExchanges(), quotaExchanges(), topologyExchanges(), agentExchanges(),
	} {
		maps.Copy(out, part)
	}
	return out
}
