package scenario

import (
	"context"
	"fmt"

	"weft/client"
	"weft/lab"
)

// checkDeletion deletes everything and wants the hosts as they were before.
func (d *demo) checkDeletion(ctx context.Context) error {
	d.Section("After everything is deleted by REST")
	if err := d.tearDown(ctx); err != nil {
		return err
	}
	for _, h := range d.hosts {
		d.Check(ctx, h.Name+": base flows only, no namespace", func(ctx context.Context) (string, error) {
			return d.asBefore(ctx, h.Name)
		})
	}
	return nil
}

func (d *demo) tearDown(ctx context.Context) error {
	c := d.Client
	if err := c.FloatingIPs().Delete(ctx, d.fip.ID); err != nil {
		return err
	}
	for _, g := range guests {
		if err := d.Lab.DeleteGuest(ctx, g.name); err != nil {
			return err
		}
		if err := c.Ports().Delete(ctx, d.ports[g.name].ID); err != nil {
			return err
		}
	}
	for _, s := range []client.Subnet{d.bSub, d.gSub} {
		if err := c.RemoveRouterInterface(ctx, d.router.ID, s.ID); err != nil {
			return err
		}
	}
	if err := c.Routers().Delete(ctx, d.router.ID); err != nil {
		return err
	}
	for _, n := range []client.Network{d.blue, d.green, d.ext} {
		if err := c.Networks().Delete(ctx, n.ID); err != nil {
			return err
		}
	}
	return d.Settled(ctx)
}

func (d *demo) asBefore(ctx context.Context, host string) (string, error) {
	flows, err := d.Flows(ctx, host)
	if err != nil {
		return "", err
	}
	if diff := difference(d.base[host], flows); diff != "" {
		return "", fmt.Errorf("flows differ from before:\n%s", diff)
	}
	ns, err := d.Namespaces(ctx, host)
	if err != nil {
		return "", err
	}
	if len(ns) > 0 {
		return "", fmt.Errorf("namespaces are left: %q", ns)
	}
	return fmt.Sprintf("%d flows, as before", len(flows)), nil
}

// leaveRunning builds the cloud once more: so that it can be looked at, and to show that nothing of the first is in its
// way.
func (d *demo) leaveRunning(ctx context.Context) error {
	if err := d.build(ctx); err != nil {
		return err
	}
	d.Check(ctx, "and again: outside → floating IP, vm1 → vm5", func(ctx context.Context) (string, error) {
		if seen, err := Ping(ctx, d.place(lab.MachineOutside), d.fipAddr); err != nil {
			return seen, err
		}
		return Ping(ctx, d.place("vm1"), d.addr("vm5"))
	})
	return nil
}
