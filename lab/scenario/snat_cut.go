package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"weft/client"
	"weft/lab"
	"weft/lab/pcap"
)

// link takes a device of the gateway host down, or up.
func (d *snatCloud) link(ctx context.Context, dev, state string) error {
	_, err := d.Lab.Run(ctx, standby, "ip", "link", "set", dev, state)
	return err
}

// awaitState waits for what the controller knows of the gateway host.
func (d *snatCloud) awaitState(ctx context.Context, want string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return until(ctx, func() error {
		h, err := d.Client.Show(ctx, client.Hosts, standby)
		if err == nil && h.Text("state") != want {
			err = fmt.Errorf("%s is %s (%s), want %s", standby, h.Text("state"), h.Text("problem"), want)
		}
		return err
	})
}

// awaitGateway waits until the router's gateway is, or is no longer, on the host that is cut off.
func (d *snatCloud) awaitGateway(ctx context.Context, there bool) (host string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = until(ctx, func() error {
		if host, err = d.gatewayHost(ctx); err == nil && (host == standby) != there {
			return fmt.Errorf("the gateway host is %q", host)
		}
		return err
	})
	return host, err
}

// answeredOnce asks from outside for the router's address and wants one answer to each request.
func (d *snatCloud) answeredOnce(ctx context.Context) (string, error) {
	c, err := StartCapture(ctx, d.place(lab.MachineOutside), devExternal)
	if err != nil {
		return "", err
	}
	out, err := runAt(ctx, d.place(lab.MachineOutside), "arping", "-b", "-c3", "-w15", "-I", devExternal, d.way.String())
	seen, ended := c.Stop()
	if err := errors.Join(err, ended); err != nil {
		return out, err
	}
	arp := func(op uint16, src, dst netip.Addr) int {
		return len(pick(seen, func(p pcap.Packet) bool { return p.ARPOp == op && p.SrcIP == src && p.DstIP == dst }))
	}
	us := d.Lab.Topology().External.Outside.Addr()
	asked, answered := arp(1, us, d.way), arp(2, d.way, us)
	if asked == 0 || asked != answered {
		err = fmt.Errorf("want one answer to each:\n%s", sample(seen))
	}
	return fmt.Sprintf("%d requests, %d answers", asked, answered), err
}

const snatPort = 7007

// checkCutOff takes the controller's way to the gateway host away, then also the tunnels, and gives them back.
func (d *snatCloud) checkCutOff(ctx context.Context) error {
	d.Section("The controller cannot reach " + standby + ", the gateway host, which works on")
	if err := errors.Join(d.moveTo(ctx, standby), d.Settled(ctx)); err != nil {
		return err
	}
	stream, err := d.openStream(ctx)
	if err != nil {
		return err
	}
	defer stream.Stop()
	d.Check(ctx, "web1 → outside goes on", func(ctx context.Context) (string, error) {
		gap, worst, err := d.outage(ctx, func(ctx context.Context) error {
			return errors.Join(d.link(ctx, "mgmt0", "down"), d.awaitState(ctx, "cut-off"))
		})
		return "longest time without an answer " + gap.Length.Round(time.Millisecond).String(), errors.Join(err, carriedOn(worst))
	})
	d.Check(ctx, "so does an open connection of web1 through SNAT", func(ctx context.Context) (string, error) {
		err := stream.AwaitAnswers(ctx, 10)
		gap, worst := stream.silences()
		return "longest silence " + gap.Length.Round(time.Millisecond).String(), errors.Join(err, carriedOn(worst))
	})
	d.Check(ctx, "the gateway stays there, and the outside gets one answer to each question for its address", d.staysAlone)
	d.Check(ctx, "it is not moved from there by hand", func(ctx context.Context) (string, error) {
		err := d.moveTo(ctx, "host1")
		if err == nil || !strings.Contains(err.Error(), "cannot be reached") {
			return "", fmt.Errorf("moved: %w", err)
		}
		return "refused", nil
	})
	d.checkTunnelsToo(ctx)
	d.Check(ctx, "reached again: everything is as it should be, and nothing moves", func(ctx context.Context) (string, error) {
		if err := errors.Join(d.link(ctx, "mgmt0", "up"), d.awaitState(ctx, "up"), d.Settled(ctx)); err != nil {
			return "", err
		}
		return d.staysAlone(ctx)
	})
	d.seenAs(ctx, "web1", d.way)
	return nil
}

func (d *snatCloud) staysAlone(ctx context.Context) (string, error) {
	if host, err := d.onlyHere(ctx); err != nil || host != "on "+standby {
		return host, errors.Join(err, fmt.Errorf("want it on %s", standby))
	}
	return d.answeredOnce(ctx)
}

// openStream has web1 send lines to the outside through SNAT, ten a second.
func (d *snatCloud) openStream(ctx context.Context) (*OpenPing, error) {
	p, err := StartReceiver(ctx, d.place(lab.MachineOutside), snatPort)
	if err != nil {
		return nil, err
	}
	send := fmt.Sprintf("(until (while sleep 0.1; do echo %s; done) | busybox nc %s %d; do sleep 0.3; done) >/dev/null 2>&1 &",
		tick, d.Lab.Topology().External.Outside.Addr(), snatPort)
	if _, err := runAt(ctx, d.place("web1"), "sh", "-c", send); err != nil {
		p.Stop()
		return nil, err
	}
	return p, p.AwaitAnswers(ctx, 10)
}

// checkTunnelsToo takes the tunnels away as well: then the host counts as dead. With the tunnels it is known to be at work.
func (d *snatCloud) checkTunnelsToo(ctx context.Context) {
	d.Check(ctx, "without its tunnels too it counts as dead: web1 → outside is back", func(ctx context.Context) (string, error) {
		gap, _, err := d.outage(ctx, func(ctx context.Context) error { return d.link(ctx, "eth0", "down") })
		if err != nil {
			return "", err
		}
		host, err := d.awaitGateway(ctx, false)
		return fmt.Sprintf("outage %s; now on %s", gap.Length.Round(time.Millisecond), host), err
	})
	d.Check(ctx, "with its tunnels, before it can be told: it has the gateway again, alone", func(ctx context.Context) (string, error) {
		if err := errors.Join(d.link(ctx, "eth0", "up"), d.awaitState(ctx, "cut-off")); err != nil {
			return "", err
		}
		if _, err := d.awaitGateway(ctx, true); err != nil {
			return "", err
		}
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		var seen string
		err := until(ctx, func() (err error) {
			seen, err = d.staysAlone(ctx)
			return err
		})
		return seen, err
	})
}
