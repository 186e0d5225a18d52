package api

import "net/netip"

// tallies is the table of counts that are asked for often. They follow from the objects: no Change tells of them.
const tallies Kind = "tally"

type tally struct {
	key string
	n   int
}

// Ref implements Object.
func (t *tally) Ref() Ref { return Ref{tallies, t.key} }

// CountOfProject is how many OfProject yields, without a look at them.
func (v View) CountOfProject(k Kind, project string) int { return v.counted(ownedKey(k, project)) }

// GatewaysOn is how many routers RoutersGatedOn yields, without a look at them.
func (v View) GatewaysOn(h HostID) int { return v.counted(gatewaysKey(h)) }

// UsedIn is how many addresses of a block ports have on a subnet. A block is all addresses that differ in the last
// byte or in the last two; of other prefixes nothing is known.
func (v View) UsedIn(s SubnetID, block netip.Prefix) int { return v.counted(usedKey(s, block)) }

// AddressesOn is how many addresses ports have on a subnet.
func (v View) AddressesOn(s SubnetID) int { return v.counted(addressesKey(s)) }

func (v View) counted(key string) int {
	if t, ok := first[*tally](v, tallies, byID, key); ok {
		return t.n
	}
	return 0
}

func ownedKey(k Kind, project string) string { return string(k) + "/" + project }

func gatewaysKey(h HostID) string { return "gated/" + string(h) }

func addressesKey(s SubnetID) string { return "addresses/" + string(s) }

func usedKey(s SubnetID, block netip.Prefix) string {
	return "used/" + block.String() + "/" + string(s)
}

// count keeps the tallies when next takes the place of before; nil stands for none.
func (t *Txn) count(before, next Object) { counts(before, next, t.tally) }

// counts tells what tallies change by when next takes the place of before; nil stands for none.
func counts(before, next Object, tally func(key string, by int)) {
	was, had := before.(Described)
	is, has := next.(Described)
	if !had || !has || was.Standard().ProjectID != is.Standard().ProjectID {
		if had {
			tally(ownedKey(before.Ref().Kind, was.Standard().ProjectID), -1)
		}
		if has {
			tally(ownedKey(next.Ref().Kind, is.Standard().ProjectID), 1)
		}
	}
	countGateways(before, next, tally)
	p, _ := before.(*Port)
	q, _ := next.(*Port)
	if p != nil || q != nil {
		countAddresses(p, q, tally)
	}
}

// countGateways counts the routers whose gateway a host has.
func countGateways(before, next Object, tally func(key string, by int)) {
	on := func(o Object) (HostID, bool) {
		r, ok := o.(*Router)
		if !ok || r.Gateway == nil {
			return "", false
		}
		return r.Gateway.HostID, true
	}
	was, had := on(before)
	is, has := on(next)
	if had == has && was == is {
		return
	}
	if had {
		tally(gatewaysKey(was), -1)
	}
	if has {
		tally(gatewaysKey(is), 1)
	}
}

// countAddresses counts those of a port that are new, and those that go.
func countAddresses(before, next *Port, tally func(key string, by int)) {
	by := map[string]int{}
	note := func(p *Port, n int) {
		if p == nil {
			return
		}
		for _, f := range p.FixedIPs {
			by[addressesKey(f.SubnetID)] += n
			for _, free := range [...]int{8, 16} {
				if block, err := f.Addr.Prefix(f.Addr.BitLen() - free); err == nil {
					by[usedKey(f.SubnetID, block)] += n
				}
			}
		}
	}
	note(before, -1)
	note(next, 1)
	for key, n := range by {
		if n != 0 {
			tally(key, n)
		}
	}
}

func (t *Txn) tally(key string, by int) {
	next := &tally{key: key, n: t.counted(key) + by}
	if next.n == 0 { // or what once was would be kept for ever
		t.Delete(next)
	} else {
		t.Put(next)
	}
}
