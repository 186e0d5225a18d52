package intent

import (
	"cmp"
	"slices"

	"weft/api"
)

// Legs lists the subnets that a router is on, in the order of their ids, each with its address there; the gateway address
// of a subnet is left out, as in a request.
func Legs(v api.View, id api.RouterID) []LegRequest {
	var out []LegRequest
	for p := range v.LegsOf(id) {
		for _, f := range p.FixedIPs {
			leg := LegRequest{SubnetID: f.SubnetID, Addr: f.Addr}
			if s, ok := v.Subnet(f.SubnetID); ok {
				leg = leg.short(s)
			}
			out = append(out, leg)
		}
	}
	slices.SortFunc(out, func(a, b LegRequest) int { return cmp.Compare(a.SubnetID, b.SubnetID) })
	return out
}

// short leaves the address out if it is the subnet's gateway address.
func (l LegRequest) short(s *api.Subnet) LegRequest {
	if l.Addr == s.GatewayIP {
		return LegRequest{SubnetID: l.SubnetID}
	}
	return l
}

// setLegs gives a router exactly these legs. Those that it has already stay as they are.
func (o *Ops) setLegs(tx *api.Txn, r *api.Router, wanted Opt[[]LegRequest]) error {
	if !wanted.Set {
		return nil
	}
	want := slices.Clone(wanted.Or(nil))
	for i, l := range want {
		s, err := subnet(tx.View, l.SubnetID)
		if err != nil {
			return err
		}
		want[i] = l.short(s)
	}
	free := *r
	free.Routes = nil // they are checked when all legs are as they should be
	have := Legs(tx.View, r.ID)
	for _, l := range have {
		if !slices.Contains(want, l) {
			if _, err := o.removeLeg(tx, &free, InterfaceRequest{SubnetID: l.SubnetID}); err != nil {
				return err
			}
		}
	}
	for _, l := range want {
		if slices.Contains(have, l) {
			continue
		}
		if err := o.wantLeg(tx, r, l); err != nil {
			return err
		}
	}
	return nil
}

func (o *Ops) wantLeg(tx *api.Txn, r *api.Router, l LegRequest) error {
	if !l.Addr.IsValid() {
		_, err := o.addSubnet(tx, r, l.SubnetID)
		return err
	}
	s, err := subnet(tx.View, l.SubnetID)
	if err == nil {
		_, err = o.addLeg(tx, r, s, l.Addr)
	}
	return err
}
