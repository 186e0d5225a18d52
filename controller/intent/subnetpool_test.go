package intent_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/controller/intent"
)

func prefixes(ps ...string) intent.Opt[[]netip.Prefix] {
	var out []netip.Prefix
	for _, p := range ps {
		out = append(out, netip.MustParsePrefix(p))
	}
	return intent.Some(out)
}

func (w *world) pool(t failer, req intent.SubnetPoolRequest) *api.SubnetPool {
	t.Helper()
	return must(t, w, func(tx *api.Txn) (*api.SubnetPool, error) { return w.ops.CreateSubnetPool(tx, req) })
}

func (w *world) updatePool(id api.SubnetPoolID, req intent.SubnetPoolRequest) func(*api.Txn) error {
	return func(tx *api.Txn) error { _, err := w.ops.UpdateSubnetPool(tx, id, req); return err }
}

// cut makes a network with a subnet of a pool.
func (w *world) cut(t failer, p api.SubnetPoolID, bits int) *api.Subnet {
	t.Helper()
	n := w.network(t, intent.NetworkRequest{})
	return must(t, w, func(tx *api.Txn) (*api.Subnet, error) {
		return w.ops.CreateSubnet(tx, intent.SubnetRequest{
			NetworkID: n.ID, SubnetPoolID: intent.Some(p), PrefixLen: intent.Some(bits), EnableDHCP: intent.Some(false),
		})
	})
}

func (w *world) cutting(n api.NetworkID, p api.SubnetPoolID, change func(*intent.SubnetRequest)) func(*api.Txn) error {
	return func(tx *api.Txn) error {
		req := intent.SubnetRequest{NetworkID: n, SubnetPoolID: intent.Some(p)}
		change(&req)
		_, err := w.ops.CreateSubnet(tx, req)
		return err
	}
}

func (w *world) drop(t failer, s *api.Subnet) {
	t.Helper()
	if err := w.do(func(tx *api.Txn) error { return w.ops.DeleteSubnet(tx, s.ID) }); err != nil {
		t.Fatal(err)
	}
}

// free lists what is free in a pool.
func free(v api.View, p api.SubnetPoolID) []string {
	var out []string
	for b := range v.FreeBlocks(p) {
		out = append(out, b.Prefix.String())
	}
	slices.Sort(out)
	return out
}

// freeOf works out the same from nothing.
func freeOf(v api.View, p *api.SubnetPool) []string {
	used := slices.Collect(v.SubnetsOfPool(p.ID))
	var out []string
	var look func(netip.Prefix)
	look = func(b netip.Prefix) {
		inside := slices.DeleteFunc(slices.Clone(used), func(s *api.Subnet) bool { return !s.CIDR.Overlaps(b) })
		switch {
		case len(inside) == 0:
			out = append(out, b.String())
		case inside[0].CIDR.Bits() > b.Bits():
			half := netip.PrefixFrom(b.Addr(), b.Bits()+1)
			look(half)
			look(api.Sibling(half))
		}
	}
	for _, b := range p.Prefixes {
		look(b)
	}
	slices.Sort(out)
	return out
}

func TestAPoolGivesTheSmallestBlockThatFitsAndTheLowestOfThese(t *testing.T) {
	w := newWorld()
	p := w.pool(t, intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/22", "10.0.8.0/24"), DefaultPrefixLen: intent.Some(24)})
	var got []string
	for _, bits := range []int{24, 24, 26, 26, 23} {
		got = append(got, w.cut(t, p.ID, bits).CIDR.String())
	}
	if want := "10.0.8.0/24 10.0.0.0/24 10.0.1.0/26 10.0.1.64/26 10.0.2.0/23"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), want)
	}
	if diff := cmp.Diff([]string{"10.0.1.128/25"}, free(w.View, p.ID)); diff != "" {
		t.Errorf("free (-want +got):\n%s", diff)
	}
	n := w.network(t, intent.NetworkRequest{})
	msg := refused(t, w, "SubnetAllocationError", w.cutting(n.ID, p.ID, func(r *intent.SubnetRequest) { r.PrefixLen = intent.Some(24) }))
	if msg != "Failed to allocate subnet: Insufficient prefix space to allocate subnet size /24." {
		t.Error(msg)
	}
}

func TestWhatASubnetHadOfItsPoolIsFreeAgainWhenItGoes(t *testing.T) {
	w := newWorld()
	p := w.pool(t, intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/16")})
	a, b := w.cut(t, p.ID, 24), w.cut(t, p.ID, 30)
	w.drop(t, a)
	if err := w.do(func(tx *api.Txn) error { return w.ops.DeleteNetwork(tx, b.NetworkID) }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"10.0.0.0/16"}, free(w.View, p.ID)); diff != "" {
		t.Errorf("free (-want +got):\n%s", diff)
	}
	if err := w.do(func(tx *api.Txn) error { return w.ops.DeleteSubnetPool(tx, p.ID) }); err != nil {
		t.Fatal(err)
	}
	for b := range w.All(api.KindFreeBlock) {
		t.Errorf("%s is left of a pool that is gone", b.Ref())
	}
}

func TestRequestsForPartsOfAPoolThatAreRefused(t *testing.T) {
	w := newWorld()
	n, inUse := w.network(t, intent.NetworkRequest{}), w.network(t, intent.NetworkRequest{})
	p := w.pool(t, intent.SubnetPoolRequest{
		Prefixes: prefixes("10.0.0.0/16"), MinPrefixLen: intent.Some(20), MaxPrefixLen: intent.Some(28), DefaultPrefixLen: intent.Some(26),
	})
	other := w.pool(t, intent.SubnetPoolRequest{Prefixes: prefixes("10.8.0.0/16"), DefaultPrefixLen: intent.Some(26)})
	if err := w.do(w.cutting(inUse.ID, p.ID, func(*intent.SubnetRequest) {})); err != nil {
		t.Fatal(err)
	}
	certain := func(s string) func(*intent.SubnetRequest) {
		return func(r *intent.SubnetRequest) { r.CIDR = intent.Some(netip.MustParsePrefix(s)) }
	}
	length := func(n int) func(*intent.SubnetRequest) {
		return func(r *intent.SubnetRequest) { r.PrefixLen = intent.Some(n) }
	}
	for _, c := range []struct {
		name   string
		net    api.NetworkID
		change func(*intent.SubnetRequest)
		want   string
	}{
		{"taken", n.ID, certain("10.0.0.0/26"), "SubnetAllocationError"},
		{"part-of-taken", n.ID, certain("10.0.0.32/28"), "SubnetAllocationError"},
		{"around-taken", n.ID, certain("10.0.0.0/24"), "SubnetAllocationError"},
		{"not-of-the-pool", n.ID, certain("10.1.0.0/26"), "SubnetAllocationError"},
		{"too-long", n.ID, length(29), "MaxPrefixSubnetAllocationError"},
		{"too-long-certain", n.ID, certain("10.0.1.0/29"), "MaxPrefixSubnetAllocationError"},
		{"too-short", n.ID, length(19), "MinPrefixSubnetAllocationError"},
		{"no-length-at-all", n.ID, length(-1), "MinPrefixSubnetAllocationError"},
		{"huge-length", n.ID, length(1 << 30), "MaxPrefixSubnetAllocationError"},
		{"both", n.ID, func(r *intent.SubnetRequest) { certain("10.0.1.0/26")(r); length(26)(r) }, "BadRequest"},
		{"two-pools", n.ID, func(r *intent.SubnetRequest) { r.UseDefaultPool = intent.Some(true) }, "BadRequest"},
		{"no-default", n.ID, func(r *intent.SubnetRequest) {
			*r = intent.SubnetRequest{NetworkID: n.ID, UseDefaultPool: intent.Some(true), IPVersion: 4}
		}, "BadRequest"},
		{"default-of-what", n.ID, func(r *intent.SubnetRequest) {
			*r = intent.SubnetRequest{NetworkID: n.ID, UseDefaultPool: intent.Some(true)}
		}, "BadRequest"},
		{"other-version", n.ID, func(r *intent.SubnetRequest) { r.IPVersion = 6 }, "BadRequest"},
		{"certain-of-other-version", n.ID, certain("fd00::/64"), "BadRequest"},
		{"pools-of-any", n.ID, func(r *intent.SubnetRequest) { r.AllocationPools = pools("10.0.0.5", "10.0.0.9") }, "BadRequest"},
		{"no-such-pool", n.ID, func(r *intent.SubnetRequest) { r.SubnetPoolID = intent.Some(api.SubnetPoolID("none")) }, "SubnetPoolNotFound"},
		{"network-of-another-pool", inUse.ID, func(r *intent.SubnetRequest) { r.SubnetPoolID = intent.Some(other.ID) }, "NetworkSubnetPoolAffinityError"},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, w, c.want, w.cutting(c.net, p.ID, c.change)) })
	}
}

func TestPoolsThatAreRefused(t *testing.T) {
	w := newWorld()
	w.pool(t, intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/16"), IsDefault: intent.Some(true)})
	for _, c := range []struct {
		name string
		req  intent.SubnetPoolRequest
		want string
	}{
		{"no-prefixes", intent.SubnetPoolRequest{}, "EmptySubnetPoolPrefixList"},
		{"two-versions", intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/16", "fd00::/48")}, "PrefixVersionMismatch"},
		{"min-over-max", intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/8"), MinPrefixLen: intent.Some(25), MaxPrefixLen: intent.Some(24)}, "IllegalSubnetPoolPrefixBounds"},
		{"max-over-33", intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/8"), MaxPrefixLen: intent.Some(33)}, "IllegalSubnetPoolPrefixBounds"},
		{"default-under-min", intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/8"), DefaultPrefixLen: intent.Some(7)}, "IllegalSubnetPoolPrefixBounds"},
		{"default-over-max", intent.SubnetPoolRequest{Prefixes: prefixes("fd00::/48"), DefaultPrefixLen: intent.Some(129)}, "IllegalSubnetPoolPrefixBounds"},
		{"negative-min", intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/8"), MinPrefixLen: intent.Some(-1)}, "UnsupportedMinSubnetPoolPrefix"},
		{"negative-quota", intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/8"), DefaultQuota: intent.Some(-1)}, "InvalidInput"},
		{"second-default", intent.SubnetPoolRequest{Prefixes: prefixes("10.8.0.0/16"), IsDefault: intent.Some(true)}, "InvalidInput"},
		{"no-scope", intent.SubnetPoolRequest{Prefixes: prefixes("10.8.0.0/16"), AddressScopeID: intent.Some(api.AddressScopeID("none"))}, "AddressScopeNotFound"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, w, c.want, func(tx *api.Txn) error { _, err := w.ops.CreateSubnetPool(tx, c.req); return err })
		})
	}
}

func TestAPoolsQuotaIsEachProjectsOwn(t *testing.T) {
	w := newWorld()
	p := w.pool(t, intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/16"), DefaultQuota: intent.Some(384)})
	cut := func(project string, bits int) func(*api.Txn) error {
		n := w.network(t, intent.NetworkRequest{})
		return w.cutting(n.ID, p.ID, func(r *intent.SubnetRequest) { r.ProjectID, r.PrefixLen = intent.Some(project), intent.Some(bits) })
	}
	for _, c := range []struct {
		project string
		bits    int
	}{{"a", 24}, {"a", 25}, {"b", 24}} {
		if err := w.do(cut(c.project, c.bits)); err != nil {
			t.Fatalf("%s /%d: %v", c.project, c.bits, err)
		}
	}
	refused(t, w, "SubnetPoolQuotaExceeded", cut("a", 30))
	refused(t, w, "SubnetPoolQuotaExceeded", cut("b", 24))
}

func TestPrefixesOfAPoolGrowAndShrinkAroundItsSubnets(t *testing.T) {
	w := newWorld()
	p := w.pool(t, intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/24", "10.0.1.0/24")})
	if want := prefixes("10.0.0.0/23").V; !slices.Equal(p.Prefixes, want) {
		t.Errorf("prefixes %v, want %v", p.Prefixes, want)
	}
	s := w.cut(t, p.ID, 26)
	refused(t, w, "IllegalSubnetPoolPrefixUpdate", w.updatePool(p.ID, intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/24")}))
	refused(t, w, "PrefixVersionMismatch", w.updatePool(p.ID, intent.SubnetPoolRequest{Prefixes: prefixes("fd00::/48")}))
	change := func(op func(*api.Txn, api.SubnetPoolID, []netip.Prefix) (*api.SubnetPool, error), p *api.SubnetPool, ps ...string) func(*api.Txn) error {
		return func(tx *api.Txn) error { _, err := op(tx, p.ID, prefixes(ps...).V); return err }
	}
	refused(t, w, "IllegalSubnetPoolPrefixUpdate", change(w.ops.RemovePrefixes, p, "10.0.0.32/28"))
	refused(t, w, "PrefixVersionMismatch", change(w.ops.RemovePrefixes, p, "fd00::/48"))
	for _, op := range []func(*api.Txn) error{
		change(w.ops.AddPrefixes, p, "10.0.2.0/23", "10.9.0.0/24"),
		change(w.ops.RemovePrefixes, p, "10.0.1.0/25", "192.0.2.0/24"),
		change(w.ops.AddPrefixes, p),
	} {
		if err := w.do(op); err != nil {
			t.Fatal(err)
		}
	}
	p, _ = w.SubnetPool(p.ID)
	if want := prefixes("10.0.0.0/24", "10.0.1.128/25", "10.0.2.0/23", "10.9.0.0/24").V; !slices.Equal(p.Prefixes, want) {
		t.Errorf("prefixes %v, want %v", p.Prefixes, want)
	}
	if diff := cmp.Diff(freeOf(w.View, p), free(w.View, p.ID)); diff != "" {
		t.Errorf("free (-want +got):\n%s", diff)
	}
	w.drop(t, s)
	refused(t, w, "EmptySubnetPoolPrefixList", change(w.ops.RemovePrefixes, p, "10.0.0.0/8"))
}

func TestOnboardingGivesAPoolTheSubnetsOfANetwork(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	four, six := w.subnet(t, n.ID, "10.0.0.0/24"), w.subnet(t, n.ID, "fd00::/64")
	p := w.pool(t, intent.SubnetPoolRequest{Prefixes: prefixes("10.0.1.0/24")})
	onboard := func(tx *api.Txn) ([]*api.Subnet, error) { return w.ops.OnboardSubnets(tx, p.ID, n.ID) }
	if moved := must(t, w, onboard); len(moved) != 1 || moved[0].ID != four.ID {
		t.Errorf("moved %v", moved)
	}
	p, _ = w.SubnetPool(p.ID)
	if want := prefixes("10.0.0.0/23").V; !slices.Equal(p.Prefixes, want) {
		t.Errorf("prefixes %v, want %v", p.Prefixes, want)
	}
	if s, _ := w.Subnet(six.ID); s.SubnetPoolID != "" {
		t.Error("the subnet of the other IP version is in the pool")
	}
	refused(t, w, "IllegalSubnetPoolUpdate", func(tx *api.Txn) error { _, err := onboard(tx); return err })
	other := w.network(t, intent.NetworkRequest{})
	w.subnet(t, other.ID, "10.0.0.0/16")
	refused(t, w, "IllegalSubnetPoolUpdate", func(tx *api.Txn) error { _, err := w.ops.OnboardSubnets(tx, p.ID, other.ID); return err })
	q := w.pool(t, intent.SubnetPoolRequest{Prefixes: prefixes("10.9.0.0/24")})
	must(t, w, func(tx *api.Txn) ([]*api.Subnet, error) { return w.ops.OnboardSubnets(tx, q.ID, n.ID) })
	for _, id := range []api.SubnetPoolID{p.ID, q.ID} {
		pool, _ := w.SubnetPool(id)
		if diff := cmp.Diff(freeOf(w.View, pool), free(w.View, id)); diff != "" {
			t.Errorf("free of %s (-want +got):\n%s", id, diff)
		}
	}
}

func TestPoolsOfAnAddressScopeDoNotOverlap(t *testing.T) {
	w := newWorld()
	scope := must(t, w, func(tx *api.Txn) (*api.AddressScope, error) {
		return w.ops.CreateAddressScope(tx, intent.AddressScopeRequest{IPVersion: 4, Shared: intent.Some(true)})
	})
	in := intent.Some(scope.ID)
	p := w.pool(t, intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/16"), AddressScopeID: in})
	refused(t, w, "AddressScopePrefixConflict", func(tx *api.Txn) error {
		_, err := w.ops.CreateSubnetPool(tx, intent.SubnetPoolRequest{Prefixes: prefixes("192.0.2.0/24", "10.0.7.0/24"), AddressScopeID: in})
		return err
	})
	refused(t, w, "IllegalSubnetPoolIpVersionAssociationToAddressScope", func(tx *api.Txn) error {
		_, err := w.ops.CreateSubnetPool(tx, intent.SubnetPoolRequest{Prefixes: prefixes("fd00::/48"), AddressScopeID: in})
		return err
	})
	q := w.pool(t, intent.SubnetPoolRequest{Prefixes: prefixes("10.1.0.0/16")})
	refused(t, w, "AddressScopePrefixConflict", w.updatePool(q.ID, intent.SubnetPoolRequest{AddressScopeID: in, Prefixes: prefixes("10.0.0.0/15")}))
	refused(t, w, "AddressScopeInUse", func(tx *api.Txn) error { return w.ops.DeleteAddressScope(tx, scope.ID) })
	refused(t, w, "AddressScopeUpdateError", func(tx *api.Txn) error {
		_, err := w.ops.UpdateAddressScope(tx, scope.ID, intent.AddressScopeRequest{Shared: intent.Some(false)})
		return err
	})

	s := w.cut(t, p.ID, 24)
	if got := w.ScopeOfNetwork(s.NetworkID, 4); got != scope.ID {
		t.Errorf("network in scope %q, want %q", got, scope.ID)
	}
	refused(t, w, "NetworkAddressScopeAffinityError", w.cutting(s.NetworkID, q.ID, func(*intent.SubnetRequest) {}))
	refused(t, w, "NetworkSubnetPoolAffinityError", func(tx *api.Txn) error {
		_, err := w.ops.CreateSubnet(tx, intent.SubnetRequest{NetworkID: s.NetworkID, CIDR: prefixOf("192.0.2.0/24")})
		return err
	})
	if err := w.do(w.updatePool(q.ID, intent.SubnetPoolRequest{AddressScopeID: in})); err != nil {
		t.Fatal(err)
	}
	for what, op := range map[string]func(*api.Txn) error{
		"another pool of the same scope": w.cutting(s.NetworkID, q.ID, func(r *intent.SubnetRequest) { r.PrefixLen = intent.Some(24) }),
		"more prefixes":                  w.updatePool(q.ID, intent.SubnetPoolRequest{Prefixes: prefixes("10.1.0.0/16", "10.7.0.0/16")}),
	} {
		if err := w.do(op); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused(t, w, "AddressScopePrefixConflict", w.updatePool(p.ID, intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/16", "10.1.7.0/24")}))
}

func prefixOf(s string) intent.Opt[netip.Prefix] { return intent.Some(netip.MustParsePrefix(s)) }

func TestTheDefaultPoolOfAVersionServesWhoeverNamesNone(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	w.pool(t, intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/16"), IsDefault: intent.Some(true), DefaultPrefixLen: intent.Some(26)})
	w.pool(t, intent.SubnetPoolRequest{Prefixes: prefixes("fd00::/48"), IsDefault: intent.Some(true)})
	for version, want := range map[int]string{4: "10.0.0.0/26", 6: "fd00::/64"} {
		s := must(t, w, func(tx *api.Txn) (*api.Subnet, error) {
			return w.ops.CreateSubnet(tx, intent.SubnetRequest{NetworkID: n.ID, IPVersion: version, UseDefaultPool: intent.Some(true)})
		})
		if got := s.CIDR.String(); got != want {
			t.Errorf("IPv%d: %s, want %s", version, got, want)
		}
	}
}

// BenchmarkASubnetOfAPool cuts and gives back a subnet of a pool that has others.
func BenchmarkASubnetOfAPool(b *testing.B) {
	for _, n := range []int{10, 1000, 10000} {
		b.Run(fmt.Sprintf("%d-subnets", n), func(b *testing.B) {
			w := newWorld()
			p := w.pool(b, intent.SubnetPoolRequest{Prefixes: prefixes("10.0.0.0/8")})
			for range n {
				w.cut(b, p.ID, 28)
			}
			net := w.network(b, intent.NetworkRequest{})
			for b.Loop() {
				s := must(b, w, func(tx *api.Txn) (*api.Subnet, error) {
					return w.ops.CreateSubnet(tx, intent.SubnetRequest{NetworkID: net.ID, SubnetPoolID: intent.Some(p.ID), PrefixLen: intent.Some(28)})
				})
				w.drop(b, s)
			}
		})
	}
}
