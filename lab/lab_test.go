package lab

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"

	"weft/lab/machine"
)

// bare starts what is below weft: machines, cables, Open vSwitch.
func bare(t *testing.T, l *Lab) {
	t.Helper()
	ctx := testContext(t)
	if err := l.startMachines(ctx); err != nil {
		t.Fatal(err)
	}
	if err := l.layWires(ctx); err != nil {
		t.Fatal(err)
	}
	for _, h := range l.Topology().Hosts {
		if err := l.ensureSwitch(ctx, h); err != nil {
			t.Fatal(err)
		}
	}
}

func mustRun(t *testing.T, l *Lab, machine string, argv ...string) string {
	t.Helper()
	out, err := l.Run(testContext(t), machine, argv...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func twoHosts() Topology {
	t := Default()
	t.Hosts = t.Hosts[:2] // in two racks
	return t
}

// What the rest of the lab stands on: the userspace datapath sends VXLAN through a router.
func TestFlowBasedTunnelsPassTheRouter(t *testing.T) {
	l := testLab(t, twoHosts())
	bare(t, l)
	hosts := l.Topology().Hosts
	for i, h := range hosts {
		peer := hosts[1-i].Address
		mustRun(t, l, h.Name, "ovs-vsctl", "add-br", "br-t", "--", "set", "Bridge", "br-t", "datapath_type=netdev",
			"fail_mode=secure", "--", "add-port", "br-t", "vx", "--", "set", "Interface", "vx", "type=vxlan",
			"options:remote_ip=flow", "options:key=flow", "options:local_ip="+h.Address.String(), "ofport_request=1")
		mustRun(t, l, h.Name, "ovs-ofctl", "add-flow", "br-t", fmt.Sprintf(
			"in_port=LOCAL,actions=set_field:%s->tun_dst,set_field:77->tun_id,output:1", peer))
		mustRun(t, l, h.Name, "ovs-ofctl", "add-flow", "br-t",
			fmt.Sprintf("in_port=1,tun_id=77,tun_src=%s,actions=LOCAL", peer))
		mustRun(t, l, h.Name, "sh", "-c", fmt.Sprintf("ip address add 10.9.9.%d/24 dev br-t && ip link set br-t up mtu 1450", i+1))
	}
	mustRun(t, l, hosts[0].Name, "ping", "-c3", "-W5", "-i0.2", "10.9.9.2")
	mustRun(t, l, hosts[0].Name, "ping", "-c1", "-W5", "-M", "do", "-s", "1422", "10.9.9.2")
}

// The userspace datapath makes the underlay bridge's device anew, without its address.
func TestSwitchComesBackWithItsUnderlayAddress(t *testing.T) {
	l := testLab(t, twoHosts())
	bare(t, l)
	h := l.Topology().Hosts[0]
	for _, service := range []string{ServiceVSwitchd, ServiceOVSDB} {
		if err := l.Stop(testContext(t), h.Name, service); err != nil {
			t.Fatal(err)
		}
		if err := l.running(testContext(t), h.Name, service); err == nil {
			t.Fatalf("%s still runs after it was ended", service)
		}
		if err := l.Start(testContext(t), h.Name, service); err != nil {
			t.Fatal(err)
		}
	}
	mustRun(t, l, h.Name, "ping", "-c2", "-W5", "-i0.2", "10.1.2.4")
}

func TestDownLeavesNothing(t *testing.T) {
	l := testLab(t, twoHosts())
	bare(t, l)
	inits := l.processes()
	if len(inits) != 5 {
		t.Fatalf("found %d machines, want 5", len(inits))
	}
	var inside []int
	for _, p := range inits {
		numbers, err := machine.Inside(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, outer := range numbers {
			inside = append(inside, outer)
		}
	}
	if len(inside) < 5+4 { // the inits, and two daemons on each host
		t.Fatalf("found %d processes in the machines, want 9 or more", len(inside))
	}
	damage := func() error { return nil }
	down(t, l, damage)
	for _, pid := range inside {
		if p, err := machine.Find(pid); err == nil && p.Alive() {
			t.Errorf("process %d is left", pid)
		}
	}
	checkClean(t, l)
	down(t, l, damage) // again, with nothing there
}

// A lab whose records are lost or half written goes too.
func TestDownFindsMachinesWithoutRecords(t *testing.T) {
	damages := map[string]func(l *Lab) error{
		"no-state":   func(l *Lab) error { return os.Remove(l.stateFile()) },
		"half-state": func(l *Lab) error { return os.WriteFile(l.stateFile(), []byte(`{"machines": {"host1"`), 0o600) },
		"one-dead": func(l *Lab) error {
			return l.state.Machines["host1"].Kill(t.Context())
		},
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			l := testLab(t, twoHosts())
			if err := l.startMachines(testContext(t)); err != nil {
				t.Fatal(err)
			}
			if err := l.layWires(testContext(t)); err != nil {
				t.Fatal(err)
			}
			inits := l.processes()
			down(t, l, func() error { return damage(l) })
			for _, p := range inits {
				if p.Alive() {
					t.Errorf("machine with init %d is left", p.PID)
				}
			}
			checkClean(t, l)
		})
	}
}

// down removes the lab as a new program would, which remembers nothing.
func down(t *testing.T, l *Lab, damage func() error) {
	t.Helper()
	if err := damage(); err != nil {
		t.Fatal(err)
	}
	other, err := New(Config{Name: l.name, Root: l.root, Out: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Down(testContext(t)); err != nil {
		t.Fatal(err)
	}
}

func checkClean(t *testing.T, l *Lab) {
	t.Helper()
	if _, err := os.Stat(l.dir); !missing(err) {
		t.Errorf("folder %s is left: %v", l.dir, err)
	}
	if _, err := netlink.LinkByName(l.shellDevice()); err == nil {
		t.Errorf("device %s is left", l.shellDevice())
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mounts), l.dir) {
		t.Errorf("a mount of %s is left", l.dir)
	}
}

// A machine that died is made again, with its cables, and the others are left alone.
func TestMachinesAreRepaired(t *testing.T) {
	l := testLab(t, twoHosts())
	bare(t, l)
	before := l.state.Machines["host2"]
	if err := l.state.Machines["host1"].Kill(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Run(testContext(t), "host1", "true"); err == nil {
		t.Fatal("a dead machine runs commands")
	}
	bare(t, l)
	if l.state.Machines["host2"] != before {
		t.Error("a machine that was well was made again")
	}
	mustRun(t, l, "host1", "ping", "-c2", "-W5", "-i0.2", "10.1.2.4")
	mustRun(t, l, "controller", "ping", "-c1", "-W5", l.Topology().managed(managedFirstHost).Addr().String())
}

func TestOneCommandAtATimeChangesALab(t *testing.T) {
	l := testLab(t, twoHosts())
	unlock, err := l.lock()
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	other, err := New(Config{Name: l.name, Root: l.root})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Down(testContext(t)); err != ErrBusy { //nolint:errorlint // the sentinel itself
		t.Errorf("Down while another command runs: got %v, want %v", err, ErrBusy)
	}
}
