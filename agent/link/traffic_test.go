package link

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"weft/agent/hosttest"
	"weft/agent/run"
	"weft/plan"
)

func TestConnectionsThroughARemovedFloatingIPAreForgotten(t *testing.T) {
	hosttest.Need(t)
	h, q := New(Options{}), "qrouter-"+uuid.NewString()
	defer h.Close()
	fip, fixed := netip.MustParseAddr("2.2.2.100"), netip.MustParseAddr("127.0.0.5")
	items := []plan.Spec{
		plan.Namespace{Name: q},
		plan.NAT{NS: q, Table: "nat", Chain: "OUTPUT", Rule: "-d 2.2.2.100/32 -j DNAT --to-destination 127.0.0.5"},
	}
	w := wanted(items)
	put(t, h, w, items...)
	defer func() { drop(t, h, run.NewWanted(), items[0]) }()
	hosttest.Run(t, "ip", "-n", q, "route", "add", "default", "dev", "lo")
	send := func(to string) { // a datagram makes an entry
		if err := inside(q, func() error {
			c, err := net.Dial("udp", to)
			if err == nil {
				_, _ = c.Write([]byte("x")) // nobody listens: the entry is what counts
				err = c.Close()
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	forgotten := plan.Tracked{NS: q, Addr: fip, Fixed: fixed}
	if drop(t, h, w, forgotten); h.searches != 0 {
		t.Errorf("%d searches for connections where there are none", h.searches)
	}
	send("2.2.2.100:7")
	send("127.0.0.9:7")
	if n := len(entries(t, h, q, fip)); n != 1 {
		t.Fatalf("%d connections involve the floating IP, want 1", n)
	}
	if drop(t, h, w, forgotten); h.searches != 1 {
		t.Errorf("%d searches for the floating IP's connections, want 1", h.searches)
	}
	if n := len(entries(t, h, q, fip)); n != 0 {
		t.Errorf("%d connections still involve the floating IP", n)
	}
	if n := len(entries(t, h, q, netip.MustParseAddr("127.0.0.9"))); n != 1 {
		t.Errorf("%d other connections left, want 1", n)
	}
}

func TestOnlyConnectionsToPortsThatWereForwardedAreForgotten(t *testing.T) {
	to := func(proto uint8, port uint16) *netlink.ConntrackFlow {
		return &netlink.ConntrackFlow{Forward: netlink.IPTuple{DstIP: net.IPv4(2, 2, 2, 100), DstPort: port, Protocol: proto}}
	}
	all := involving(plan.Tracked{Addr: netip.MustParseAddr("2.2.2.100"), Proto: "sctp", Port: 80, Last: 90})
	one := involving(plan.Tracked{Addr: netip.MustParseAddr("2.2.2.100"), Proto: "sctp", Port: 80})
	for port, want := range map[uint16][2]bool{79: {}, 80: {true, true}, 81: {true, false}, 90: {true, false}, 91: {}} {
		if got := [2]bool{all.MatchConntrackFlow(to(unix.IPPROTO_SCTP, port)), one.MatchConntrackFlow(to(unix.IPPROTO_SCTP, port))}; got != want {
			t.Errorf("port %d: of the range, of the port alone: %v, want %v", port, got, want)
		}
	}
	if all.MatchConntrackFlow(to(unix.IPPROTO_TCP, 85)) {
		t.Error("one of another protocol is forgotten")
	}
}

func entries(t *testing.T, h *Host, ns string, a netip.Addr) []string {
	t.Helper()
	b, err := h.open(ns)
	if err != nil {
		t.Fatal(err)
	}
	list, err := b.ConntrackTableList(0x1, unix.AF_INET)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range list {
		if involving(plan.Tracked{Addr: a}).MatchConntrackFlow(f) {
			out = append(out, f.String())
		}
	}
	return out
}

// hearing starts to listen for announcements of 2.2.2.101 in a namespace. What it gives counts words that were heard.
func hearing(t *testing.T, ns, dev string) func(string) int {
	t.Helper()
	file := filepath.Join(t.TempDir(), "arp")
	cmd := exec.Command("ip", "netns", "exec", ns, "tcpdump", "-i", dev, "-l", "-n", "-Z", "root", "arp", "and", "arp[14:4]==0x02020265")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); _ = out.Close() })
	seen := func(s string) int { b, _ := os.ReadFile(file); return strings.Count(string(b), s) }
	hosttest.Eventually(t, "tcpdump listens", func() bool { return seen("listening on") == 1 })
	return seen
}

func TestAnAddressIsAnnouncedFiveTimesInBothForms(t *testing.T) {
	h, xs, w := setup(t)
	for i := range h.rounds {
		h.rounds[i] /= 100 // as often, sooner
	}
	fip := xs[1].(plan.Namespace).Name
	dev := "fpr-" + strings.TrimPrefix(fip, "fip-")[:10]
	seen := hearing(t, fip, dev)
	r := h.Apply(context.Background(), run.Step{Kind: plan.KindAnnounce, Want: w, Put: []plan.Spec{
		plan.Announce{NS: fip, Dev: dev, Addr: netip.MustParseAddr("2.2.2.101")},
	}})
	if len(r.Errors) > 0 {
		t.Fatal(r.Errors)
	}
	hosttest.Eventually(t, "five of each form", func() bool {
		return seen("who-has 2.2.2.101") == 5 && seen("Reply 2.2.2.101 is-at fa:16:3e:00:00:03") == 5
	})
}

func TestAnAddressThatGoesIsAnnouncedNoMore(t *testing.T) {
	h, xs, w := setup(t)
	fip := xs[1].(plan.Namespace).Name
	dev := "fpr-" + strings.TrimPrefix(fip, "fip-")[:10]
	seen := hearing(t, fip, dev)
	item := plan.Announce{NS: fip, Dev: dev, Addr: netip.MustParseAddr("2.2.2.101")}
	for _, s := range []run.Step{
		{Kind: plan.KindAnnounce, Want: w, Put: []plan.Spec{item}}, {Kind: plan.KindAnnounce, Want: w, Drop: []plan.Spec{item}},
	} {
		if r := h.Apply(context.Background(), s); len(r.Errors) > 0 {
			t.Fatal(r.Errors)
		}
	}
	drop(t, h, w, xs[len(xs)-1]) // the router's own
	h.wg.Wait()                  // whoever would have said more has ended, long before the second round
	hosttest.Eventually(t, "the first round", func() bool { return seen("who-has 2.2.2.101") == 1 })
}
