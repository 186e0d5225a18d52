package intent

import (
	"slices"

	"weft/api"
)

// AddExtraRoutes adds routes to a router's; those that it has already stay as they are.
func (o *Ops) AddExtraRoutes(tx *api.Txn, id api.RouterID, routes []api.HostRoute) (*api.Router, error) {
	r, err := router(tx.View, id)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(r.Routes)
	for _, route := range maskRoutes(routes) {
		if !slices.Contains(all, route) {
			all = append(all, route)
		}
	}
	return o.UpdateRouter(tx, id, RouterRequest{Routes: Some(all)})
}

// RemoveExtraRoutes removes routes from a router's; those that it does not have are no error.
func (o *Ops) RemoveExtraRoutes(tx *api.Txn, id api.RouterID, routes []api.HostRoute) (*api.Router, error) {
	r, err := router(tx.View, id)
	if err != nil {
		return nil, err
	}
	gone := maskRoutes(routes)
	rest := slices.DeleteFunc(slices.Clone(r.Routes), func(have api.HostRoute) bool { return slices.Contains(gone, have) })
	return o.UpdateRouter(tx, id, RouterRequest{Routes: Some(rest)})
}
