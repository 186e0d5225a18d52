package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"weft/client"
	"weft/lab"
)

// vlans is guests that know VLANs.
//
//	vm1 │ host1 │ a trunk: its own port on base, two sub-ports on red, with the tags 100 and 200
//	db  │ host2 │ on red
//	r1  │ host1 │ on all, a network over VXLAN that carries every tag
//	r2  │ host2 │ likewise
//	w1  │ host1 │ on wire, VLAN 100 of a physical network, which carries every tag within
//	w2  │ host2 │ likewise, as is the machine server on that wire
func vlans(ctx context.Context, e *Env) error {
	t := e.Lab.Topology()
	if len(t.Hosts) < 2 || len(t.Wires) != 1 || len(t.Wires[0].Machines) != 1 {
		return errors.New("the scenario needs two hosts, and a wire with one machine")
	}
	if err := havePrograms("busybox"); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "weft-vlans-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	v := &tags{rig: newRig(e), dir: dir, hosts: []string{t.Hosts[0].Name, t.Hosts[1].Name}, server: t.Wires[0].Machines[0]}
	if err := v.build(ctx); err != nil {
		return err
	}
	v.checkTrunk(ctx)
	v.checkAllTags(ctx)
	v.checkWire(ctx)
	v.checkPriority(ctx)
	err = v.Trouble(ctx, v.hosts[0], func(ctx context.Context) (string, error) {
		if seen, err := Ping(ctx, v.within("r1", 7), tagAddr("r2", 7)); err != nil {
			return seen, err
		}
		return v.fromSub(ctx, "a", v.addr("red-b"))
	})
	if err != nil {
		return err
	}
	v.checkLimits(ctx)
	if !e.ends(ctx) {
		return nil
	}
	return v.checkEnd(ctx)
}

// tags is the cloud of vlans.
type tags struct {
	*rig
	dir    string // for the scripts of clients
	hosts  []string
	server lab.Machine
	trunk  string
}

func (v *tags) build(ctx context.Context) error {
	v.Section("Building: networks with and without the attribute vlan_transparent, and a trunk")
	for _, n := range []struct {
		client.Object
		cidr string
	}{
		{client.Object{"name": "base"}, "10.1.0.0/24"},
		{client.Object{"name": "red"}, "10.2.0.0/24"},
		{client.Object{"name": "all", "vlan_transparent": true}, "10.3.0.0/24"},
		{client.Object{"name": "wire", "vlan_transparent": true, "provider:network_type": "vlan",
			"provider:physical_network": v.Lab.Topology().Wires[0].Physnet, "provider:segmentation_id": 100}, "192.168.20.0/24"},
	} {
		if err := v.tagNetwork(ctx, n.Object, n.cidr); err != nil {
			return err
		}
	}
	for _, g := range [][4]string{
		{"vm1", v.hosts[0], "base", "10.1.0.11"}, {"db", v.hosts[1], "red", "10.2.0.12"},
		{"r1", v.hosts[0], "all", "10.3.0.11"}, {"r2", v.hosts[1], "all", "10.3.0.12"},
		{"w1", v.hosts[0], "wire", "192.168.20.11"}, {"w2", v.hosts[1], "wire", "192.168.20.12"},
	} {
		if err := v.guest(ctx, g[0], g[1], g[2], g[3]); err != nil {
			return err
		}
	}
	if err := v.makeTrunk(ctx); err != nil {
		return err
	}
	v.active(ctx)
	return v.switches(ctx)
}

// tagNetwork makes a network and a subnet with DHCP.
func (v *tags) tagNetwork(ctx context.Context, o client.Object, cidr string) error {
	made, err := v.Client.Create(ctx, client.Networks, o)
	if err != nil {
		return err
	}
	if v.nets[o.Text("name")], err = v.Client.Networks().Show(ctx, made.Text("id")); err != nil {
		return err
	}
	v.subs[o.Text("name")], err = v.Client.Subnets().Create(ctx, client.Subnet{
		Name: o.Text("name"), NetworkID: made.Text("id"), IPVersion: 4, CIDR: cidr,
	})
	return err
}

func (v *tags) makeTrunk(ctx context.Context) error {
	subs := []client.Object{}
	for _, sub := range []string{"a", "b"} {
		name, tag := "red-"+sub, subTags[sub]
		p, err := v.Client.Ports().Create(ctx, client.Port{Name: name, NetworkID: v.nets["red"].ID})
		if err != nil {
			return err
		}
		v.ports[name] = p
		subs = append(subs, client.Object{"port_id": p.ID, "segmentation_type": "vlan", "segmentation_id": tag})
	}
	t, err := v.Client.Create(ctx, client.Trunks, client.Object{"name": "vm1", "port_id": v.ports["vm1"].ID, "sub_ports": subs})
	v.trunk = t.Text("id")
	return err
}

// fromSub pings from behind a tag of vm1.
func (v *tags) fromSub(ctx context.Context, sub string, to netip.Addr) (string, error) {
	return Ping(ctx, v.within("vm1", subTags[sub]), to)
}

// subTags are the tags of vm1's sub-ports.
var subTags = map[string]int{"a": 100, "b": 200}

func (v *tags) checkTrunk(ctx context.Context) {
	v.Section("A trunk with two sub-ports on one network")
	v.Check(ctx, "vm1 has a switch of its own, with a machine behind each of two tags", func(ctx context.Context) (string, error) {
		for _, sub := range []string{"a", "b"} {
			if err := v.machine(ctx, v.hosts[0], inner{"vm1", subTags[sub], v.ports["red-"+sub].MACAddress, v.nets["red"].MTU, netip.Prefix{}, false}); err != nil {
				return "", err
			}
		}
		return "tags 100 and 200", nil
	})
	for _, sub := range []string{"a", "b"} {
		v.Check(ctx, "its "+sub+" gets the sub-port's address by DHCP", func(ctx context.Context) (string, error) {
			return v.lease(ctx, "red-"+sub, subTags[sub])
		})
	}
	v.Check(ctx, "a → b: out of vm1's interface and in again", func(ctx context.Context) (string, error) {
		return v.fromSub(ctx, "a", v.addr("red-b"))
	})
	v.Check(ctx, "b → a", func(ctx context.Context) (string, error) { return v.fromSub(ctx, "b", v.addr("red-a")) })
	v.Check(ctx, "a → db, on the other host", func(ctx context.Context) (string, error) { return v.fromSub(ctx, "a", v.addr("db")) })
	v.Check(ctx, "db → b", func(ctx context.Context) (string, error) { return Ping(ctx, v.place("db"), v.addr("red-b")) })
	v.Check(ctx, "nothing that a broadcasts comes back to it: it finds its address free", func(ctx context.Context) (string, error) {
		return v.run(ctx, v.hosts[0], netnsOf("vm1", subTags["a"]), "arping", "-D", "-q", "-c2", "-w3", "-I", "eth0", v.addr("red-a").String())
	})
}

// lease asks by DHCP for the address of a port, behind a tag of vm1.
func (v *tags) lease(ctx context.Context, port string, tag int) (string, error) {
	script := filepath.Join(v.dir, "udhcpc")
	if err := os.WriteFile(script, []byte(udhcpcScript), 0o755); err != nil { //nolint:gosec // the client runs it
		return "", err
	}
	if err := os.Chmod(v.dir, 0o755); err != nil { //nolint:gosec // likewise
		return "", err
	}
	out, err := v.run(ctx, v.hosts[0], netnsOf("vm1", tag), "sh", "-c",
		"busybox udhcpc -i eth0 -f -n -q -t 8 -T 1 -O mtu -s "+script+" 2>&1")
	if err != nil {
		return out, fmt.Errorf("%w\n%s", err, out)
	}
	told := toldBy(out, "bound")
	return told, contains("the answer", told, fmt.Sprintf("ip=%s/24 mtu=%d", v.addr(port), v.networkOf(port).MTU))
}

func (v *tags) checkEnd(ctx context.Context) error {
	v.Section("The end")
	v.Check(ctx, "without the trunk, nothing behind the tags is reached", func(ctx context.Context) (string, error) {
		if err := v.Client.Delete(ctx, client.Trunks, v.trunk); err != nil {
			return "", err
		}
		if err := v.Settled(ctx); err != nil {
			return "", err
		}
		return NoPing(ctx, v.place("db"), v.addr("red-b"))
	})
	v.Check(ctx, "all is deleted, and every host agrees", func(ctx context.Context) (string, error) {
		for name := range v.host {
			if _, err := v.Lab.Run(ctx, v.host[name], "ovs-vsctl", "--if-exists", "del-br", "sw-"+name); err != nil {
				return "", err
			}
			if err := v.Lab.DeleteGuest(ctx, name); err != nil {
				return "", err
			}
		}
		for _, p := range v.ports {
			if err := v.Client.Ports().Delete(ctx, p.ID); err != nil {
				return "", err
			}
		}
		for _, n := range v.nets {
			if err := v.Client.Networks().Delete(ctx, n.ID); err != nil {
				return "", err
			}
		}
		return "", v.Settled(ctx)
	})
	return nil
}
