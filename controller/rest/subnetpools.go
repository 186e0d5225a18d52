package rest

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"

	"weft/api"
	"weft/controller/intent"
)

const (
	maxPoolPrefixes = 256
	maxPrefixLen    = 128
	maxPoolQuota    = 1<<31 - 1
)

func subnetPools(ops *intent.Ops) resource {
	type R = intent.SubnetPoolRequest
	type P = *api.SubnetPool
	meta := func(p P) *api.Meta { return &p.Meta }
	return &noun[P, R]{
		kind: api.KindSubnetPool, one: "subnetpool", many: "subnetpools", prefix: "v2.0", key: "id", meta: meta,
		example: row{{"name", "offices"}, {"prefixes", []string{"10.20.0.0/16"}}, {"default_prefixlen", "24"}},
		who:     rights{see: either(owners, sharers)}, shared: func(p P) bool { return p.Shared },
		held:    heldByScope,
		missing: notFound("SubnetPoolNotFound", "Subnet pool %s could not be found."),
		create:  ops.CreateSubnetPool,
		update:  byID(ops.UpdateSubnetPool),
		remove:  dropID(ops.DeleteSubnetPool),
		near:    near[P]{"address_scope_id": index(api.View.PoolsOfScope)},
		attributes: withName(standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			rw("prefixes", "addresses that subnets are cut from, all of one IP version; a change may only add some", prefixList(),
				func(_ scope, p P) []netip.Prefix { return p.Prefixes }, func(r *R, v opt[[]netip.Prefix]) { r.Prefixes = v }).need(),
			rw("default_prefixlen", "size of subnets that ask for none; left out: min_prefixlen", prefixLen(),
				func(_ scope, p P) int { return p.DefaultPrefixLen }, func(r *R, v opt[int]) { r.DefaultPrefixLen = v }),
			rw("min_prefixlen", "size of the largest subnet", prefixLen(),
				func(_ scope, p P) int { return p.MinPrefixLen }, func(r *R, v opt[int]) { r.MinPrefixLen = v }),
			rw("max_prefixlen", "size of the smallest subnet", prefixLen(),
				func(_ scope, p P) int { return p.MaxPrefixLen }, func(r *R, v opt[int]) { r.MaxPrefixLen = v }),
			rw("default_quota", "how much each project may have: addresses of IPv4, /64 prefixes of IPv6; null or 0: any amount", poolQuota(),
				func(_ scope, p P) intent.Opt[int] { return intent.Opt[int]{Set: p.QuotaSet, V: p.DefaultQuota} },
				func(r *R, v opt[intent.Opt[int]]) {
					r.DefaultQuota = intent.Opt[int]{Set: true, Null: v.Null, V: v.V.V}
				}).or(nil),
			rw("address_scope_id", "address scope that the pool's subnets are in", nullWhenEmpty(uuid[api.AddressScopeID]()),
				func(_ scope, p P) api.AddressScopeID { return p.AddressScopeID }, func(r *R, v opt[api.AddressScopeID]) { r.AddressScopeID = v }).or(nil),
			rw("is_default", "whether subnets that ask for the default pool of the IP version are cut from it", boolean(),
				func(_ scope, p P) bool { return p.IsDefault }, func(r *R, v opt[bool]) { r.IsDefault = v }).onlyOnBy(admins).or(false),
			once("shared", "whether other projects may use the pool", boolean(),
				func(s scope, p P) bool { return s.policy.given(s.view, p, p.Shared) }, func(r *R, v opt[bool]) { r.Shared = v }).onlyOnBy(admins).or(false),
			read("ip_version", "4 or 6, as the prefixes are", ipVersion(), func(_ scope, p P) int { return p.IPVersion() }),
		)),
	}
}

// heldByScope keeps a pool as it is while it is in the address scope of somebody else, as Neutron does: what routes within the
// scope is the concern of the scope's owner.
func heldByScope(p policy, v api.View, pool *api.SubnetPool) error {
	scope, ok := v.AddressScope(pool.AddressScopeID)
	if !ok || scope.ProjectID == p.ProjectID {
		return nil
	}
	return api.Faultf(api.BadRequest, "IllegalSubnetPoolUpdate", "Illegal subnetpool update : subnetpool %s cannot be updated "+
		"when associated with shared address scope %s.", pool.ID, scope.ID)
}

func addressScopes(ops *intent.Ops) resource {
	type R = intent.AddressScopeRequest
	type S = *api.AddressScope
	meta := func(s S) *api.Meta { return &s.Meta }
	return &noun[S, R]{
		kind: api.KindAddressScope, one: "address_scope", many: "address_scopes", path: "address-scopes", prefix: "v2.0", key: "id",
		example: row{{"name", "offices"}, {"ip_version", 4}},
		who:     rights{see: either(owners, sharers)}, shared: func(s S) bool { return s.Shared }, meta: meta,
		missing: notFound("AddressScopeNotFound", "Address scope %s could not be found."),
		create:  ops.CreateAddressScope,
		update:  byID(ops.UpdateAddressScope),
		remove:  dropID(ops.DeleteAddressScope),
		attributes: standard(meta, func(r *R) *intent.MetaRequest { return &r.MetaRequest },
			once("ip_version", "4 or 6", ipVersion(),
				func(_ scope, s S) int { return s.IPVersion }, func(r *R, v opt[int]) { r.IPVersion = v.V }).need(),
			rw("shared", "whether other projects may use the scope; it stays so", boolean(),
				func(sc scope, s S) bool { return sc.policy.given(sc.view, s, s.Shared) }, func(r *R, v opt[bool]) { r.Shared = v }).onlyOnBy(admins).or(false),
		),
	}
}

// withName demands a name, as Neutron does of subnet pools alone.
func withName[O any](as []attribute[O]) []attribute[O] {
	for i := range as {
		if as[i].name == "name" {
			as[i] = as[i].need()
			as[i].def = nil
		}
	}
	return as
}

// prefixList is a list of address ranges.
func prefixList() kind[[]netip.Prefix] {
	k := listOf("subnet", maxPoolPrefixes, toNetwork, func(p netip.Prefix) any { return p.String() }).of(cidr().schema).given()
	k.match = func(values []string) (func(any) bool, error) {
		want := textsOf(values)
		return func(have any) bool {
			for _, p := range have.([]any) {
				if want.has(p) {
					return true
				}
			}
			return false
		}, nil
	}
	return k
}

// prefixLen is a prefix length, which Neutron shows as text.
func prefixLen() kind[int] {
	k := integer(0, maxPrefixLen)
	k.schema.Type, k.schema.numeric = "string", true
	k.render = func(n int) any { return strconv.Itoa(n) }
	return k
}

// poolQuota is a limit that may be none.
func poolQuota() kind[intent.Opt[int]] {
	n := integer(0, maxPoolQuota)
	return kind[intent.Opt[int]]{
		schema: n.schema,
		parse:  func(v any) (intent.Opt[int], error) { return n.accept(v) },
		render: func(v intent.Opt[int]) any {
			if !v.Set {
				return nil
			}
			return v.V
		},
	}.orNull()
}

// poolRoutes are the actions of subnet pools.
func (s *actions) poolRoutes() []route {
	at := func(name string, h handler) route {
		return route{
			pattern: []string{"v2.0", "subnetpools", "*", name},
			name:    "/v2.0/subnetpools/{id}/" + name,
			methods: map[string]handler{http.MethodPut: h},
		}
	}
	return []route{
		at("add_prefixes", s.changePrefixes("add_prefixes", s.Ops.AddPrefixes)),
		at("remove_prefixes", s.changePrefixes("remove_prefixes", s.Ops.RemovePrefixes)),
		at("onboard_network_subnets", s.onboardSubnets),
	}
}

// changePrefixes serves add_prefixes or remove_prefixes, and answers with the prefixes that the pool has then.
func (s *actions) changePrefixes(name string, op func(*api.Txn, api.SubnetPoolID, []netip.Prefix) (*api.SubnetPool, error)) handler {
	return func(c *call) (answer, error) {
		given, err := onlyMember(c, "prefixes")
		if err != nil {
			return answer{}, err
		}
		some, err := prefixList().accept(given)
		if err != nil {
			return answer{}, invalidValue("prefixes", err)
		}
		var p *api.SubnetPool
		_, header, err := s.commit(c, s.matching(c, subnetPools(s.Ops), deed{verb: updating, rule: name}, func(tx *api.Txn) (err error) {
			p, err = op(tx, api.SubnetPoolID(c.vars[0]), some.V)
			return err
		}))
		if err != nil {
			return answer{}, err
		}
		return answer{http.StatusOK, row{{"prefixes", prefixList().render(p.Prefixes)}}, header}, nil
	}
}

// onlyMember gives the one member that a body has to have, and no other.
func onlyMember(c *call, name string) (any, error) {
	body, err := readBody(c.w, c.r)
	if err != nil {
		return nil, err
	}
	m, err := fields("request body", body, []string{name})
	if err != nil {
		return nil, badRequest("%v", err)
	}
	return m[name], nil
}

func (s *actions) onboardSubnets(c *call) (answer, error) {
	given, err := onlyMember(c, "network_id")
	if err != nil {
		return answer{}, err
	}
	net, err := uuid[api.NetworkID]().parse(given)
	if err != nil {
		return answer{}, invalidValue("network_id", err)
	}
	var moved []*api.Subnet
	act := deed{verb: updating, rule: "onboard_network_subnets"}
	_, header, err := s.commit(c, s.matching(c, subnetPools(s.Ops), act, func(tx *api.Txn) (err error) {
		if err := networks(s.Ops).permit(c.policy(), tx.View, string(net), act); err != nil { // its subnets change
			return err
		}
		moved, err = s.Ops.OnboardSubnets(tx, api.SubnetPoolID(c.vars[0]), net)
		return err
	}))
	if err != nil {
		return answer{}, err
	}
	rows := make([]row, len(moved))
	for i, sub := range moved {
		rows[i] = row{{"id", sub.ID}, {"cidr", sub.CIDR.String()}}
	}
	return answer{http.StatusOK, rows, header}, nil
}

// createSubnet demands the IP version of what is not cut from a certain pool.
func createSubnet(ops *intent.Ops) func(*api.Txn, intent.SubnetRequest) (*api.Subnet, error) {
	return func(tx *api.Txn, r intent.SubnetRequest) (*api.Subnet, error) {
		if r.IPVersion == 0 && r.SubnetPoolID.Or("") == "" {
			return nil, badRequest("Failed to parse request. Required attribute 'ip_version' not specified")
		}
		return ops.CreateSubnet(tx, r)
	}
}

// scopeOf is the address scope of a network's subnets of an IP version.
func scopeOf(version int) func(scope, *api.Network) api.AddressScopeID {
	return func(s scope, n *api.Network) api.AddressScopeID { return s.view.ScopeOfNetwork(n.ID, version) }
}

func addressScopeOf(version int) attribute[*api.Network] {
	return read(fmt.Sprintf("ipv%d_address_scope", version), fmt.Sprintf("address scope of the network's IPv%d subnets", version),
		nullWhenEmpty(uuid[api.AddressScopeID]()), scopeOf(version))
}
