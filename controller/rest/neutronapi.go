package rest

import (
	"maps"
	"slices"

	"weft/controller/intent"
)

// actions are what Neutron's API has besides resources.
type actions struct{ *service }

// neutronRoutes are the paths under /v2.0 that are no resource's own, in the order of the documents.
func neutronRoutes(work *service) []route {
	s := &actions{work}
	return slices.Concat(s.actionRoutes(), s.trunkRoutes(), s.portBindingRoutes(), s.portForwardingRoutes(), s.poolRoutes(),
		s.quotaRoutes(), s.topologyRoutes(), s.agentRoutes())
}

// coreResources are networks with what is on them, routers and floating IPs, in the order in which one may refer to another.
func coreResources(ops *intent.Ops) []resource {
	return []resource{networks(ops), addressScopes(ops), subnetPools(ops), subnets(ops), ports(ops), routers(ops), floatingIPs(ops)}
}

// furtherResources are those that may refer to the core's, and what only follows from others.
func furtherResources(ops *intent.Ops) []resource {
	return []resource{
		trunks(ops), rbacPolicies(ops), agents(ops), availabilityZones(), serviceProviders(), ipAvailabilities(), floatingPools(),
	}
}

// parts are the resources whose collections are below the objects of others.
func parts(ops *intent.Ops) []resource {
	return []resource{portBindings(ops, ""), portForwardings(ops, "")}
}

// neutronExchanges are what the paths of neutronRoutes take and give.
func neutronExchanges() map[string]exchange {
	out := map[string]exchange{}
	for _, part := range []map[string]exchange{
		routerExchanges(), trunkExchanges(), poolExchanges(), quotaExchanges(), topologyExchanges(), agentExchanges(),
	} {
		maps.Copy(out, part)
	}
	return out
}
