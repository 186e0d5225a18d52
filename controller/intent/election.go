package intent

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"weft/api"
)

// election chooses gateway hosts in one transaction. It counts each host's gateways once.
type election struct {
	tx   *api.Txn
	load map[api.HostID]int
}

// elect chooses the host of a router's gateway: the one that it has, as long as that lives, takes gateways and can carry
// the external network, so that a host which comes back takes nothing back; else the one with the fewest gateways that
// lives and, if there is such a one, carries the networks behind the router too. A host that is dead, or takes no gateways
// any more, keeps those that nobody else can take.
//
// A host that is cut off cannot be told to stop, so it keeps the gateway whatever else is wanted; and one that had it,
// counted as dead and turns out to be at work without ever having been told is given it again. Others can be told.
func (e *election) elect(r *api.Router) (api.HostID, bool) {
	n, ok := e.tx.Network(r.Gateway.NetworkID)
	if !ok {
		return "", false
	}
	have, ok := e.tx.Host(r.Gateway.HostID)
	fits := ok && have.Carries(n)
	if fits && have.Life() == api.CutOff {
		return have.ID, true
	}
	if left, ok := e.tx.Host(r.Gateway.Left); ok && left.Life() == api.CutOff && left.Carries(n) {
		return left.ID, true
	}
	if fits && have.Alive() && !have.NoGateways {
		return have.ID, true
	}
	best, found := e.best(r, n, "")
	if fits && (!found || !best.Alive()) {
		return have.ID, true
	}
	if !found {
		return "", false
	}
	return best.ID, true
}

// best gives the best host for a router's gateway on a network, but for one.
func (e *election) best(r *api.Router, n *api.Network, but api.HostID) (best *api.Host, found bool) {
	behind := e.behind(r)
	for h := range e.tx.Hosts() {
		if h.ID != but && h.Carries(n) && !h.NoGateways && (best == nil || e.better(behind, h, best)) {
			best = h
		}
	}
	return best, best != nil
}

// behind lists the networks behind a router that not every host carries.
func (e *election) behind(r *api.Router) (out []*api.Network) {
	for leg := range e.tx.LegsOf(r.ID) {
		if n, ok := e.tx.Network(leg.NetworkID); ok && !n.Tunnelled() {
			out = append(out, n)
		}
	}
	return out
}

// better reports whether a is a better gateway host than b for a router with networks behind it. Of equal ones the first by
// name counts.
func (e *election) better(behind []*api.Network, a, b *api.Host) bool {
	if a.Alive() != b.Alive() {
		return a.Alive()
	}
	return cmp.Or(
		cmp.Compare(missing(behind, a), missing(behind, b)),
		cmp.Compare(e.gateways(a.ID), e.gateways(b.ID)),
		strings.Compare(string(a.ID), string(b.ID)),
	) < 0
}

// missing counts the networks that a host cannot carry.
func missing(behind []*api.Network, h *api.Host) (count int) {
	for _, n := range behind {
		if !h.Carries(n) {
			count++
		}
	}
	return count
}

func (e *election) gateways(h api.HostID) int {
	count, known := e.load[h]
	if !known {
		count = e.tx.GatewaysOn(h)
		e.load[h] = count
	}
	return count
}

// moved keeps the counts right. The state has the move already, so only hosts that were counted before it are adjusted.
func (e *election) moved(from, to api.HostID) {
	if _, known := e.load[from]; known {
		e.load[from]--
	}
	if _, known := e.load[to]; known {
		e.load[to]++
	}
}

// MoveGateway moves a router's gateway to another host, which must live and carry the external network. It stays there.
func (o *Ops) MoveGateway(tx *api.Txn, id api.RouterID, to api.HostID) (*api.Router, error) {
	prev, err := router(tx.View, id)
	if err != nil {
		return nil, err
	}
	h, err := host(tx.View, to)
	if err != nil {
		return nil, err
	}
	if prev.Gateway == nil {
		return nil, badRequest("router", "Router %s has no external gateway", id)
	}
	n, err := network(tx.View, prev.Gateway.NetworkID)
	if err != nil {
		return nil, err
	}
	if err := mayLeave(tx.View, prev, to); err != nil {
		return nil, err
	}
	switch {
	case !h.Alive():
		return nil, api.Faultf(api.Conflict, "GatewayHostUnsuitable", "Host %s is down; choose another host.", to)
	case h.NoGateways:
		return nil, api.Faultf(api.Conflict, "GatewayHostUnsuitable", "Host %s takes no gateways; choose another host, or let it.", to)
	case !h.Carries(n):
		return nil, api.Faultf(api.Conflict, "GatewayHostUnsuitable",
			"Host %s cannot carry external network %s; choose a host that maps its physical network.", to, n.ID)
	}
	return o.gatewayTo(tx, prev, to), nil
}

// mayLeave refuses to take a router's gateway from a host that cannot be told and works on: two hosts would have the
// router's address outside.
func mayLeave(v api.View, r *api.Router, to api.HostID) error {
	h, ok := v.Host(r.Gateway.HostID)
	if !ok || h.ID == to || h.Life() != api.CutOff {
		return nil
	}
	return api.Faultf(api.Conflict, "GatewayHostCutOff", "Host %s has the gateway, works, and cannot be reached from the "+
		"controller, so it would go on as the gateway; bring its connection back, or power it off: then the gateway moves.", h.ID)
}

// handOver makes another host the gateway host. One that counts as dead is remembered, since nobody told it.
func handOver(v api.View, gw *api.Gateway, to api.HostID) {
	if h, ok := v.Host(gw.HostID); ok && gw.HostID != to && !h.Alive() {
		gw.Left = h.ID
	}
	gw.HostID = to
	if h, ok := v.Host(gw.Left); !ok || h.Alive() || gw.Left == to {
		gw.Left = ""
	}
}

func (o *Ops) gatewayTo(tx *api.Txn, prev *api.Router, to api.HostID) *api.Router {
	r, gw := *prev, *prev.Gateway
	handOver(tx.View, &gw, to)
	r.Gateway = &gw
	o.save(tx, prev, &r, &r.Meta)
	return &r
}

// LeaveGateway moves a router's gateway from a host to the best other one, and refuses if no other that lives can take it.
func (o *Ops) LeaveGateway(tx *api.Txn, id api.RouterID, from api.HostID) (*api.Router, error) {
	r, err := router(tx.View, id)
	if err != nil {
		return nil, err
	}
	if r.GatewayHost() != from || from == "" {
		return nil, api.Faultf(api.Conflict, "RouterNotHostedByL3Agent",
			"The router %s is not hosted by an L3 agent that could give it up: host %s routes for its own guests alone.", id, from)
	}
	n, err := network(tx.View, r.Gateway.NetworkID)
	if err != nil {
		return nil, err
	}
	if err := mayLeave(tx.View, r, ""); err != nil {
		return nil, err
	}
	e := &election{tx: tx, load: map[api.HostID]int{}}
	to, found := e.best(r, n, from)
	if !found || !to.Alive() {
		return nil, api.Faultf(api.Conflict, "RouterReschedulingFailed",
			"Failed rescheduling router %s: no other host that lives can carry external network %s.", id, n.ID)
	}
	return o.gatewayTo(tx, r, to.ID), nil
}

// SetLives notes what is known of hosts' lives from now on. Hosts of which that is known already, or that are gone, are
// left alone.
func (o *Ops) SetLives(tx *api.Txn, lives map[api.HostID]api.Life) {
	for _, id := range slices.Sorted(maps.Keys(lives)) {
		prev, ok := tx.Host(id)
		if !ok || prev.Life() == lives[id] {
			continue
		}
		h := *prev
		h.Answers = lives[id] == api.CutOff
		switch {
		case lives[id] == api.Connected:
			h.Down = time.Time{}
		case h.Alive():
			h.Down = o.now()
		}
		tx.Put(&h)
	}
}
