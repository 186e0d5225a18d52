package scenario

import (
	"context"
	"fmt"

	"weft/client"
	"weft/lab"
	"weft/lab/vm"
)

const (
	redRange = "172.20.0.0/24"
	redTag   = 100
)

// checkTrunk makes vm1 a guest that knows VLANs: its own port goes on, and a sub-port on another network is behind a tag.
func (v *virtual) checkTrunk(ctx context.Context) error {
	v.Section("A trunk: vm1 is on a second network too, by a VLAN tag of its own")
	if err := v.buildTrunk(ctx); err != nil {
		return err
	}
	v.Check(ctx, "the sub-port and the trunk are ACTIVE where vm1 is", func(ctx context.Context) (string, error) {
		if err := v.Active(ctx, v.ports["red"].ID, v.ports["db"].ID); err != nil {
			return "", err
		}
		t, err := v.Client.Show(ctx, client.Trunks, v.trunk)
		if err == nil && t.Text("status") != "ACTIVE" {
			err = fmt.Errorf("the trunk is %s", t.Text("status"))
		}
		return t.Text("status"), err
	})
	v.Check(ctx, "libvirt takes what 'weft libvirt xml' prints of a trunk's parent", v.validTrunk)
	v.Check(ctx, "vm1 makes a VLAN device", func(ctx context.Context) (string, error) {
		return fmt.Sprintf("tag %d, %s", redTag, v.addr("red")), v.vlan(ctx)
	})
	v.ping(ctx, "vm1 → db on the second network, host to host", "vm1", v.addr("db"))
	v.Check(ctx, "db → vm1 on the second network", func(ctx context.Context) (string, error) {
		return Ping(ctx, v.place("db"), v.addr("red"))
	})
	v.ping(ctx, "vm1 → web by the first one, as before", "vm1", v.addr("web"))
	return nil
}

// vlan makes the device in vm1 that is on the second network.
func (v *virtual) vlan(ctx context.Context) error {
	_, err := v.in(ctx, "vm1", fmt.Sprintf("ip link add link eth0 name red type vlan id %d && ip address add %s/24 dev red && ip link set red up",
		redTag, v.addr("red")))
	return err
}

// buildTrunk makes the second network with a guest on the other host, and the trunk, whose sub-port has the MAC of vm1's own
// port.
func (v *virtual) buildTrunk(ctx context.Context) (err error) {
	var red client.Network
	if _, err = v.network(ctx, "red", redRange, &red); err != nil {
		return err
	}
	for _, x := range []client.Port{
		{Name: "db", NetworkID: red.ID}, {Name: "red", NetworkID: red.ID, MACAddress: v.ports["vm1"].MACAddress},
	} {
		if v.ports[x.Name], err = v.Client.Ports().Create(ctx, x); err != nil {
			return err
		}
	}
	if _, err := v.Lab.AddGuest(ctx, lab.GuestSpec{Name: "db", Host: v.hosts[1], Port: v.ports["db"].ID}); err != nil {
		return err
	}
	t, err := v.Client.Create(ctx, client.Trunks, client.Object{
		"name": "vm1", "port_id": v.ports["vm1"].ID,
		"sub_ports": []client.Object{{"port_id": v.ports["red"].ID, "segmentation_type": "vlan", "segmentation_id": redTag}},
	})
	v.trunk = t.Text("id")
	return err
}

// validTrunk has libvirt hold the element of vm1's interface, with its sub-port, against its schema.
func (v *virtual) validTrunk(ctx context.Context) (string, error) {
	red, err := v.Client.Networks().Show(ctx, v.ports["red"].NetworkID)
	if err != nil {
		return "", err
	}
	element, err := client.LibvirtInterface(v.ports["vm1"], v.blue, client.LibvirtOptions{},
		client.LibvirtSubPort{Tag: redTag, Port: v.ports["red"], Network: red})
	if err != nil {
		return "", err
	}
	d := vm.Domain{Name: "paper", Kernel: lab.GuestKernel, Initrd: lab.GuestInitrd, Interface: element}
	description, err := d.XML()
	if err != nil {
		return "", err
	}
	if _, err := v.Lab.VirshXML(ctx, v.host("vm1"), description, "define", "--validate"); err != nil {
		return "", err
	}
	_, err = v.Lab.Virsh(ctx, v.host("vm1"), "undefine", "paper")
	return "virsh define --validate", err
}
