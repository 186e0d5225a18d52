package operator

import (
	"slices"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/backend"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
)

// views are how operators look into hosts and at the whole.
type views struct {
	*request.Service
	Keeper backend.Keeper // optional
}

// Routes are the paths under /v1 that are no resource's own, in the order of the documents.
func Routes(work *request.Service, k backend.Keeper) []request.Route {
	s := &views{work, k}
	return slices.Concat(s.hostRoutes(), s.checkRoutes(), s.traceRoutes(), s.backupRoutes())
}

// Resources are hosts and what else only operators have. joinToken makes what goes to a new host of its secret.
func Resources(ops *intent.Ops, joinToken func(api.HostID, string) string) []noun.Resource {
	return []noun.Resource{hosts(ops, joinToken), vteps(ops)}
}
