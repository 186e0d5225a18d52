package intent

import (
	"errors"
	"slices"
	"strings"

	"weft/api"
)

// settler is one run of Settle.
type settler struct {
	*Ops
	asked   bool // a person asked for the change, and is told what cannot be
	lacking set[api.HostID]
}

// askedFor reports whether a transaction is more than what agents report: those cannot be refused, since what they say is so.
func askedFor(cs []api.Change) bool {
	return slices.ContainsFunc(cs, func(c api.Change) bool {
		switch c.Ref().Kind {
		case api.KindHost, api.KindBinding:
			return false
		case api.KindPort:
			return !movedItself(c)
		}
		return true
	})
}

// movedItself reports whether a port changed because its guest went elsewhere: what is asked for counts its revisions.
func movedItself(c api.Change) bool {
	before, was := c.Before.(*api.Port)
	after, is := c.After.(*api.Port)
	return was && is && before.RevisionNumber == after.RevisionNumber
}

// excuse takes a lack on a host as a fact, unless it is new and somebody asked for what brings it about.
func (s *settler) excuse(tx *api.Txn, host api.HostID, err error) error {
	var f *api.Fault
	if !errors.As(err, &f) {
		return err
	}
	h, ok := tx.Host(host)
	if !ok || s.asked && !strings.Contains(h.Lack, f.Message) {
		return err
	}
	s.lacking[host] = true
	return nil
}

// settleLacks looks at the whole of each host that lacks something: does it still?
func (s *settler) settleLacks(tx *api.Txn) error {
	if freed(tx.Changes()) {
		for h := range tx.LackingHosts() {
			s.lacking[h.ID] = true
		}
	}
	for _, id := range sortedKeys(s.lacking, func(a, b api.HostID) int { return strings.Compare(string(a), string(b)) }) {
		h, ok := tx.Host(id)
		if !ok {
			continue
		}
		lack, err := s.lacks(tx, id)
		if err != nil {
			return err
		}
		if lack != h.Lack {
			next := *h
			next.Lack = lack
			tx.Put(&next)
		}
	}
	return nil
}

// freed reports whether a transaction may have made room: something went, or a subnet's pools changed.
func freed(cs []api.Change) bool {
	return slices.ContainsFunc(cs, func(c api.Change) bool {
		k := c.Ref().Kind
		return c.After == nil || k == api.KindSubnet || k == api.KindPort || k == api.KindHost || k == api.KindFloatingIP
	})
}

// lacks tries to give a host all that it should have, and says what cannot be.
func (s *settler) lacks(tx *api.Txn, id api.HostID) (string, error) {
	var msgs []string
	note := func(err error) error {
		var f *api.Fault
		if errors.As(err, &f) {
			msgs = append(msgs, f.Message)
			return nil
		}
		return err
	}
	all := wholeHost(tx, id)
	for _, k := range sortedKeys(all.gateways, compareNetOnHost) {
		if err := note(s.settleGateway(tx, k, touchedBy(nil))); err != nil {
			return "", err
		}
		all.segments[k] = true
	}
	w := newWays(tx, tx.Changes())
	w.follow(all.placements)
	for _, k := range sortedKeys(all.placements, compareRouterOnHost) {
		if err := note(settlePlacement(tx, w, k)); err != nil {
			return "", err
		}
		for leg := range tx.LegsOf(k.router) {
			all.segments[netOnHost{id, leg.NetworkID}] = true
		}
	}
	for _, k := range sortedKeys(all.segments, compareNetOnHost) {
		if err := note(settleSegment(tx, k)); err != nil {
			return "", err
		}
	}
	slices.Sort(msgs)
	return strings.Join(slices.Compact(msgs), " "), nil
}

// onHost is what might be on a host.
type onHost struct {
	gateways, segments set[netOnHost]
	placements         set[routerOnHost]
}

func wholeHost(tx *api.Txn, id api.HostID) onHost {
	all := onHost{set[netOnHost]{}, set[netOnHost]{}, set[routerOnHost]{}}
	take := func(p *api.Port) {
		all.segments[netOnHost{id, p.NetworkID}] = true
		for f := range tx.FloatingIPsOfPort(p.ID) {
			all.gateways[netOnHost{id, f.NetworkID}] = true
		}
		for _, f := range p.FixedIPs {
			for leg := range tx.LegsOnSubnet(f.SubnetID) {
				all.placements[routerOnHost{id, api.RouterID(leg.DeviceID)}] = true
			}
		}
	}
	for b := range tx.BindingsOn(id) {
		if p, ok := tx.Port(b.PortID); ok {
			take(p)
		}
	}
	for p := range tx.PortsAskedOn(id) {
		take(p)
	}
	for p := range tx.PortsExpectedOn(id) {
		take(p)
	}
	return all
}
