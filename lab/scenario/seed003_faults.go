package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"weft/client"
	"weft/lab"
)

// checkFaults ends everything that a running guest does not need, in turn.
func (v *virtual) checkFaults(ctx context.Context) error {
	v.Section("Killed and started again under running guests")
	here := v.host("vm1")
	before, err := v.device(ctx, "vm1")
	if err != nil {
		return err
	}
	for _, s := range [][2]string{
		{lab.MachineController, lab.ServiceController}, {here, lab.ServiceAgent}, {here, lab.ServiceLibvirt}, {here, lab.ServiceVSwitchd},
	} {
		if err := v.Lab.Stop(ctx, s[0], s[1]); err != nil {
			return err
		}
		if s[1] != lab.ServiceVSwitchd { // what forwards
			v.ping(ctx, "the "+s[1]+" is dead: vm1 → vm2", "vm1", v.addr("vm2"))
		}
		if err := v.Lab.Start(ctx, s[0], s[1]); err != nil {
			return err
		}
		v.ping(ctx, "the "+s[1]+" is back: vm1 → web", "vm1", v.addr("web"))
	}
	v.Check(ctx, "vm1's interface has the OpenFlow port and the MTU that it had; libvirt knows its guest", func(ctx context.Context) (string, error) {
		after, err := v.device(ctx, "vm1")
		if err == nil && after != before {
			err = fmt.Errorf("%s has become %s", before, after)
		}
		state, serr := v.Lab.Virsh(ctx, here, "domstate", "vm1")
		return after, errors.Join(err, serr, contains("the domain", state, "running"), v.Settled(ctx))
	})
	return nil
}

// device says which OpenFlow port and MTU the interface of a guest has.
func (v *virtual) device(ctx context.Context, guest string) (string, error) {
	dev := client.TapDevice(v.ports[guest].ID)
	out, err := v.Lab.Run(ctx, v.host(guest), "ovs-vsctl", "--timeout=60", "get", "Interface", dev, "ofport", "mtu")
	return "ofport, MTU: " + strings.Join(strings.Fields(out), ", "), err
}

// checkEnd ends both guests, vm1 in the middle of a migration.
func (v *virtual) checkEnd(ctx context.Context) error {
	v.Section("The end of both guests")
	v.Check(ctx, "vm1's QEMU is killed in the middle of a migration: its port says so, nothing is left", v.sourceDies)
	v.Check(ctx, "vm2 is ended by libvirt: its port is DOWN, its device gone from the switch", func(ctx context.Context) (string, error) {
		if _, err := v.Lab.Virsh(ctx, v.host("vm2"), "destroy", "vm2"); err != nil {
			return "", err
		}
		return "DOWN", errors.Join(v.becomes(ctx, "vm2", "DOWN"), v.unplugged(ctx, "vm2", v.host("vm2")))
	})
	return nil
}

// sourceDies kills vm1 on its way. Nobody has it then, and both its ports say what to do.
func (v *virtual) sourceDies(ctx context.Context) (string, error) {
	from, to := v.host("vm1"), v.other("vm1")
	if err := v.bindFurther(ctx, "vm1", to); err != nil {
		return "", err
	}
	err := v.endInTheMiddle(ctx, to, func(ctx context.Context) error { return v.Lab.KillDomain(ctx, from, "vm1") })
	if err != nil {
		return "", err
	}
	seen, err := v.problem(ctx, "vm1", "neither on host "+from, "nor on "+to, "weft port binding delete "+v.ports["vm1"].ID+" "+to)
	if err != nil {
		return seen, err
	}
	err = errors.Join(v.Client.Delete(ctx, client.PortBindings.Under(v.ports["vm1"].ID), to), v.becomes(ctx, "vm1", "DOWN"), v.becomes(ctx, "red", "DOWN"),
		v.unplugged(ctx, "vm1", from), v.unplugged(ctx, "vm1", to), v.Settled(ctx))
	for _, host := range v.hosts {
		flows, ferr := v.Flows(ctx, host)
		err = errors.Join(err, ferr, lacks("the flows of "+host, strings.Join(flows, "\n"), v.ports["vm1"].MACAddress))
	}
	if err != nil {
		return seen, err
	}
	_, err = v.reaches(ctx, "vm2", v.addr("web"))
	return seen, err
}

// becomes waits until a port has a status.
func (v *virtual) becomes(ctx context.Context, port, status string) error {
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	return until(ctx, func() error {
		p, err := v.Client.Ports().Show(ctx, v.ports[port].ID)
		if err == nil && p.Status != status {
			err = fmt.Errorf("port %s is %s, want %s", port, p.Status, status)
		}
		return err
	})
}

// problem waits until a port says what is wrong with it, in these words; none: that nothing is.
func (v *virtual) problem(ctx context.Context, port string, words ...string) (seen string, err error) {
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	err = until(ctx, func() error {
		p, err := v.Client.Show(ctx, client.Ports, v.ports[port].ID)
		if err != nil {
			return err
		}
		if seen = p.Text("weft:problem"); len(words) == 0 && seen != "" {
			return fmt.Errorf("port %s says: %s", port, seen)
		}
		return contains("weft:problem of "+port, seen, words...)
	})
	return seen, err
}
