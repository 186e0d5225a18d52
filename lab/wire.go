package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Wire is a physical network beside the external one: a learning switch of the machine "switch", with a cable to every
// host, on which all VLANs pass, and to machines that weft knows nothing of. The hosts' agents make the bridge and plug
// the cable into it.
type Wire struct {
	Physnet  string    `yaml:"physnet" json:"physnet"`
	Bridge   string    `yaml:"bridge" json:"bridge"`
	Hosts    []string  `yaml:"hosts,omitempty" json:"hosts,omitempty"` // those with a cable; none: all
	Machines []Machine `yaml:"machines,omitempty" json:"machines,omitempty"`
}

// Machine is a physical machine on a wire. The switch's port is an access port of its VLAN.
type Machine struct {
	Name    string       `yaml:"name" json:"name"`
	Address netip.Prefix `yaml:"address" json:"address"`
	VLAN    uint16       `yaml:"vlan,omitempty" json:"vlan,omitempty"` // 0: the untagged network
	Gateway netip.Addr   `yaml:"gateway,omitempty" json:"gateway"`
}

const (
	maxWires   = 4
	devMachine = "eth0"
)

// MachineSwitch is the machine that has the wires' switches, if there are wires. They are of Open vSwitch, since not every
// kernel knows VLANs.
const MachineSwitch = "switch"

// Switch is the name of a wire's switch.
func (w Wire) Switch() string { return "sw-" + w.Physnet }

// reaches reports whether a host has a cable to the wire.
func (w Wire) reaches(host string) bool { return len(w.Hosts) == 0 || slices.Contains(w.Hosts, host) }

// devWire names a host's end of its cable to the n-th wire.
func devWire(n int) string { return fmt.Sprintf("eth%d", n+2) }

// port names the switch's end of a cable.
func (w Wire) port(n int, machine string) string {
	return fmt.Sprintf("w%d-%s", n, machine)[:min(15, len(machine)+3)]
}

func (t Topology) checkWires() error {
	if len(t.Wires) > maxWires {
		return fmt.Errorf("wires: %d are given, up to %d are possible", len(t.Wires), maxWires)
	}
	names := map[string]bool{t.External.Physnet: true, t.External.Bridge: true, bridgeUnderlay: true, "br-int": true, "br-tun": true}
	for _, w := range t.Wires {
		if err := errors.Join(checkName("wire", w.Physnet), checkName("bridge of wire", w.Bridge)); err != nil {
			return err
		}
		if names[w.Physnet] || names[w.Bridge] {
			return fmt.Errorf("wire %s: its name, or that of its bridge %s, is taken", w.Physnet, w.Bridge)
		}
		names[w.Physnet], names[w.Bridge] = true, true
		for _, h := range w.Hosts {
			if _, ok := t.Host(h); !ok {
				return fmt.Errorf("wire %s: there is no host %q", w.Physnet, h)
			}
		}
		for _, m := range w.Machines {
			if err := checkName("machine", m.Name); err != nil {
				return err
			}
			if !m.Address.IsValid() || m.VLAN > 4094 {
				return fmt.Errorf("wire %s: machine %s needs an address with the length of its network, and a VLAN up to 4094", w.Physnet, m.Name)
			}
		}
	}
	return nil
}

// physical lists the machines on the wires.
func (t Topology) physical() []Machine {
	var all []Machine
	for _, w := range t.Wires {
		all = append(all, w.Machines...)
	}
	return all
}

// wireCables lists the cables of the wires.
func (t Topology) wireCables() []cable {
	var all []cable
	for i, w := range t.Wires {
		for _, h := range t.Hosts {
			if w.reaches(h.Name) {
				all = append(all, cable{
					{machine: h.Name, name: devWire(i)},
					{machine: MachineSwitch, name: w.port(i, h.Name)},
				})
			}
		}
		for _, m := range w.Machines {
			all = append(all, cable{
				{machine: m.Name, name: devMachine},
				{machine: MachineSwitch, name: w.port(i, m.Name)},
			})
		}
	}
	return all
}

// mappings lists the bridge mappings of a host's agent.
func (t Topology) mappings(host string) []string {
	all := []string{"--bridge-mapping", t.External.Physnet + ":" + t.External.Bridge}
	for i, w := range t.Wires {
		if w.reaches(host) {
			all = append(all, "--bridge-mapping", fmt.Sprintf("%s:%s=%s", w.Physnet, w.Bridge, devWire(i)))
		}
	}
	return all
}

// setUp lists the commands that an operating system on the machine would give. Whoever is behind a userspace switch reads
// raw frames, so checksums must be whole.
func (m Machine) setUp() string {
	script := []string{
		"ethtool -K " + devMachine + " tx off >/dev/null", fmt.Sprintf("ip address replace %s dev %s", m.Address, devMachine),
	}
	if m.Gateway.IsValid() {
		script = append(script, fmt.Sprintf("ip route replace default via %s", m.Gateway))
	}
	return strings.Join(script, " && ")
}

// ensureWires runs the switches of the wires.
func (l *Lab) ensureWires(ctx context.Context) error {
	t := l.state.Topology
	if len(t.Wires) == 0 {
		return nil
	}
	if err := l.ensureOVSDB(ctx, MachineSwitch); err != nil {
		return fmt.Errorf("start the wires' switches: %w", err)
	}
	if err := l.ensureDaemon(ctx, MachineSwitch); err != nil {
		return fmt.Errorf("start the wires' switches: %w", err)
	}
	args := []string{"ovs-vsctl", "--timeout=60"}
	for i, w := range t.Wires {
		args = append(args, "--", "--may-exist", "add-br", w.Switch(),
			"--", "set", "Bridge", w.Switch(), "datapath_type=netdev", "fail_mode=standalone")
		for _, h := range t.Hosts {
			if w.reaches(h.Name) {
				args = append(args, "--", "--may-exist", "add-port", w.Switch(), w.port(i, h.Name))
			}
		}
		for _, m := range w.Machines {
			args = append(args, "--", "--may-exist", "add-port", w.Switch(), w.port(i, m.Name), fmt.Sprintf("tag=%d", m.VLAN))
		}
	}
	_, err := l.Run(ctx, MachineSwitch, args...)
	return err
}
