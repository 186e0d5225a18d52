package cloud

import (
	"fmt"

	"weft/api"
)

// Pool puts a subnet into a pool of its own that is in an address scope; "" is none.
func (b Builder) Pool(id api.SubnetID, scope api.AddressScopeID) {
	s, ok := b.View.Subnet(id)
	if !ok {
		panic("no subnet " + id)
	}
	next := *s
	next.SubnetPoolID = api.SubnetPoolID("pool-" + id)
	b.Put(&next)
	if scope != "" {
		b.Put(&api.AddressScope{ID: scope, IPVersion: 4})
	}
	p := &api.SubnetPool{ID: next.SubnetPoolID, AddressScopeID: scope}
	p.Prefixes = append(p.Prefixes, s.CIDR)
	b.Put(p)
}

// pool moves a subnet into one of two address scopes, or into none.
func (w World) pool(b Builder) {
	id := subnetID(w.n(worldNetworks, "subnet"))
	if _, ok := b.View.Subnet(id); ok {
		scope := w.n(3, "scope")
		b.Pool(id, map[bool]api.AddressScopeID{true: api.AddressScopeID(fmt.Sprint("scope", scope))}[scope > 0])
	}
}
