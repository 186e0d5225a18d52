package neutron

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

const (
	maxPoolPrefixes = 256
	maxPrefixLen    = 128
	maxPoolQuota    = 1<<31 - 1
)

func subnetPools(ops *intent.Ops) noun.Resource {
	type R = intent.SubnetPoolRequest
	type P = *api.SubnetPool
	meta := func(p P) *api.Meta { return &p.Meta }
	return &noun.Noun[P, R]{
		Kind: api.KindSubnetPool, One: "subnetpool", Many: "subnetpools", Prefix: "v2.0", Key: "id", Meta: meta,
		Example: wire.Row{{"name", "offices"}, {"prefixes", []string{"10.20.0.0/16"}}, {"default_prefixlen", "24"}},
		Who:     access.Rights{See: access.Either(access.Owners, access.Sharers)}, Shared: func(p P) bool { return p.Shared },
		Held:    heldByScope,
		Missing: wire.NotFound("SubnetPoolNotFound", "Subnet pool %s could not be found."),
		Create:  ops.CreateSubnetPool,
		Update:  noun.ByID(ops.UpdateSubnetPool),
		Remove:  noun.DropID(ops.DeleteSubnetPool),
		Near:    noun.Near[P]{"address_scope_id": noun.Index(api.View.PoolsOfScope)},
		Attributes: withName(noun.Standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			noun.RW("prefixes", "addresses that subnets are cut from, all of one IP version; a change may only add some", prefixList(),
				func(_ noun.Scope, p P) []netip.Prefix { return p.Prefixes }, func(r *R, v intent.Opt[[]netip.Prefix]) { r.Prefixes = v }).Need(),
			noun.RW("default_prefixlen", "size of subnets that ask for none; left out: min_prefixlen", prefixLen(),
				func(_ noun.Scope, p P) int { return p.DefaultPrefixLen }, func(r *R, v intent.Opt[int]) { r.DefaultPrefixLen = v }),
			noun.RW("min_prefixlen", "size of the largest subnet", prefixLen(),
				func(_ noun.Scope, p P) int { return p.MinPrefixLen }, func(r *R, v intent.Opt[int]) { r.MinPrefixLen = v }),
			noun.RW("max_prefixlen", "size of the smallest subnet", prefixLen(),
				func(_ noun.Scope, p P) int { return p.MaxPrefixLen }, func(r *R, v intent.Opt[int]) { r.MaxPrefixLen = v }),
			noun.RW("default_quota", "how much each project may have: addresses of IPv4, /64 prefixes of IPv6; null or 0: any amount", poolQuota(),
				func(_ noun.Scope, p P) intent.Opt[int] { return intent.Opt[int]{Set: p.QuotaSet, V: p.DefaultQuota} },
				func(r *R, v intent.Opt[intent.Opt[int]]) {
					r.DefaultQuota = intent.Opt[int]{Set: true, Null: v.Null, V: v.V.V}
				}).Or(nil),
			noun.RW("address_scope_id", "address scope that the pool's subnets are in", wire.NullWhenEmpty(wire.UUID[api.AddressScopeID]()),
				func(_ noun.Scope, p P) api.AddressScopeID { return p.AddressScopeID }, func(r *R, v intent.Opt[api.AddressScopeID]) { r.AddressScopeID = v }).Or(nil),
			noun.RW("is_default", "whether subnets that ask for the default pool of the IP version are cut from it", wire.Boolean(),
				func(_ noun.Scope, p P) bool { return p.IsDefault }, func(r *R, v intent.Opt[bool]) { r.IsDefault = v }).OnlyOnBy(access.Admins).Or(false),
			noun.Once("shared", "whether other projects may use the pool", wire.Boolean(),
				func(s noun.Scope, p P) bool { return s.Policy.Given(s.View, p, p.Shared) }, func(r *R, v intent.Opt[bool]) { r.Shared = v }).OnlyOnBy(access.Admins).Or(false),
			noun.Read("ip_version", "4 or 6, as the prefixes are", ipVersion(), func(_ noun.Scope, p P) int { return p.IPVersion() }),
		)),
	}
}

// heldByScope keeps a pool as it is while it is in the address scope of somebody else, as Neutron does: what routes within the
// scope is the concern of the scope's owner.
func heldByScope(p access.Policy, v api.View, pool *api.SubnetPool) error {
	scope, ok := v.AddressScope(pool.AddressScopeID)
	if !ok || scope.ProjectID == p.ProjectID {
		return nil
	}
	return api.Faultf(api.BadRequest, "IllegalSubnetPoolUpdate", "Illegal subnetpool update : subnetpool %s cannot be updated "+
		"when associated with shared address scope %s.", pool.ID, scope.ID)
}

func addressScopes(ops *intent.Ops) noun.Resource {
	type R = intent.AddressScopeRequest
	type S = *api.AddressScope
	meta := func(s S) *api.Meta { return &s.Meta }
	return &noun.Noun[S, R]{
		Kind: api.KindAddressScope, One: "address_scope", Many: "address_scopes", Path: "address-scopes", Prefix: "v2.0", Key: "id",
		Example: wire.Row{{"name", "offices"}, {"ip_version", 4}},
		Who:     access.Rights{See: access.Either(access.Owners, access.Sharers)}, Shared: func(s S) bool { return s.Shared }, Meta: meta,
		Missing: wire.NotFound("AddressScopeNotFound", "Address scope %s could not be found."),
		Create:  ops.CreateAddressScope,
		Update:  noun.ByID(ops.UpdateAddressScope),
		Remove:  noun.DropID(ops.DeleteAddressScope),
		Attributes: noun.Standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			noun.Once("ip_version", "4 or 6", ipVersion(),
				func(_ noun.Scope, s S) int { return s.IPVersion }, func(r *R, v intent.Opt[int]) { r.IPVersion = v.V }).Need(),
			noun.RW("shared", "whether other projects may use the scope; it stays so", wire.Boolean(),
				func(sc noun.Scope, s S) bool { return sc.Policy.Given(sc.View, s, s.Shared) }, func(r *R, v intent.Opt[bool]) { r.Shared = v }).OnlyOnBy(access.Admins).Or(false),
		),
	}
}

// withName demands a name, as Neutron does of subnet pools alone.
func withName[O any](as []noun.Attr[O]) []noun.Attr[O] {
	for i := range as {
		if as[i].Name == "name" {
			as[i] = as[i].Need()
			as[i].Def = nil
		}
	}
	return as
}

// prefixList is a list of address ranges.
func prefixList() wire.Kind[[]netip.Prefix] {
	k := wire.ListOf("subnet", maxPoolPrefixes, wire.ToNetwork, func(p netip.Prefix) any { return p.String() }).Of(wire.CIDR().Schema).Given()
	k.Match = func(values []string) (func(any) bool, error) {
		want := wire.TextsOf(values)
		return func(have any) bool {
			for _, p := range have.([]any) {
				if want.Has(p) {
					return true
				}
			}
			return false
		}, nil
	}
	return k
}

// prefixLen is a prefix length, which Neutron shows as text.
func prefixLen() wire.Kind[int] {
	k := wire.Integer(0, maxPrefixLen)
	k.Schema.Type, k.Schema.Numeric = "string", true
	k.Render = func(n int) any { return strconv.Itoa(n) }
	return k
}

// poolQuota is a limit that may be none.
func poolQuota() wire.Kind[intent.Opt[int]] {
	n := wire.Integer(0, maxPoolQuota)
	return wire.Kind[intent.Opt[int]]{
		Schema: n.Schema,
		Parse:  func(v any) (intent.Opt[int], error) { return n.Accept(v) },
		Render: func(v intent.Opt[int]) any {
			if !v.Set {
				return nil
			}
			return v.V
		},
	}.OrNull()
}

// poolRoutes are the actions of subnet pools.
func (s *actions) poolRoutes() []request.Route {
	at := func(name string, h request.Handler) request.Route {
		return request.Route{
			Pattern: []string{"v2.0", "subnetpools", "*", name},
			Name:    "/v2.0/subnetpools/{id}/" + name,
			Methods: map[string]request.Handler{http.MethodPut: h},
		}
	}
	return []request.Route{
		at("add_prefixes", s.changePrefixes("add_prefixes", s.Ops.AddPrefixes)),
		at("remove_prefixes", s.changePrefixes("remove_prefixes", s.Ops.RemovePrefixes)),
		at("onboard_network_subnets", s.onboardSubnets),
	}
}

// changePrefixes serves add_prefixes or remove_prefixes, and answers with the prefixes that the pool has then.
func (s *actions) changePrefixes(name string, op func(*api.Txn, api.SubnetPoolID, []netip.Prefix) (*api.SubnetPool, error)) request.Handler {
	return func(c *request.Call) (request.Answer, error) {
		given, err := request.OnlyMember(c, "prefixes")
		if err != nil {
			return request.Answer{}, err
		}
		some, err := prefixList().Accept(given)
		if err != nil {
			return request.Answer{}, wire.InvalidValue("prefixes", err)
		}
		var p *api.SubnetPool
		_, header, err := s.Commit(c, s.Matching(c, subnetPools(s.Ops), access.Deed{Verb: access.Updating, Rule: name}, func(tx *api.Txn) (err error) {
			p, err = op(tx, api.SubnetPoolID(c.Vars[0]), some.V)
			return err
		}))
		if err != nil {
			return request.Answer{}, err
		}
		return request.Answer{Status: http.StatusOK, Body: wire.Row{{"prefixes", prefixList().Render(p.Prefixes)}}, Header: header}, nil
	}
}

func (s *actions) onboardSubnets(c *request.Call) (request.Answer, error) {
	given, err := request.OnlyMember(c, "network_id")
	if err != nil {
		return request.Answer{}, err
	}
	net, err := wire.UUID[api.NetworkID]().Parse(given)
	if err != nil {
		return request.Answer{}, wire.InvalidValue("network_id", err)
	}
	var moved []*api.Subnet
	act := access.Deed{Verb: access.Updating, Rule: "onboard_network_subnets"}
	_, header, err := s.Commit(c, s.Matching(c, subnetPools(s.Ops), act, func(tx *api.Txn) (err error) {
		if err := networks(s.Ops).Permit(c.Policy(), tx.View, string(net), act); err != nil { // its subnets change
			return err
		}
		moved, err = s.Ops.OnboardSubnets(tx, api.SubnetPoolID(c.Vars[0]), net)
		return err
	}))
	if err != nil {
		return request.Answer{}, err
	}
	rows := make([]wire.Row, len(moved))
	for i, sub := range moved {
		rows[i] = wire.Row{{"id", sub.ID}, {"cidr", sub.CIDR.String()}}
	}
	return request.Answer{Status: http.StatusOK, Body: rows, Header: header}, nil
}

// createSubnet demands the IP version of what is not cut from a certain pool.
func createSubnet(ops *intent.Ops) func(*api.Txn, intent.SubnetRequest) (*api.Subnet, error) {
	return func(tx *api.Txn, r intent.SubnetRequest) (*api.Subnet, error) {
		if r.IPVersion == 0 && r.SubnetPoolID.Or("") == "" {
			return nil, wire.BadRequest("Failed to parse request. Required attribute 'ip_version' not specified")
		}
		return ops.CreateSubnet(tx, r)
	}
}

// scopeOf is the address scope of a network's subnets of an IP version.
func scopeOf(version int) func(noun.Scope, *api.Network) api.AddressScopeID {
	return func(s noun.Scope, n *api.Network) api.AddressScopeID { return s.View.ScopeOfNetwork(n.ID, version) }
}

func addressScopeOf(version int) noun.Attr[*api.Network] {
	return noun.Read(fmt.Sprintf("ipv%d_address_scope", version), fmt.Sprintf("address scope of the network's IPv%d subnets", version),
		wire.NullWhenEmpty(wire.UUID[api.AddressScopeID]()), scopeOf(version))
}
