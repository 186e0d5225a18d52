package rest

import (
	"slices"

	"weft/api"
	"weft/controller/intent"
)

// views are how operators look into hosts and at the whole.
type views struct {
	*service
	Keeper Keeper // optional
}

// operatorRoutes are the paths under /v1 that are no resource's own, in the order of the documents.
func operatorRoutes(work *service, k Keeper) []route {
	s := &views{work, k}
	return slices.Concat(s.hostRoutes(), s.checkRoutes(), s.traceRoutes(), s.backupRoutes())
}

// operatorResources are hosts and what else only operators have. joinToken makes what goes to a new host of its secret.
func operatorResources(ops *intent.Ops, joinToken func(api.HostID, string) string) []resource {
	return []resource{hosts(ops, joinToken), vteps(ops)}
}
