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

// elect chooses the host of a router's gateway: the one that it has, as long as that lives and can carry the external
// network, so that a host which comes back takes nothing back; else the one with the fewest gateways that lives and, if
// there is such a one, carries the networks behind the router too. A dead host keeps its gateways if nobody can take them.
func (e *election) elect(r *api.Router) (api.HostID, bool) {
	n, ok := e.tx.Network(r.Gateway.NetworkID)
	if !ok {
		return "", false
	}
	have, ok := e.tx.Host(r.Gateway.HostID)
	fits := ok && have.Carries(n)
	if fits && have.Alive() {
		return have.ID, true
	}
	var best *api.Host
	for h := range e.tx.Hosts() {
		if h.Carries(n) && (best == nil || e.better(r, h, best)) {
			best = h
		}
	}
	switch {
	case best == nil:
		return "", false
	case fits && !best.Alive():
		return have.ID, true
	}
	return best.ID, true
}

// better reports whether a is a better gateway host than b. Of equal ones the first by name counts.
func (e *election) better(r *api.Router, a, b *api.Host) bool {
	if a.Alive() != b.Alive() {
		return a.Alive()
	}
	return cmp.Or(
		cmp.Compare(e.missing(r, a), e.missing(r, b)),
		cmp.Compare(e.gateways(a.ID), e.gateways(b.ID)),
		strings.Compare(string(a.ID), string(b.ID)),
	) < 0
}

// missing counts the networks behind a router that a host cannot carry.
func (e *election) missing(r *api.Router, h *api.Host) (count int) {
	for leg := range e.tx.LegsOf(r.ID) {
		if n, ok := e.tx.Network(leg.NetworkID); ok && !h.Carries(n) {
			count++
		}
	}
	return count
}

func (e *election) gateways(h api.HostID) int {
	count, known := e.load[h]
	if known {
		return count
	}
	for range e.tx.RoutersGatedOn(h) {
		count++
	}
	e.load[h] = count
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
	switch {
	case !h.Alive():
		return nil, api.Faultf(api.Conflict, "GatewayHostUnsuitable", "Host %s is down; choose another host.", to)
	case !h.Carries(n):
		return nil, api.Faultf(api.Conflict, "GatewayHostUnsuitable",
			"Host %s cannot carry external network %s; choose a host that maps its physical network.", to, n.ID)
	}
	r, gw := *prev, *prev.Gateway
	gw.HostID = to
	r.Gateway = &gw
	o.save(tx, prev, &r, &r.Meta)
	return &r, nil
}

// SetAlive notes that hosts count as dead from now on, or live again. Hosts for which that is known already, or that are
// gone, are left alone.
func (o *Ops) SetAlive(tx *api.Txn, alive map[api.HostID]bool) {
	for _, id := range slices.Sorted(maps.Keys(alive)) {
		prev, ok := tx.Host(id)
		if !ok || prev.Alive() == alive[id] {
			continue
		}
		h := *prev
		h.Down = time.Time{}
		if !alive[id] {
			h.Down = o.now()
		}
		tx.Put(&h)
	}
}
