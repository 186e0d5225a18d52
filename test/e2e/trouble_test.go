package e2e

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"weft/lab"
)

// all types commands, which must succeed.
func (w *program) all(t *testing.T, lines string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		if words := strings.Fields(line); len(words) > 0 {
			w.must(t, words...)
		}
	}
}

// use points the program's own commands at the lab.
func (w *program) use(t *testing.T) {
	t.Helper()
	w.env = exports(w.must(t, "lab", "env"))
}

// demoCloud has the names of the demo, with three of its guests.
const demoCloud = `
	network create blue
	network create green
	network create external --external --provider-network-type flat --provider-physical-network public
	subnet create blue --network blue --subnet-range 192.168.10.0/24
	subnet create green --network green --subnet-range 10.10.10.0/24
	subnet create external --network external --subnet-range 2.2.2.0/24 --gateway 2.2.2.1 --no-dhcp
	router create router
	router add subnet router blue
	router add subnet router green
	port create vm1 --network blue
	port create vm3 --network blue
	port create vm5 --network green --fixed-ip ip-address=10.10.10.4
	lab guest add vm1 --host host1 --port vm1
	lab guest add vm3 --host host2 --port vm3
	lab guest add vm5 --host host2 --port vm5
`

// gateway is what the demo's cloud has beyond that.
const gateway = `
	router set --external-gateway external router
	floatingip create external --floating-ip-address 2.2.2.100 --port vm1
`

func TestWhatATraceSaysOfFaultsIsWhatHelps(t *testing.T) {
	t.Parallel()
	w := build(t, "e2etrouble")
	w.must(t, "lab", "up")
	w.use(t)
	w.all(t, demoCloud)
	w.settles(t, 0, "DELIVERED", "vm1", "--to", "vm3")
	t.Run("before-there-is-a-gateway", func(t *testing.T) {
		w.settles(t, 1, "network is unreachable.\nWhat helps: the router has no gateway", "vm1", "--to", "8.8.8.8")
	})
	w.all(t, gateway)
	for _, c := range faults() {
		t.Run(c.name, func(t *testing.T) {
			w.all(t, c.breaks)
			w.settles(t, 1, c.says, c.trace...)
			w.all(t, c.mends)
		})
	}
	t.Run("what-else-was-seen", w.warns)
	t.Run("all-is-mended", func(t *testing.T) {
		w.settles(t, 0, "DELIVERED on host2", "vm1", "--to", "vm5", "--tcp", "22")
		w.settles(t, 0, "DELIVERED on host1", "--outside", "external", "--to", "2.2.2.100")
		w.settles(t, 0, "with the source 2.2.2.100", "vm1", "--to", "10.0.44.64")
		w.ping(t, "vm1", "10.10.10.4")
		w.ping(t, "outside", "2.2.2.100")
	})
	t.Run("every-command-of-the-page", func(t *testing.T) {
		w.page(t, "../../docs/troubleshooting.md")
	})
	w.must(t, "lab", "down")
	w.nothingLeft(t)
}

// warns wants a trace to tell of what weft has no part in, and what may be the fault all the same.
func (w *program) warns(t *testing.T) {
	ns := "qrouter-" + strings.TrimSpace(w.must(t, "router", "show", "router", "-o", "value", "-c", "id"))
	others := func(do string) {
		w.must(t, "lab", "host", "host1", "--", "ip", "netns", "exec", ns, "iptables", do, "FORWARD", "-d", "10.10.10.4", "-j", "DROP")
	}
	others("-I")
	w.settles(t, 0, "Beware: host1: somebody has put a rule of their own into "+ns, "vm1", "--to", "vm5")
	others("-D")
	port := w.must(t, "port", "show", "vm3", "-o", "value", "-c", "fixed_ips")
	own := strings.TrimSpace(port) + "/24"
	w.all(t, `
		lab exec vm3 -- ip addr flush dev eth0
		lab exec vm3 -- ip addr add 192.168.10.77/24 dev eth0`)
	if out, code := w.run("lab", "exec", "vm3", "--", "ping", "-c1", "-W1", "-I", "192.168.10.77", "192.168.10.1"); code == 0 {
		t.Errorf("a guest with another's address is answered:\n%s", out)
	}
	w.settles(t, 0, "were not from its own MAC and addresses", "vm3", "--to", "vm1")
	w.all(t, "lab exec vm3 -- ip addr flush dev eth0\nlab exec vm3 -- ip addr add "+own+" dev eth0")
}

// fault is something that breaks one way, and what a trace of it must say.
type fault struct {
	name, breaks string
	trace        []string
	says, mends  string
}

func faults() []fault {
	const drop = " FORWARD -p udp --dport 4789 -j DROP"
	to := func(words ...string) []string { return words }
	return []fault{
		{"destination-disabled", "port set --disable vm3", to("vm1", "--to", "vm3"),
			"port vm3 is down: somebody has disabled it", "port set --enable vm3"},
		{"sender-disabled", "port set --disable vm1", to("vm1", "--to", "vm3"),
			"br-int 0 local_switching: port vm1 is down", "port set --enable vm1"},
		{"wrong-mac", "", to("vm1", "--to", "vm3", "--from-mac", "fa:16:3e:00:00:01"),
			"br-int 25 mac_spoof: port vm1 may not send from", ""},
		{"nobody-has-the-address", "", to("vm1", "--to", "192.168.10.77"), "nobody on network blue has the address 192.168.10.77", ""},
		{"other-address-scope", `
			address-scope create one
			address-scope create two
			subnetpool create one --address-scope one --pool-prefix 10.71.0.0/16 --default-prefix-length 24
			subnetpool create two --address-scope two --pool-prefix 10.72.0.0/16 --default-prefix-length 24
			network create first
			network create second
			subnet create first --network first --subnet-pool one
			subnet create second --network second --subnet-pool two
			router create between
			router add subnet between first
			router add subnet between second
			port create guest1 --network first
			port create guest2 --network second
			lab guest add guest1 --host host1 --port guest1
			lab guest add guest2 --host host2 --port guest2`, to("guest1", "--to", "guest2"),
			"of different address scopes, between which it forwards nothing", ""},
		{"floating-ip-without-a-port", "floatingip unset --port 2.2.2.100", to("--outside", "external", "--to", "2.2.2.100"),
			"DROPPED: floating IP 2.2.2.100 stands for no port", "floatingip set --port vm1 2.2.2.100"},
		{"firewall-on-the-underlay", "lab exec router -- iptables -I" + drop, to("vm1", "--to", "vm5"),
			"DROPPED on host1, underlay: UDP 4789 is filtered", "lab exec router -- iptables -D" + drop},
		{"guest-is-off", "lab guest delete vm3", to("vm1", "--to", "vm3"),
			"port vm3 is plugged in on no host", "lab guest add vm3 --host host2 --port vm3"},
		{"interface-is-down", "lab exec vm3 -- ip link set eth0 down", to("vm1", "--to", "vm3"),
			"the interface of port vm3 is down: nothing is at its other end", "lab exec vm3 -- ip link set eth0 up"},
		{"sender-is-down", "lab exec vm3 -- ip link set eth0 down", to("vm3", "--to", "vm1"),
			"DROPPED on host2, tap", "lab exec vm3 -- ip link set eth0 up"},
		{"agent-is-dead", "lab kill host2 agent", to("vm1", "--to", "vm3"),
			"UNKNOWN on host2, br-tun: the agent of host host2 does not answer", "lab start host2 agent"},
	}
}

// settles wants a trace to say something, and to end so, as soon as switches have what they should.
func (w *program) settles(t *testing.T, want int, says string, args ...string) {
	t.Helper()
	within(t, func() error {
		out, code := w.run(append([]string{"trace"}, args...)...)
		if code != want {
			return fmt.Errorf("weft trace %s: exit status %d, want %d\n%s", strings.Join(args, " "), code, want, out)
		}
		return contains(out, says)
	})
}

// A port that somebody deleted comes back with its id, its guest is plugged in still, and nobody else notices anything.
func TestABackupBringsAPortBackWhilePacketsFlow(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "e2ekeep")
	a, b := c.guest(t, "a", "host1"), c.guest(t, "b", "host2")
	lost := c.guest(t, "lost", "host2")
	c.w.use(t)
	c.reach(t)
	file := filepath.Join(t.TempDir(), "weft.db")
	c.w.must(t, "backup", file)
	c.settled(t)
	answers := c.pinging(t, a, b)
	c.w.must(t, "port", "delete", "lost")
	if out, code := c.w.run("port", "show", "lost"); code != 3 {
		t.Fatalf("the deleted port is there: exit status %d\n%s", code, out)
	}
	c.settled(t)
	if out := c.in(t, "a", "ping -n -c1 -W2 "+lost.Addresses[0].Addr().String()); !strings.Contains(out, "100% packet loss") {
		t.Errorf("a guest without a port answers:\n%s", out)
	}
	if out := c.w.must(t, "restore", file); !strings.Contains(out, "--yes does it") {
		t.Errorf("a restoration without --yes says:\n%s", out)
	}
	c.w.must(t, "restore", file, "--yes", "--wait")
	c.status(t, lost.PortID, "ACTIVE")
	c.settled(t)
	c.pings(t, "a", lost)
	c.inLine(t)
	if out := answers(); gaps(out) {
		t.Errorf("others noticed:\n%s", out)
	}
}

// gaps reports whether a request of ping was not answered, but for the last ones, which ping was ended before.
func gaps(out string) bool {
	answered := answer.FindAllStringSubmatch(out, -1)
	sent := transmitted.FindStringSubmatch(out)
	if len(answered) == 0 || sent == nil {
		return true
	}
	n := len(answered)
	return answered[n-1][1] != strconv.Itoa(n) || !slices.Contains([]string{strconv.Itoa(n), strconv.Itoa(n + 1), strconv.Itoa(n + 2)}, sent[1])
}

// What ping says: of each answer, and in the end. Up to two requests may be on the way then, on a busy machine.
var (
	answer      = regexp.MustCompile(`bytes from .* icmp_seq=(\d+) `)
	transmitted = regexp.MustCompile(`(\d+) packets transmitted`)
)

// inLine wants "weft diff" to find nothing on any host.
func (c *cloud) inLine(t *testing.T) {
	t.Helper()
	for _, h := range c.lab.Topology().Hosts {
		c.w.must(t, "diff", h.Name)
	}
}

// pinging lets one guest ping another until what it returns is called, which gives what ping says at its end.
func (c *cloud) pinging(t *testing.T, from, to lab.Guest) func() string {
	t.Helper()
	var out strings.Builder
	script := "ping -n -i0.2 -W10 " + to.Addresses[0].Addr().String() + " & read -r _; kill -INT $!; wait $!"
	cmd := c.w.command(t.Context(), "lab", "exec", from.Name, "--", "sh", "-c", script)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &out, 20*time.Second
	end, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() string {
		if err := errors.Join(end.Close(), cmd.Wait()); err != nil {
			t.Errorf("ping: %v", err)
		}
		return out.String()
	}
}
