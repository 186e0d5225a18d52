package link

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"weft/agent/hosttest"
	"weft/agent/run"
	"weft/api"
	"weft/plan"
)

var compare = cmp.Comparer(func(a, b plan.Spec) bool { return a == b })

// router gives the items of a router with a floating IP, as the controller plans them.
func router(id string) []plan.Spec {
	q, f := "qrouter-"+id, "fip-"+id
	short := id[:10]
	mac := api.MustMAC
	return []plan.Spec{
		plan.Namespace{Name: q}, plan.Namespace{Name: f},
		plan.Sysctl{NS: q, Name: "net.ipv4.ip_forward", Value: "1"},
		plan.Veth{NS: q, Dev: "qr-" + short, MAC: mac("fa:16:3e:00:00:01"), PeerDev: "tqr-" + short, MTU: 1450},
		plan.Veth{NS: q, Dev: "rfp-" + short, MAC: mac("fa:16:3e:00:00:02"), PeerNS: f, PeerDev: "fpr-" + short,
			PeerMAC: mac("fa:16:3e:00:00:03"), MTU: 1500},
		plan.DevSysctl{NS: f, Dev: "fpr-" + short, Name: "net.ipv4.conf.{dev}.proxy_arp", Value: "1"},
		plan.Address{NS: q, Dev: "qr-" + short, Prefix: netip.MustParsePrefix("192.168.10.1/24")},
		plan.Address{NS: q, Dev: "qr-" + short, Prefix: netip.MustParsePrefix("fd00::1/64")},
		plan.Address{NS: q, Dev: "rfp-" + short, Prefix: netip.MustParsePrefix("169.254.64.0/31")},
		plan.Address{NS: f, Dev: "fpr-" + short, Prefix: netip.MustParsePrefix("169.254.64.1/31")},
		plan.Neighbour{NS: q, Dev: "qr-" + short, Addr: netip.MustParseAddr("192.168.10.222"), MAC: mac("fa:16:3e:00:00:09")},
		plan.Neighbour{NS: q, Dev: "rfp-" + short, Addr: netip.MustParseAddr("169.254.64.1"), MAC: mac("fa:16:3e:00:00:03")},
		plan.Route{NS: q, Table: 16, Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("169.254.64.1"),
			Dev: "rfp-" + short},
		plan.Route{NS: f, Table: 254, Dst: netip.MustParsePrefix("2.2.2.100/32"), Via: netip.MustParseAddr("169.254.64.0"),
			Dev: "fpr-" + short},
		plan.Route{NS: f, Table: 2852012033, Dst: netip.MustParsePrefix("2.2.2.0/24"), Dev: "fpr-" + short},
		// A gateway outside of every subnet, reached by a route of the same table that sorts after the default.
		plan.Route{NS: f, Table: 77, Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("9.9.9.9"),
			Dev: "fpr-" + short},
		plan.Route{NS: f, Table: 77, Dst: netip.MustParsePrefix("9.9.9.9/32"), Dev: "fpr-" + short},
		plan.NAT{NS: q, Table: "nat", Chain: "PREROUTING", Order: 1,
			Rule: "-d 2.2.2.100/32 -i rfp-" + short + " -j DNAT --to-destination 192.168.10.222"},
		plan.NAT{NS: q, Table: "nat", Chain: "POSTROUTING", Order: 1,
			Rule: "! -o rfp-" + short + " -m conntrack ! --ctstate DNAT -j ACCEPT"},
		plan.NAT{NS: q, Table: "nat", Chain: "POSTROUTING", Order: 2, Rule: "-j float-snat"},
		plan.NAT{NS: q, Table: "nat", Chain: "float-snat", Order: 1, Rule: "-s 192.168.10.222/32 -j SNAT --to-source 2.2.2.100"},
		plan.NAT{NS: q, Table: "filter", Chain: "FORWARD", Order: 1, Rule: "-i qr-a -o qr-b -j DROP", Six: true},
		plan.NAT{NS: f, Table: "raw", Chain: "PREROUTING", Order: 1, Rule: "-j CT --notrack"},
		plan.NAT{NS: q, Table: "nat", Chain: "float-snat", Order: -1, Rule: "-s 10.10.10.0/24 -o qg-1 -j ACCEPT"},
		plan.NAT{NS: q, Table: "filter", Chain: "FORWARD", Rule: "-i qr-1 -o qr-2 -j DROP"},
		plan.NAT{NS: q, Table: "filter", Chain: "FORWARD", Rule: "-i qg-1 -o sg-1 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP"},
		plan.Rule{NS: q, Priority: 57480, From: netip.MustParsePrefix("192.168.10.222/32"), Table: 16},
		plan.Rule{NS: f, Priority: 2852012033, IIF: "fpr-" + short, Table: 2852012033},
		plan.Tracked{NS: q, Addr: netip.MustParseAddr("2.2.2.100"), Fixed: netip.MustParseAddr("192.168.10.222")},
		plan.Announce{NS: f, Dev: "fpr-" + short, Addr: netip.MustParseAddr("2.2.2.100")},
	}
}

func wanted(xs []plan.Spec) *run.Wanted {
	w := run.NewWanted()
	for _, x := range xs {
		w.Put(plan.Item{Spec: x})
	}
	return w
}

// lasting leaves out the kinds of which nothing is to be seen.
func lasting(xs []plan.Spec) map[plan.Key]plan.Spec {
	m := map[plan.Key]plan.Spec{}
	for _, x := range xs {
		if k := x.Key().Kind; k != plan.KindTracked && k != plan.KindAnnounce {
			m[x.Key()] = x
		}
	}
	return m
}

func put(t testing.TB, h *Host, w *run.Wanted, xs ...plan.Spec) {
	t.Helper()
	for _, k := range plan.Kinds {
		s := run.Step{Kind: k, Want: w}
		for _, x := range xs {
			if x.Key().Kind == k {
				s.Put = append(s.Put, x)
			}
		}
		if r := h.Apply(context.Background(), s); len(r.Errors) > 0 {
			t.Fatalf("put %s: %v", k, r.Errors)
		}
	}
}

func drop(t testing.TB, h *Host, w *run.Wanted, xs ...plan.Spec) {
	t.Helper()
	for _, k := range slices.Backward(plan.Kinds[:]) {
		s := run.Step{Kind: k, Want: w}
		for _, x := range xs {
			if x.Key().Kind == k {
				s.Drop = append(s.Drop, x)
			}
		}
		if r := h.Apply(context.Background(), s); len(r.Errors) > 0 {
			t.Fatalf("drop %s: %v", k, r.Errors)
		}
	}
}

func list(t *testing.T, h *Host, w *run.Wanted) map[plan.Key]plan.Spec {
	t.Helper()
	have, err := h.List(context.Background(), w, run.Everywhere)
	if err != nil {
		t.Fatal(err)
	}
	return have
}

// setup gives a host with the items of a router made.
func setup(t *testing.T) (*Host, []plan.Spec, *run.Wanted) {
	t.Helper()
	hosttest.Need(t)
	h := New(Options{NoOffload: true})
	xs := router(uuid.NewString())
	t.Cleanup(func() {
		for _, x := range list(t, h, run.NewWanted()) {
			if x.Key().Kind == plan.KindNamespace || x.Key().Kind == plan.KindVeth {
				drop(t, h, run.NewWanted(), x)
			}
		}
		h.Close()
	})
	w := wanted(xs)
	put(t, h, w, xs...)
	return h, xs, w
}

func TestWhatWasMadeIsListedAsItWasAsked(t *testing.T) {
	h, xs, w := setup(t)
	if d := cmp.Diff(lasting(xs), list(t, h, w), compare); d != "" {
		t.Errorf("asked for and listed differ:\n%s", d)
	}
}

func TestANewDriverListsTheSame(t *testing.T) {
	_, xs, w := setup(t)
	h := New(Options{NoOffload: true})
	defer h.Close()
	if d := cmp.Diff(lasting(xs), list(t, h, w), compare); d != "" {
		t.Errorf("asked for and listed by a restarted agent differ:\n%s", d)
	}
}

func TestEverythingCanBeMadeTwice(t *testing.T) {
	h, xs, w := setup(t)
	put(t, h, w, xs...)
	if d := cmp.Diff(lasting(xs), list(t, h, w), compare); d != "" {
		t.Errorf("after making everything twice:\n%s", d)
	}
}

func TestEverythingCanBeRemovedOneByOneAndTwice(t *testing.T) {
	h, xs, _ := setup(t)
	none := run.NewWanted()
	for range 2 {
		for _, k := range slices.Backward(plan.Kinds[:]) {
			for _, x := range slices.Backward(xs) {
				if x.Key().Kind == k {
					drop(t, h, none, x)
				}
			}
		}
	}
	if have := list(t, h, none); len(have) != 0 {
		t.Errorf("left behind: %v", have)
	}
	if out := hosttest.Run(t, "ip", "-o", "link", "show", "type", "veth"); out != "" {
		t.Errorf("devices left behind: %s", out)
	}
}

func TestEveryDamageIsSeenAndRepaired(t *testing.T) {
	ns := func(xs []plan.Spec) string { return xs[0].(plan.Namespace).Name }
	id := func(xs []plan.Spec) string { return strings.TrimPrefix(ns(xs), "qrouter-")[:10] }
	in := func(xs []plan.Spec, argv ...string) []string {
		return append([]string{"ip", "netns", "exec", ns(xs)}, argv...)
	}
	cases := []struct {
		name   string
		damage func(xs []plan.Spec) []string
	}{
		{"lo-down", func(xs []plan.Spec) []string { return in(xs, "ip", "link", "set", "lo", "down") }},
		{"one-end-gone", func(xs []plan.Spec) []string { return []string{"ip", "link", "del", "tqr-" + id(xs)} }},
		{"outer-end-down", func(xs []plan.Spec) []string { return []string{"ip", "link", "set", "tqr-" + id(xs), "down"} }},
		{"inner-end-renamed", func(xs []plan.Spec) []string {
			return in(xs, "sh", "-c", "ip link set qr-"+id(xs)+" down; ip link set qr-"+id(xs)+" name x0; ip link add qr-"+id(xs)+" type veth peer name x1")
		}},
		{"mtu", func(xs []plan.Spec) []string { return in(xs, "ip", "link", "set", "qr-"+id(xs), "mtu", "1300") }},
		{"mac", func(xs []plan.Spec) []string {
			return in(xs, "ip", "link", "set", "rfp-"+id(xs), "address", "02:00:00:00:00:01")
		}},
		{"offload-on", func(xs []plan.Spec) []string { return in(xs, "ethtool", "-K", "qr-"+id(xs), "tx", "on") }},
		{"sysctl", func(xs []plan.Spec) []string { return in(xs, "sysctl", "-q", "-w", "net.ipv4.ip_forward=0") }},
		{"address-gone", func(xs []plan.Spec) []string { return in(xs, "ip", "addr", "flush", "dev", "rfp-"+id(xs)) }},
		{"strange-address", func(xs []plan.Spec) []string {
			return in(xs, "ip", "addr", "add", "10.9.9.9/24", "dev", "qr-"+id(xs))
		}},
		{"neighbours-gone", func(xs []plan.Spec) []string {
			return in(xs, "ip", "neigh", "flush", "nud", "permanent", "dev", "qr-"+id(xs))
		}},
		{"route-elsewhere", func(xs []plan.Spec) []string {
			return in(xs, "ip", "route", "replace", "default", "dev", "qr-"+id(xs), "table", "16", "proto", "static")
		}},
		{"rules-gone", func(xs []plan.Spec) []string { return in(xs, "ip", "rule", "del", "priority", "57480") }},
		{"rule-to-another-table", func(xs []plan.Spec) []string {
			return in(xs, "sh", "-c", "ip rule del priority 57480; ip rule add from 192.168.10.222 table 17 priority 57480 protocol static")
		}},
		{"ip6tables-flushed", func(xs []plan.Spec) []string { return in(xs, "ip6tables", "-F") }},
		{"nat-flushed", func(xs []plan.Spec) []string { return in(xs, "iptables", "-t", "nat", "-F") }},
		{"nat-order", func(xs []plan.Spec) []string {
			return in(xs, "sh", "-c", "iptables -t nat -D weft-POSTROUTING 1 && iptables -t nat -A weft-POSTROUTING -j ACCEPT")
		}},
		{"nat-jump-twice", func(xs []plan.Spec) []string {
			return in(xs, "iptables", "-t", "nat", "-A", "PREROUTING", "-j", "weft-PREROUTING")
		}},
		{"nat-chain-extra", func(xs []plan.Spec) []string { return in(xs, "iptables", "-t", "nat", "-N", "weft-old") }},
		{"namespace-unmounted", func(xs []plan.Spec) []string { return []string{"umount", "/run/netns/" + ns(xs)} }},
		{"namespace-gone", func(xs []plan.Spec) []string { return []string{"ip", "netns", "del", ns(xs)} }},
		{"namespace-is-a-directory", func(xs []plan.Spec) []string {
			return []string{"sh", "-c", "ip netns del " + ns(xs) + "; mkdir /run/netns/" + ns(xs)}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h, xs, w := setup(t)
			hosttest.Run(t, c.damage(xs)...)
			if cmp.Equal(lasting(xs), list(t, h, w), compare) {
				t.Fatal("the damage is not seen")
			}
			repair(t, h, w)
			if d := cmp.Diff(lasting(xs), list(t, h, w), compare); d != "" {
				t.Errorf("not repaired:\n%s", d)
			}
		})
	}
}

// repair does what the agent's loop does: read, change the difference, and again if a change took others along.
func repair(t *testing.T, h *Host, w *run.Wanted) {
	t.Helper()
	for range 3 {
		have := list(t, h, w)
		var puts, drops []plan.Spec
		for i := range w.All() {
			k := i.Key()
			if have[k] != i.Spec && k.Kind != plan.KindTracked && k.Kind != plan.KindAnnounce {
				puts = append(puts, i.Spec)
			}
		}
		for k, x := range have {
			if _, ok := w.Get(k); !ok {
				drops = append(drops, x)
			}
		}
		put(t, h, w, puts...)
		drop(t, h, w, drops...)
	}
}

func TestForeignThingsAreNeitherListedNorRemoved(t *testing.T) {
	h, xs, w := setup(t)
	q := xs[0].(plan.Namespace).Name
	for _, argv := range [][]string{
		{"ip", "netns", "add", "blue"}, {"ip", "link", "add", "veth-a", "type", "veth", "peer", "name", "veth-b"},
		{"ip", "tuntap", "add", "dev", "qr-tap", "mode", "tap"},
		{"ip", "-n", q, "link", "add", "eth0", "type", "veth", "peer", "name", "eth1"}, {"ip", "-n", q, "link", "set", "eth0", "up"},
		{"ip", "-n", q, "link", "set", "eth1", "up"},
		{"ip", "-n", q, "addr", "add", "10.1.1.1/24", "dev", "eth0"},
		{"ip", "-n", q, "route", "add", "10.2.0.0/16", "dev", "eth0"},
		{"ip", "-n", q, "rule", "add", "from", "10.1.1.1", "table", "99", "priority", "99"},
		{"ip", "netns", "exec", q, "iptables", "-t", "nat", "-N", "mine"},
		{"ip", "netns", "exec", q, "iptables", "-t", "nat", "-A", "PREROUTING", "-j", "mine"},
	} {
		hosttest.Run(t, argv...)
	}
	t.Cleanup(func() {
		hosttest.Run(t, "ip", "netns", "del", "blue")
		hosttest.Run(t, "ip", "link", "del", "veth-a")
		hosttest.Run(t, "ip", "link", "del", "qr-tap")
	})
	kernelIsDone(t, q)
	before := look(t, q)
	if d := cmp.Diff(lasting(xs), list(t, h, w), compare); d != "" {
		t.Errorf("foreign things are taken for ours:\n%s", d)
	}
	put(t, h, w, xs...)
	repair(t, h, w)
	if d := cmp.Diff(before, look(t, q)); d != "" {
		t.Errorf("foreign things changed:\n%s", d)
	}
}

// kernelIsDone waits until each device that is up in a namespace has the address that the kernel makes for it, which is a
// second or two after it came up.
func kernelIsDone(t *testing.T, ns string) {
	t.Helper()
	hosttest.Eventually(t, "the kernel has its own addresses", func() bool {
		have := hosttest.Run(t, "ip", "-n", ns, "-6", "-o", "address", "show", "scope", "link")
		for line := range strings.Lines(hosttest.Run(t, "ip", "-n", ns, "-o", "link", "show", "up", "type", "veth")) {
			name, _, _ := strings.Cut(strings.TrimSuffix(strings.Fields(line)[1], ":"), "@")
			if !strings.Contains(have, " "+name+" ") {
				return false
			}
		}
		return !strings.Contains(have, "tentative")
	})
}

// look gives everything that there is to see of the agent's own namespace and of another.
func look(t *testing.T, ns string) string {
	t.Helper()
	var out []string
	for _, c := range []string{"link", "addr", "route show table all", "rule", "neigh show nud permanent"} {
		for _, n := range [][]string{{"ip"}, {"ip", "-n", ns}} {
			out = append(out, hosttest.Run(t, append(n, strings.Fields(c)...)...))
		}
	}
	out = append(out, hosttest.Run(t, "ip", "netns"))
	save := hosttest.Run(t, "ip", "netns", "exec", ns, "iptables-save")
	for line := range strings.Lines(save) {
		if !strings.HasPrefix(line, "#") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return strings.Join(out, "\n")
}

func TestOrphansAreListedSoThatTheyCanBeRemoved(t *testing.T) {
	h, xs, _ := setup(t)
	one := run.NewWanted()
	one.Put(plan.Item{Spec: xs[1]})
	repair(t, h, one)
	if d := cmp.Diff(lasting(xs[1:2]), list(t, h, one), compare); d != "" {
		t.Errorf("what remains is not what is wanted:\n%s", d)
	}
}
