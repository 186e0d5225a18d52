package plug

import (
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"

	"weft/agent/hosttest"
)

func TestMain(m *testing.M) { os.Exit(hosttest.Main(m)) }

const (
	id  = "5a70be5b-5576-4734-9f61-61cdfc4a884a"
	mac = "fa:16:3e:00:00:01"
	tap = "tap5a70be5b-55"
)

func host(t *testing.T) (*hosttest.OVS, Plugger) {
	t.Helper()
	o := hosttest.StartOVS(t)
	o.Vsctl("add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=netdev")
	return o, Plugger{DB: o.Endpoint()}
}

func namespace(t *testing.T) string {
	t.Helper()
	hosttest.Run(t, "ip", "netns", "add", "web")
	t.Cleanup(func() { hosttest.Run(t, "ip", "netns", "delete", "web") })
	return "web"
}

func port() Port {
	return Port{
		ID: id, MAC: mac, MTU: 1400, Tap: tap, VM: "vm",
		Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.5/24"), netip.MustParsePrefix("fd00::5/64")},
		Gateways:  []netip.Addr{netip.MustParseAddr("10.0.0.1")},
	}
}

func exists(dev string) bool {
	_, err := hosttest.Try("ip", "link", "show", "dev", dev)
	return err == nil
}

func TestANamespaceIsPluggedAndTakenAway(t *testing.T) {
	o, p := host(t)
	ns := namespace(t)
	if err := p.Namespace(t.Context(), port(), ns, "eth0"); err != nil {
		t.Fatal(err)
	}
	ids := o.Vsctl("get", "Interface", tap, "external_ids")
	for _, want := range []string{`iface-id="` + id + `"`, `attached-mac="` + mac + `"`, "iface-status=active", "vm-id=vm"} {
		if !strings.Contains(ids, want) {
			t.Errorf("external_ids lack %s: %s", want, ids)
		}
	}
	seen := hosttest.Run(t, "ip", "-n", ns, "address", "show", "dev", "eth0")
	for _, want := range []string{mac, "mtu 1400", "inet 10.0.0.5/24", "inet6 fd00::5/64", ",UP"} {
		if !strings.Contains(seen, want) {
			t.Errorf("eth0 lacks %q: %s", want, seen)
		}
	}
	if routes := hosttest.Run(t, "ip", "-n", ns, "route"); !strings.Contains(routes, "default via 10.0.0.1 dev eth0") {
		t.Errorf("routes: %s", routes)
	}
	if err := p.Namespace(t.Context(), port(), ns, "eth1"); err == nil || !strings.Contains(err.Error(), "plugged already") {
		t.Errorf("plugged twice: %v", err)
	}
	if err := p.Detach(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if ports := o.Vsctl("list-ports", "br-int"); ports != "" || exists(tap) {
		t.Errorf("left: ports %q, cable %v", ports, exists(tap))
	}
	if err := p.Detach(t.Context(), id); !errors.Is(err, ErrNotPlugged) {
		t.Errorf("detached twice: %v", err)
	}
}

func TestADeviceOfSomebodyIsPluggedAndStays(t *testing.T) {
	o, p := host(t)
	hosttest.Run(t, "ip", "link", "add", "mine", "type", "veth", "peer", "name", "other")
	t.Cleanup(func() { hosttest.Run(t, "ip", "link", "delete", "mine") })
	if err := p.HostSide(t.Context(), port(), "mine"); err != nil {
		t.Fatal(err)
	}
	if got := o.Vsctl("--bare", "--columns=name", "find", "Interface", "external_ids:iface-id="+id); got != "mine" {
		t.Errorf("plugged as %q", got)
	}
	if err := p.Detach(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if ports := o.Vsctl("list-ports", "br-int"); ports != "" || !exists("mine") {
		t.Errorf("left: ports %q, the device %v", ports, exists("mine"))
	}
}

func TestWhatLibvirtPluggedIsNotTakenAway(t *testing.T) {
	o, p := host(t)
	hosttest.Run(t, "ip", "link", "add", "vnet0", "type", "veth", "peer", "name", "vnet1")
	t.Cleanup(func() { hosttest.Run(t, "ip", "link", "delete", "vnet0") })
	o.Vsctl("add-port", "br-int", "vnet0", "--", "set", "Interface", "vnet0", "external_ids:iface-id="+id)
	if err := p.Detach(t.Context(), id); err == nil || !strings.Contains(err.Error(), "virsh") {
		t.Errorf("took away what libvirt plugged: %v", err)
	}
	if ports := o.Vsctl("list-ports", "br-int"); ports != "vnet0" {
		t.Errorf("ports: %q", ports)
	}
}

func TestAFailedAttachLeavesNothing(t *testing.T) {
	o, p := host(t)
	ns := namespace(t)
	bad := port()
	bad.Gateways = []netip.Addr{netip.MustParseAddr("192.0.2.1")} // not on any of its networks
	if err := p.Namespace(t.Context(), bad, ns, "eth0"); err == nil {
		t.Fatal("a gateway that cannot be reached was taken")
	}
	if ports := o.Vsctl("list-ports", "br-int"); ports != "" || exists(tap) {
		t.Errorf("left: ports %q, cable %v", ports, exists(tap))
	}
	if err := p.Namespace(t.Context(), port(), "nowhere", "eth0"); err == nil || exists(tap) {
		t.Errorf("a namespace that is not there: %v, cable %v", err, exists(tap))
	}
	if err := p.HostSide(t.Context(), port(), "nodev"); err == nil || !strings.Contains(err.Error(), "nodev") {
		t.Errorf("a device that is not there: %v", err)
	}
}
