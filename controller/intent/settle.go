package intent

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"weft/api"
)

// Settle makes and frees what follows from the rest of the state. It is run once at the end of a transaction and reads
// no more than what the transaction touched. What exists afterwards depends on the state only, not on how it came to be;
// which number a thing has got does depend on that, since it stays for the life of the thing.
//
// The steps run in the order in which they follow from each other: bindings → routers' gateways → bindings of what these
// moved → hosts' gateways → placements → segments.
func (o *Ops) Settle(tx *api.Txn) error {
	if len(tx.Changes()) == 0 {
		return nil
	}
	s := &settler{Ops: o, asked: askedFor(tx.Changes()), lacking: set[api.HostID]{}}
	settleBindings(tx)
	settleSubPorts(tx)
	for _, step := range [...]func(*api.Txn, *touched) error{
		settleFloating, settleRules, o.settleRouters, settleMoved, s.settleGateways, s.settlePlacements, s.settleSegments,
	} {
		t := touchedBy(tx.Changes())
		t.awaited(tx.View)
		if err := step(tx, t); err != nil {
			return err
		}
	}
	return s.settleLacks(tx)
}

// settleMoved decides anew which binding of a port is good, after routers' gateways have moved.
func settleMoved(tx *api.Txn, _ *touched) error {
	settleBindings(tx)
	return nil
}

// settleBindings decides which binding of a port is good.
func settleBindings(tx *api.Txn) {
	t := touchedBy(tx.Changes())
	t.remapped(tx.View)
	for _, id := range slices.Sorted(maps.Keys(t.ports)) {
		settlePort(tx, id)
	}
}

func settlePort(tx *api.Txn, id api.PortID) {
	if followsParent(tx.View, id) {
		settleSubPort(tx, id)
		return
	}
	p, ok := tx.Port(id)
	bindings := slices.Collect(tx.BindingsOf(id))
	if !ok {
		for _, b := range bindings {
			tx.Delete(b)
		}
		return
	}
	slices.SortFunc(bindings, func(a, b *api.Binding) int {
		return cmp.Or(a.Since.Compare(b.Since), strings.Compare(string(a.HostID), string(b.HostID)))
	})
	holder := holderOf(tx.View, p, bindings)
	if _, other := p.Other(holder); other {
		p = promote(tx, p, holder)
	}
	for _, b := range bindings {
		problem, standby := verdict(tx.View, p, b, holder)
		if b.Problem != problem || b.Standby != standby {
			next := *b
			next.Problem, next.Standby, next.Changed = problem, standby, tx.Next()
			tx.Put(&next)
		}
	}
}

// holderOf chooses the host that carries a port: the first that has it plugged and may. A further binding's host only
// does if the port was not asked to be anywhere and is nowhere else.
func holderOf(v api.View, p *api.Port, bindings []*api.Binding) (holder api.HostID) {
	if p.IsRouterInterface() || (p.IsCentralSNAT() || p.IsRouterGateway()) && p.HostID == "" {
		return ""
	}
	for _, b := range bindings {
		_, other := p.Other(b.HostID)
		switch {
		case p.HostID != "" && p.HostID != b.HostID, Unreachable(v, p, b.HostID) != "":
		case !other:
			return b.HostID
		case holder == "":
			holder = b.HostID
		}
	}
	return holder
}

// verdict says of a binding of a port, which holder carries, why it is no good, and whether it waits for the guest.
func verdict(v api.View, p *api.Port, b *api.Binding, holder api.HostID) (problem string, standby bool) {
	_, other := p.Other(b.HostID)
	switch why := Unreachable(v, p, b.HostID); {
	case p.IsRouterInterface(), b.HostID == holder: // a leg is on every host of its router
		return "", false
	case (p.IsCentralSNAT() || p.IsRouterGateway()) && p.HostID == "":
		return "the router has no gateway host", false
	case other:
		return why, why == ""
	case p.HostID != "" && p.HostID != b.HostID:
		return "port is asked to be on host " + string(p.HostID), false
	case why != "":
		return why, false
	}
	return "port is already bound on host " + string(holder), false
}

// Rule priorities are above those of the kernel's tables main (32766) and default (32767).
const (
	minRule = 32768
	maxRule = minRule + 40000
)

// settleRules gives each associated floating IP a rule priority that its router has not given to another.
func settleRules(tx *api.Txn, t *touched) error {
	for _, id := range slices.Sorted(maps.Keys(t.floating)) {
		f, ok := tx.FloatingIP(id)
		if !ok || (f.RouterID == "") == (f.RulePriority == 0) {
			continue
		}
		next := *f
		next.RulePriority = 0
		if f.RouterID != "" {
			prio, ok := pickBetween(minRule, maxRule, func(n uint32) bool {
				_, used := tx.FloatingIPByRule(f.RouterID, n)
				return used
			})
			if !ok {
				return api.Faultf(api.Conflict, "NoRulePriorityAvailable",
					"Router %s has no free rule priority for floating IP %s; use another router.", f.RouterID, f.ID)
			}
			next.RulePriority = prio
		}
		tx.Put(&next)
	}
	return nil
}
