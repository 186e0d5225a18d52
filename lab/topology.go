package lab

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Topology says what a lab consists of.
type Topology struct {
	// Management is the network between the controller and the hosts. Zero: one that is free on this machine.
	Management netip.Prefix `yaml:"management,omitempty" json:"management"`
	// Underlays are the networks that carry tunnels, with one router between them.
	Underlays []Underlay `yaml:"underlays" json:"underlays"`
	External  External   `yaml:"external" json:"external"`
	Wires     []Wire     `yaml:"wires,omitempty" json:"wires,omitempty"`
	Hosts     []Host     `yaml:"hosts" json:"hosts"`
}

// Underlay is a network of hosts; the router has its first address.
type Underlay struct {
	Name   string       `yaml:"name" json:"name"`
	Subnet netip.Prefix `yaml:"subnet" json:"subnet"`
	MTU    int          `yaml:"mtu,omitempty" json:"mtu,omitempty"` // of every device on it; 0: 1500
}

// External is the physical network outside of the cloud, and the machine "outside" on it.
type External struct {
	Physnet string `yaml:"physnet" json:"physnet"` // its name in bridge mappings
	Bridge  string `yaml:"bridge" json:"bridge"`   // the provider bridge on every host
	// Outside is the address, with the network's length, of the machine "outside": also the cloud's gateway.
	Outside netip.Prefix `yaml:"outside" json:"outside"`
	// Beyond are addresses behind that machine, which the cloud reaches through it.
	Beyond []netip.Prefix `yaml:"beyond,omitempty" json:"beyond,omitempty"`
}

// Host is a hypervisor.
type Host struct {
	Name string `yaml:"name" json:"name"`
	// Address is the end of its tunnels, on the underlay whose subnet holds it.
	Address netip.Addr `yaml:"address" json:"address"`
}

// Default is three hypervisors in two racks.
func Default() Topology {
	return Topology{
		Underlays: []Underlay{
			{Name: "rack1", Subnet: netip.MustParsePrefix("10.1.1.0/24")},
			{Name: "rack2", Subnet: netip.MustParsePrefix("10.1.2.0/24")},
		},
		External: External{
			Physnet: "public", Bridge: "br-ex",
			Outside: netip.MustParsePrefix("2.2.2.1/24"),
			Beyond:  []netip.Prefix{netip.MustParsePrefix("10.0.44.64/32")},
		},
		Hosts: []Host{
			{Name: "host1", Address: netip.MustParseAddr("10.1.1.3")},
			{Name: "host2", Address: netip.MustParseAddr("10.1.2.4")},
			{Name: "host3", Address: netip.MustParseAddr("10.1.1.5")},
		},
	}
}

// LoadTopology reads a topology from a YAML file. Words that it does not know are errors.
func LoadTopology(path string) (Topology, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Topology{}, fmt.Errorf("read topology: %w", err)
	}
	var t Topology
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(&t); err != nil && !errors.Is(err, io.EOF) {
		return Topology{}, fmt.Errorf("read topology %s: %w", path, err)
	}
	if err := t.Validate(); err != nil {
		return Topology{}, fmt.Errorf("read topology %s: %w", path, err)
	}
	return t, nil
}

// The machines that every lab has beside its hosts.
const (
	MachineController = "controller"
	MachineRouter     = "router"
	MachineOutside    = "outside"
)

const maxHosts = 200 // of a management network of 254 addresses

// Names become host names, folders and device names (up to 15 letters).
var nameForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,12}$`)

func checkName(what, name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("%s %q: a name is a lower case letter and up to 12 more, digits or '-'", what, name)
	}
	return nil
}

// Validate says what is wrong with a topology.
func (t Topology) Validate() error {
	if t.Management.IsValid() && (!t.Management.Addr().Is4() || t.Management.Bits() > 24) {
		return fmt.Errorf("management: %s is not an IPv4 network of /24 or larger", t.Management)
	}
	if len(t.Hosts) == 0 || len(t.Hosts) > maxHosts {
		return fmt.Errorf("hosts: %d are given, 1 to %d are possible", len(t.Hosts), maxHosts)
	}
	return errors.Join(t.checkUnderlays(), t.External.check(), t.checkHosts(), t.checkWires())
}

func (t Topology) checkUnderlays() error {
	for i, u := range t.Underlays {
		if err := checkName("underlay", u.Name); err != nil {
			return err
		}
		if !u.Subnet.IsValid() || u.Subnet.Addr().BitLen()-u.Subnet.Bits() < 3 || u.Subnet != u.Subnet.Masked() {
			return fmt.Errorf("underlay %s: subnet %s is not a network of 8 addresses or more", u.Name, u.Subnet)
		}
		if u.MTU != 0 && (u.MTU < 1280 || u.MTU > 9216) {
			return fmt.Errorf("underlay %s: mtu %d is not within 1280 to 9216", u.Name, u.MTU)
		}
		for _, o := range t.Underlays[:i] {
			if o.Name == u.Name || o.Subnet.Overlaps(u.Subnet) {
				return fmt.Errorf("underlay %s: it collides with underlay %s (%s)", u.Name, o.Name, o.Subnet)
			}
		}
	}
	return nil
}

func (e External) check() error {
	if e.Physnet == "" {
		return errors.New("external: physnet is missing")
	}
	if err := checkName("external bridge", e.Bridge); err != nil {
		return err
	}
	if slices.Contains([]string{bridgeUnderlay, "br-int", "br-tun"}, e.Bridge) {
		return fmt.Errorf("external bridge %q: the name is taken by another bridge of the host", e.Bridge)
	}
	if !e.Outside.IsValid() || e.Outside.IsSingleIP() {
		return fmt.Errorf("external: outside %q is not an address with the length of its network", e.Outside)
	}
	return nil
}

func (t Topology) checkHosts() error {
	names, addrs := map[string]bool{}, map[netip.Addr]bool{}
	for _, n := range []string{MachineController, MachineRouter, MachineOutside, MachineSwitch} {
		names[n] = true
	}
	for _, m := range t.physical() {
		if names[m.Name] {
			return fmt.Errorf("machine %s: the name is taken", m.Name)
		}
		names[m.Name] = true
	}
	for _, h := range t.Hosts {
		if err := checkName("host", h.Name); err != nil {
			return err
		}
		u, ok := t.Underlay(h)
		switch {
		case names[h.Name]:
			return fmt.Errorf("host %s: the name is taken", h.Name)
		case !ok:
			return fmt.Errorf("host %s: no underlay's subnet holds its address %s", h.Name, h.Address)
		case addrs[h.Address] || h.Address == u.router().Addr() || h.Address == u.Subnet.Addr():
			return fmt.Errorf("host %s: address %s is taken", h.Name, h.Address)
		}
		names[h.Name], addrs[h.Address] = true, true
	}
	return nil
}

// Underlay finds the network that a host is on.
func (t Topology) Underlay(h Host) (Underlay, bool) {
	for _, u := range t.Underlays {
		if u.Subnet.Contains(h.Address) {
			return u, true
		}
	}
	return Underlay{}, false
}

// Host finds a host by name.
func (t Topology) Host(name string) (Host, bool) {
	i := slices.IndexFunc(t.Hosts, func(h Host) bool { return h.Name == name })
	if i < 0 {
		return Host{}, false
	}
	return t.Hosts[i], true
}

// Machines lists all machines, the hosts last.
func (t Topology) Machines() []string {
	all := []string{MachineController, MachineRouter, MachineOutside}
	if len(t.Wires) > 0 {
		all = append(all, MachineSwitch)
	}
	for _, m := range t.physical() {
		all = append(all, m.Name)
	}
	for _, h := range t.Hosts {
		all = append(all, h.Name)
	}
	return all
}

// router is the address of the router on the underlay.
func (u Underlay) router() netip.Prefix {
	return netip.PrefixFrom(u.Subnet.Masked().Addr().Next(), u.Subnet.Bits())
}

// managed gives the n-th address of the management network, with its length.
func (t Topology) managed(n int) netip.Prefix {
	a := t.Management.Masked().Addr().As4()
	a[2], a[3] = a[2]+byte(n>>8), byte(n)
	return netip.PrefixFrom(netip.AddrFrom4(a), t.Management.Bits())
}

const (
	managedController = 1
	managedFirstHost  = 11
	managedShell      = 254
)

// Controller is the controller's address on the management network.
func (t Topology) Controller() netip.Addr { return t.managed(managedController).Addr() }

// managedHost is the address of a host in the network that it has with the controller.
func (t Topology) managedHost(name string) (netip.Addr, bool) {
	i := slices.IndexFunc(t.Hosts, func(h Host) bool { return h.Name == name })
	return t.managed(managedFirstHost + max(i, 0)).Addr(), i >= 0
}
