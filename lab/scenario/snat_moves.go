package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"weft/client"
	"weft/lab"
)

// standby is the host that no guest is on: it is the gateway host that dies.
const standby = "host3"

// outageTimeout bounds how long an outage may last before a check gives up.
const outageTimeout = patience

// outage is how long nobody answered an open ping from web1 to the outside around something that happens, and the worst
// time without an answer.
func (d *snatCloud) outage(ctx context.Context, cause func(context.Context) error) (longest, worst silence, err error) {
	p, err := StartPing(ctx, d.place("web1"), d.beyond)
	if err != nil {
		return longest, worst, err
	}
	defer p.Stop()
	if err := p.AwaitAnswers(ctx, 5); err != nil {
		return longest, worst, err
	}
	if err := cause(ctx); err != nil {
		return longest, worst, err
	}
	before := p.Answers()
	ctx, cancel := context.WithTimeout(ctx, outageTimeout)
	defer cancel()
	err = until(ctx, func() error {
		if p.Answers() < before+20 {
			return fmt.Errorf("%d answers in %s after the last", p.Answers()-before, outageTimeout)
		}
		return nil
	})
	longest, worst = p.silences()
	return longest, worst, err
}

func (d *snatCloud) moveTo(ctx context.Context, host string) error {
	_, err := d.Client.MoveGateway(ctx, d.router.ID, host)
	return err
}

func (d *snatCloud) checkMove(ctx context.Context) error {
	d.Section("A planned move to " + standby)
	d.Check(ctx, "web1 → outside goes on", func(ctx context.Context) (string, error) {
		gap, _, err := d.outage(ctx, func(ctx context.Context) error { return d.moveTo(ctx, standby) })
		return "outage " + gap.Length.Round(time.Millisecond).String(), err
	})
	if err := d.Settled(ctx); err != nil {
		return err
	}
	d.Check(ctx, "snat- is there, and no longer where it was", func(ctx context.Context) (string, error) {
		seen, err := d.onlyHere(ctx)
		if err == nil && seen != "on "+standby {
			err = errors.New("the gateway did not move to " + standby)
		}
		return seen, err
	})
	d.seenAs(ctx, "db2", d.way)
	d.Check(ctx, "the controller is killed and started: web1 → outside goes on, nothing moves", func(ctx context.Context) (string, error) {
		gap, worst, err := d.outage(ctx, func(ctx context.Context) error {
			return errors.Join(d.Lab.Stop(ctx, lab.MachineController, lab.ServiceController),
				d.Lab.Start(ctx, lab.MachineController, lab.ServiceController))
		})
		if err := errors.Join(err, d.Settled(ctx)); err != nil {
			return "", err
		}
		if host, err := d.gatewayHost(ctx); err != nil || host != standby {
			return "", fmt.Errorf("the gateway host is %q: %w", host, err)
		}
		return "longest time without an answer " + gap.Length.Round(time.Millisecond).String(), carriedOn(worst)
	})
	return nil
}

// carriedOn wants an open ping with ten questions a second to have missed none, as far as a busy machine allows.
func carriedOn(gap silence) error {
	if gap.Own() > time.Second {
		return fmt.Errorf("no answer for %s, on a machine that was busy for %s of it", gap.Length, gap.Busy)
	}
	return nil
}

// failover kills something and wants the way out back within two seconds from when the death is known.
func (d *snatCloud) failover(ctx context.Context, what string, kill func(context.Context) error) {
	d.Check(ctx, what+": web1 → outside is back within 2 s from the death being known", func(ctx context.Context) (string, error) {
		gap, _, err := d.outage(ctx, kill)
		if err != nil {
			return "", err
		}
		h, err := d.Client.Show(ctx, client.Hosts, standby)
		if err != nil {
			return "", err
		}
		known, err := time.Parse(time.RFC3339Nano, h.Text("down_since"))
		if err != nil {
			return "", fmt.Errorf("when %s counted as dead: %w", standby, err)
		}
		host, err := d.gatewayHost(ctx)
		if err != nil {
			return "", err
		}
		// down_since is in whole seconds. But a death is never known before nothing was connected for a second and a half.
		after := min(gap.Over.Sub(known), gap.Length-1400*time.Millisecond)
		seen := fmt.Sprintf("outage %s, at most %s of it after the death was known; now on %s", gap.Length.Round(time.Millisecond),
			after.Round(time.Millisecond), host)
		switch {
		case host == standby || host == "":
			return seen, fmt.Errorf("the gateway host is %q", host)
		case after-gap.Busy > 2*time.Second:
			return seen, fmt.Errorf("that took too long for a machine that was busy for %s of it", gap.Busy)
		}
		return seen, nil
	})
	d.eastWest(ctx)
	d.seenAs(ctx, "db2", d.way)
}

func (d *snatCloud) checkDeath(ctx context.Context) error {
	d.Section("The switch and the agent of " + standby + ", the gateway host, are killed")
	d.failover(ctx, "killed", func(ctx context.Context) error {
		return errors.Join(d.Lab.Stop(ctx, standby, lab.ServiceAgent), d.Lab.Stop(ctx, standby, lab.ServiceVSwitchd))
	})
	for _, s := range []string{lab.ServiceVSwitchd, lab.ServiceAgent} {
		if err := d.Lab.Start(ctx, standby, s); err != nil {
			return err
		}
	}
	if err := d.Settled(ctx); err != nil {
		return err
	}
	d.Check(ctx, "started again, it drops its snat-, and does not take the gateway back", func(ctx context.Context) (string, error) {
		seen, err := d.onlyHere(ctx)
		if err == nil && seen == "on "+standby {
			err = errors.New("the gateway came back")
		}
		return seen, err
	})
	d.seenAs(ctx, "web1", d.way)
	return nil
}

func (d *snatCloud) checkMachineDeath(ctx context.Context) error {
	d.Section("The whole machine dies")
	if err := errors.Join(d.moveTo(ctx, standby), d.Settled(ctx)); err != nil {
		return err
	}
	d.failover(ctx, "weft lab kill "+standby, func(ctx context.Context) error { return d.Lab.Stop(ctx, standby, "") })
	if err := d.Lab.Start(ctx, standby, ""); err != nil {
		return err
	}
	return d.Settled(ctx)
}

func (d *snatCloud) checkDisabled(ctx context.Context) error {
	d.Section("Without SNAT (enable_snat=false)")
	if err := d.enableSNAT(ctx, false); err != nil {
		return err
	}
	d.Check(ctx, "web1's packets go out as before, with its own address", func(ctx context.Context) (string, error) {
		c, err := StartCapture(ctx, d.place(lab.MachineOutside), devExternal)
		if err != nil {
			return "", err
		}
		defer c.Stop() //nolint:errcheck // Await said what there was to say
		if seen, err := NoPing(ctx, d.place("web1"), d.beyond); err != nil {
			return seen, err // the outside knows no way back
		}
		_, err = c.Await(ctx, "echo request from web1's own address", echo(8, address(d.ports["web1"]), d.beyond, 3))
		return "3 requests from " + address(d.ports["web1"]).String(), err
	})
	d.eastWest(ctx)
	if err := d.enableSNAT(ctx, true); err != nil {
		return err
	}
	d.seenAs(ctx, "web1", d.way)
	return nil
}

func (d *snatCloud) enableSNAT(ctx context.Context, on bool) error {
	_, err := d.Client.Routers().Update(ctx, d.router.ID, client.Object{
		"external_gateway_info": client.Object{"network_id": d.ext.ID, "enable_snat": on},
	})
	return errors.Join(err, d.Settled(ctx))
}

// checkEnd deletes everything and wants the hosts as they were before.
func (d *snatCloud) checkEnd(ctx context.Context) error {
	d.Section("After everything is deleted by REST")
	if err := d.tearDown(ctx); err != nil {
		return err
	}
	for _, h := range d.Lab.Topology().Hosts {
		d.Check(ctx, h.Name+": base flows only, no namespace", func(ctx context.Context) (string, error) {
			flows, err := d.Flows(ctx, h.Name)
			if err != nil {
				return "", err
			}
			ns, err := d.Namespaces(ctx, h.Name)
			if diff := difference(d.base[h.Name], flows); err == nil && (diff != "" || len(ns) > 0) {
				err = fmt.Errorf("namespaces %q are left; flows differ from before by:\n%s", ns, diff)
			}
			return fmt.Sprintf("%d flows", len(flows)), err
		})
	}
	return nil
}

func (d *snatCloud) tearDown(ctx context.Context) error {
	err := d.Client.FloatingIPs().Delete(ctx, d.fip.ID)
	for _, g := range snatGuests {
		err = errors.Join(err, d.Lab.DeleteGuest(ctx, g.name), d.Client.Ports().Delete(ctx, d.ports[g.name].ID))
	}
	for _, n := range []client.Network{d.web, d.db} {
		err = errors.Join(err, d.Client.RemoveRouterInterface(ctx, d.router.ID, n.Subnets[0]))
	}
	err = errors.Join(err, d.Client.Routers().Delete(ctx, d.router.ID))
	for _, n := range []client.Network{d.web, d.db, d.ext} {
		err = errors.Join(err, d.Client.Networks().Delete(ctx, n.ID))
	}
	return errors.Join(err, d.Settled(ctx))
}

// gatewayDevice is the name of the router's device on the external network.
func (d *snatCloud) gatewayDevice(ctx context.Context) (string, error) {
	own, err := d.Client.Ports().List(ctx, map[string][]string{"device_id": {d.router.ID}})
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(own, func(p client.Port) bool { return strings.HasSuffix(p.DeviceOwner, ":router_gateway") })
	if i < 0 {
		return "", errors.New("the router has no gateway port")
	}
	return device("qg-", own[i].ID), nil
}

// checkTrouble kills the controller and the agent of the gateway host: guests go out as before.
func (d *snatCloud) checkTrouble(ctx context.Context) error {
	host, err := d.gatewayHost(ctx)
	if err != nil {
		return err
	}
	return d.Trouble(ctx, host, func(ctx context.Context) (string, error) { return Ping(ctx, d.place("web1"), d.beyond) })
}
