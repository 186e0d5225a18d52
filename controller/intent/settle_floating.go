package intent

import (
	"maps"
	"reflect"
	"slices"

	"weft/api"
)

// settleFloating decides which floating IPs the gateway hosts serve, and notes when what a floating IP stands for changed.
func settleFloating(tx *api.Txn, t *touched) error {
	check := set[api.FloatingIPID]{}
	maps.Copy(check, t.floating)
	of := func(id api.PortID) {
		for f := range tx.FloatingIPsOfPort(id) {
			check[f.ID] = true
		}
	}
	for id := range t.ports {
		of(id)
		for _, p := range t.versionsOfPort(tx.View, id) {
			for _, holder := range spokenFor(tx, p) {
				of(holder)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(check)) {
		if f, ok := tx.FloatingIP(id); ok && f.Central != isCentral(tx, f) {
			next := *f
			next.Central = !f.Central
			tx.Put(&next)
		}
	}
	for _, c := range tx.Changes() {
		before, _ := c.Before.(*api.FloatingIP)
		after, ok := c.After.(*api.FloatingIP)
		if ok && after.Changed != tx.Next() && !reflect.DeepEqual(stands(before), stands(after)) {
			next := *after
			next.Changed = tx.Next()
			tx.Put(&next)
		}
	}
	return nil
}

// stands is what a floating IP stands for.
func stands(f *api.FloatingIP) any {
	if f == nil || f.RouterID == "" {
		return nil
	}
	return []any{f.PortID, f.FixedIP, f.RouterID, f.Central, f.Forwards}
}

// spokenFor lists the ports with an address that a port has an allowed pair of.
func spokenFor(tx *api.Txn, p *api.Port) (out []api.PortID) {
	for _, ap := range p.AllowedAddressPairs {
		if !ap.Prefix.IsSingleIP() {
			continue
		}
		for s := range tx.SubnetsOf(p.NetworkID) {
			if q, ok := tx.PortByAddr(s.ID, ap.Prefix.Addr()); ok {
				out = append(out, q.ID)
			}
		}
	}
	return out
}

// isCentral reports whether the router's gateway host serves a floating IP: one with port forwardings, one for the router's
// own leg, which is on many hosts, or one for an address that others may have, whose own port is plugged in nowhere and not
// asked to be.
func isCentral(tx *api.Txn, f *api.FloatingIP) bool {
	if len(f.Forwards) > 0 {
		return true
	}
	p, ok := tx.Port(f.PortID)
	if ok && p.IsRouterInterface() {
		return true
	}
	if !ok || len(hostsAskedFor(p)) > 0 {
		return false
	}
	for range tx.BindingsOf(p.ID) {
		return false
	}
	for range tx.PortsWithPair(p.NetworkID, f.FixedIP) {
		return true
	}
	return false
}
