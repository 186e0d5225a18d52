package lab

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheExampleIsTheDefaultTopology(t *testing.T) {
	got, err := LoadTopology("../examples/seed-002/topology.yaml")
	if err != nil {
		t.Fatal(err)
	}
	byValue := cmp.Options{
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
	}
	if diff := cmp.Diff(Default(), got, byValue); diff != "" {
		t.Errorf("topology of the example (-default +example):\n%s", diff)
	}
}

func TestTopologiesThatCannotBeAreRefused(t *testing.T) {
	const rest = `
external: {physnet: public, bridge: br-ex, outside: 2.2.2.1/24}
hosts: [{name: host1, address: 10.1.1.3}]`
	const underlay = "underlays: [{name: rack1, subnet: 10.1.1.0/24}]"
	for _, c := range []struct{ name, in, want string }{
		{"unknown-word", underlay + "\nhostes: []" + rest, "hostes"},
		{"no-hosts", underlay, "hosts: 0 are given"},
		{"not-yaml", "{", "read topology"},
		{"host-on-no-underlay", "underlays: [{name: rack1, subnet: 10.9.1.0/24}]" + rest, "no underlay's subnet holds its address"},
		{"underlays-overlap", "underlays: [{name: a, subnet: 10.1.0.0/16}, {name: b, subnet: 10.1.1.0/24}]" + rest, "collides"},
		{"host-bits", "underlays: [{name: a, subnet: 10.1.1.3/24}]" + rest, "10.1.1.3/24"},
		{"name-for-a-shell", "underlays: [{name: 'a; reboot', subnet: 10.1.1.0/24}]" + rest, "a name is"},
		{"reserved-host", strings.ReplaceAll(underlay+rest, "host1", "router"), "the name is taken"},
		{"good", underlay + rest, ""},
		{"router-address", strings.ReplaceAll(underlay+rest, "10.1.1.3", "10.1.1.1"), "address 10.1.1.1 is taken"},
		{"bridge-of-weft", strings.ReplaceAll(underlay+rest, "br-ex", "br-int"), "taken by another bridge"},
		{"outside-without-length", strings.ReplaceAll(underlay+rest, "2.2.2.1/24", "2.2.2.1/32"), "outside"},
		{"small-management", "management: 172.31.0.0/28\n" + underlay + rest, "management"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "topology.yaml")
			if err := os.WriteFile(file, []byte(c.in), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := LoadTopology(file)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("got %v, want none", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestManagementAddressesStayInTheirNetwork(t *testing.T) {
	top := Default()
	top.Management = netip.MustParsePrefix("172.31.255.0/24")
	for n, want := range map[int]string{managedController: "172.31.255.1/24", managedFirstHost + 199: "172.31.255.210/24"} {
		if got := top.managed(n).String(); got != want || !top.Management.Contains(top.managed(n).Addr()) {
			t.Errorf("address %d: got %s, want %s", n, got, want)
		}
	}
}

// claimed is a network that is claimed for a new lab.
func claimed(t *testing.T) netip.Prefix {
	t.Helper()
	if err := Ready(); err != nil {
		t.Skipf("no lab is possible here: %v", err)
	}
	dir := t.TempDir()
	p, release, err := claimManagement(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { release(); unreserve(p, dir) })
	return p
}

func TestTwoLabsAtOnceClaimDifferentNetworks(t *testing.T) {
	if one, two := claimed(t), claimed(t); one == two {
		t.Errorf("both claim %s", one)
	}
}

func TestALabKeepsItsNetworkWhileItsFolderIsThere(t *testing.T) {
	if err := Ready(); err != nil {
		t.Skipf("no lab is possible here: %v", err)
	}
	mine, other := t.TempDir(), t.TempDir()
	p := netip.MustParsePrefix("192.0.2.0/24") // nobody's
	t.Cleanup(func() { unreserve(p, other) })
	for i, c := range []struct {
		dir  string
		want bool
	}{{mine, true}, {mine, true}, {other, false}} {
		if got, err := reserve(p, c.dir); err != nil || got != c.want {
			t.Errorf("attempt %d: %t, %v, want %t", i, got, err, c.want)
		}
	}
	unreserve(p, other) // it is not its to give back
	if got, err := reserve(p, other); err != nil || got {
		t.Errorf("after a stranger gave it back: %t, %v", got, err)
	}
	if err := os.RemoveAll(mine); err != nil {
		t.Fatal(err)
	}
	if got, err := reserve(p, other); err != nil || !got {
		t.Errorf("after the lab is gone: %t, %v", got, err)
	}
}
