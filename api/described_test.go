package api

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTalliesAgreeWithWhatIsThere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := func(below int, what string) int { return rapid.IntRange(0, below-1).Draw(rt, what) }
		project := func() string { return fmt.Sprintf("project%d", n(3, "project")) }
		s := NewSnapshot()
		for range n(4, "transactions") + 1 {
			tx := s.Txn()
			for range n(12, "changes") {
				id := fmt.Sprint(n(5, "id"))
				meta := Meta{ProjectID: project(), Name: fmt.Sprint(n(3, "name"))}
				var addrs []FixedIP
				for range n(3, "addresses") {
					sub := SubnetID(fmt.Sprint(n(2, "subnet")))
					addrs = append(addrs, FixedIP{sub, netip.AddrFrom4([4]byte{10, 0, byte(n(2, "block")), byte(n(3, "host"))})})
				}
				router := &Router{ID: RouterID(id), Meta: meta}
				if rapid.Bool().Draw(rt, "gateway") {
					router.Gateway = &Gateway{HostID: []HostID{"", "h0", "h1"}[n(3, "gateway host")]}
				}
				object := []Object{
					&Port{ID: PortID(id), Meta: meta, FixedIPs: addrs}, &Network{ID: NetworkID(id), Meta: meta}, &Quota{ProjectID: project()}, router,
				}[n(4, "kind")]
				if rapid.Bool().Draw(rt, "put") {
					tx.Put(object)
				} else {
					tx.Delete(object)
				}
			}
			for _, c := range tx.Changes() {
				if !slices.Contains(Kinds[:], c.Ref().Kind) {
					rt.Fatalf("a change tells of %s", c.Ref())
				}
			}
			checkTallies(rt, tx.View)
			s = tx.Commit(tx.Next())
			checkTallies(rt, s.View)
		}
	})
}

func checkTallies(t *rapid.T, v View) {
	for i := range 3 {
		for _, k := range []Kind{KindPort, KindNetwork} {
			project := fmt.Sprintf("project%d", i)
			got, want := v.CountOfProject(k, project), len(slices.Collect(v.OfProject(k, project)))
			if got != want {
				t.Fatalf("%d objects of kind %s in %s are counted, want %d", got, k, project, want)
			}
		}
	}
	used := map[string]int{}
	for p := range v.Ports() {
		for _, f := range p.FixedIPs {
			used[addressesKey(f.SubnetID)]++
			for _, bits := range []int{16, 24} {
				used[usedKey(f.SubnetID, netip.PrefixFrom(f.Addr, bits).Masked())]++
			}
		}
	}
	for i := range 2 {
		if sub := SubnetID(fmt.Sprint(i)); v.AddressesOn(sub) != used[addressesKey(sub)] {
			t.Fatalf("%d addresses on subnet %s are counted, want %d", v.AddressesOn(sub), sub, used[addressesKey(sub)])
		}
		for _, block := range []string{"10.0.0.0/24", "10.0.1.0/24", "10.0.0.0/16"} {
			sub, prefix := SubnetID(fmt.Sprint(i)), netip.MustParsePrefix(block)
			if got, want := v.UsedIn(sub, prefix), used[usedKey(sub, prefix)]; got != want {
				t.Fatalf("%d addresses of %s on subnet %s are counted, want %d", got, block, sub, want)
			}
		}
	}
	for _, h := range []HostID{"", "h0", "h1"} {
		if got, want := v.GatewaysOn(h), len(slices.Collect(v.RoutersGatedOn(h))); got != want {
			t.Fatalf("%d gateways on host %q are counted, want %d", got, h, want)
		}
	}
	for tl := range all[*tally](v, tallies) {
		if tl.n <= 0 {
			t.Fatalf("tally %s is kept at %d", tl.key, tl.n)
		}
	}
}

func TestObjectsAreFoundByNameByMACAndByAddressOnAnyNetwork(t *testing.T) {
	mac, addr := MustMAC("fa:16:3e:00:00:01"), netip.MustParseAddr("10.0.0.5")
	tx := NewSnapshot().Txn()
	for _, n := range []string{"1", "2"} {
		tx.Put(&Port{
			ID: PortID("p" + n), NetworkID: NetworkID("n" + n), MAC: mac, FixedIPs: []FixedIP{{SubnetID("s" + n), addr}},
			Meta: Meta{Name: "web"},
		})
	}
	tx.Put(&Port{
		ID: "p3", NetworkID: "n1", MAC: MustMAC("fa:16:3e:00:00:02"), Meta: Meta{Name: "web2"},
		FixedIPs: []FixedIP{{"s1", netip.MustParseAddr("10.0.0.50")}},
	})
	tx.Put(&FloatingIP{ID: "f1", Addr: addr})
	v := tx.Commit(1).View
	ids := func(ports iter.Seq[*Port]) (out []PortID) {
		for p := range ports {
			out = append(out, p.ID)
		}
		return out
	}
	both := []PortID{"p1", "p2"}
	if got := ids(v.PortsWithMAC(mac)); !slices.Equal(got, both) {
		t.Errorf("with the MAC: %v, want %v", got, both)
	}
	if got := ids(v.PortsWithAddr(addr)); !slices.Equal(got, both) {
		t.Errorf("with the address: %v, want %v", got, both)
	}
	if got := slices.Collect(v.Named(KindPort, "web")); len(got) != 2 {
		t.Errorf("with the name: %v, want 2", got)
	}
	if got := slices.Collect(v.Named(KindPort, "")); len(got) != 0 {
		t.Errorf("without a name: %v, want none", got)
	}
	if got := slices.Collect(v.FloatingIPsWithAddr(addr)); len(got) != 1 {
		t.Errorf("floating IPs with the address: %v, want 1", got)
	}
	if p, ok := v.PortByMAC("n2", mac); !ok || p.ID != "p2" {
		t.Errorf("port with the MAC on n2: %v", p)
	}
}
