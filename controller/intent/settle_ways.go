package intent

import (
	"slices"

	"weft/api"
)

// ways are the static routes from router to router: by the address of a leg on a network that both have a leg on. A packet
// is routed on the host that it comes from, by each router on its way, so all of these must be on that host.
type ways struct {
	tx      *api.Txn
	changed []api.Change
	to      map[api.RouterID]set[api.RouterID] // as it was and as it is: from a router to those that it routes by way of
	via     map[api.RouterID]set[api.RouterID] // as it is: from a router to those that route by way of it
}

func newWays(tx *api.Txn, changes []api.Change) *ways {
	return &ways{tx, changes, map[api.RouterID]set[api.RouterID]{}, map[api.RouterID]set[api.RouterID]{}}
}

// needs reports whether a router is to be on a host: for what is there, or because one is that routes by way of it,
// directly or not. Routers that route by way of each other alone do not hold each other there.
func (w *ways) needs(k routerOnHost) bool {
	if _, ok := w.tx.Host(k.host); !ok {
		return false
	}
	seen := set[api.RouterID]{k.router: true}
	for todo := []api.RouterID{k.router}; len(todo) > 0; todo = todo[1:] {
		if serves(w.tx, routerOnHost{k.host, todo[0]}) {
			return true
		}
		for r := range w.before(todo[0]) {
			if !seen[r] {
				seen[r] = true
				todo = append(todo, r)
			}
		}
	}
	return false
}

// follow adds to routers on hosts those that they route by way of, or did before the changes.
func (w *ways) follow(keys set[routerOnHost]) {
	todo := make([]routerOnHost, 0, len(keys))
	for k := range keys {
		todo = append(todo, k)
	}
	for ; len(todo) > 0; todo = todo[1:] {
		for r := range w.after(todo[0].router) {
			if next := (routerOnHost{todo[0].host, r}); !keys[next] {
				keys[next] = true
				todo = append(todo, next)
			}
		}
	}
}

// before gives the routers that route by way of one.
func (w *ways) before(id api.RouterID) set[api.RouterID] {
	if out, ok := w.via[id]; ok {
		return out
	}
	out := set[api.RouterID]{}
	for leg := range w.tx.LegsOf(id) {
		for _, f := range leg.FixedIPs {
			for other := range w.tx.LegsOnSubnet(f.SubnetID) {
				r, ok := w.tx.Router(api.RouterID(other.DeviceID))
				if ok && r.ID != id && slices.ContainsFunc(r.Routes, func(hr api.HostRoute) bool { return hr.NextHop == f.Addr }) {
					out[r.ID] = true
				}
			}
		}
	}
	w.via[id] = out
	return out
}

// after gives the routers that one routes by way of, or did.
func (w *ways) after(id api.RouterID) set[api.RouterID] {
	if out, ok := w.to[id]; ok {
		return out
	}
	out := set[api.RouterID]{}
	w.to[id] = out
	routes, subnets := w.routes(id), w.subnets(id)
	for _, hr := range routes {
		for s := range subnets {
			if leg, ok := w.tx.PortByAddr(s, hr.NextHop); ok && leg.IsRouterInterface() && leg.DeviceID != string(id) {
				out[api.RouterID(leg.DeviceID)] = true
			}
		}
	}
	return out
}

func (w *ways) routes(id api.RouterID) []api.HostRoute {
	var out []api.HostRoute
	if r, ok := w.tx.Router(id); ok {
		out = append(out, r.Routes...)
	}
	for r := range versionsOf[*api.Router](w.changed) {
		if r.ID == id {
			out = append(out, r.Routes...)
		}
	}
	return out
}

func (w *ways) subnets(id api.RouterID) set[api.SubnetID] {
	out := set[api.SubnetID]{}
	add := func(leg *api.Port) {
		for _, f := range leg.FixedIPs {
			out[f.SubnetID] = true
		}
	}
	for leg := range w.tx.LegsOf(id) {
		add(leg)
	}
	for p := range versionsOf[*api.Port](w.changed) {
		if p.IsRouterInterface() && p.DeviceID == string(id) {
			add(p)
		}
	}
	return out
}
