package scenario

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os/exec"
	"slices"

	"weft/client"
	"weft/lab"
	"weft/lab/pcap"
)

// newLines starts a command and gives what reads its output line by line.
func newLines(cmd *exec.Cmd) (func() (string, error), error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	return func() (string, error) {
		if !lines.Scan() {
			return "", errors.Join(lines.Err(), io.ErrUnexpectedEOF)
		}
		return lines.Text(), nil
	}, nil
}

var movingAddr = netip.MustParseAddr("10.0.0.100")

// take gives the address that moves to a guest, which tells so as keepalived would, and takes it from the other.
func (d *forwards) take(ctx context.Context, guest, from string) error {
	if _, err := d.in(ctx, from, "sh", "-c", fmt.Sprintf("ip address del %s/24 dev eth0 2>/dev/null || true", movingAddr)); err != nil {
		return err
	}
	_, err := d.in(ctx, guest, "sh", "-c", fmt.Sprintf("ip address add %[1]s/24 dev eth0 && arping -q -U -c2 -I eth0 %[1]s; arping -q -A -c1 -I eth0 %[1]s", movingAddr))
	return err
}

func (d *forwards) checkVIP(ctx context.Context) {
	d.Section("A floating IP for an address that moves between web1 and web2")
	d.Check(ctx, "made for a port that nobody plugs in", func(ctx context.Context) (string, error) {
		port, err := d.Client.Ports().Create(ctx, client.Port{
			Name: "vip", NetworkID: d.nets["web"].ID, FixedIPs: []client.FixedIP{{IPAddress: movingAddr.String()}},
		})
		if err != nil {
			return "", err
		}
		d.vip, err = d.Client.FloatingIPs().Create(ctx, client.FloatingIP{FloatingNetworkID: d.nets["external"].ID, PortID: port.ID})
		if err != nil {
			return "", err
		}
		return d.status(ctx, d.vip.ID)
	})
	other := map[string]string{"web1": "web2", "web2": "web1"}
	for _, guest := range []string{"web1", "web2", "web1"} {
		d.Check(ctx, guest+" has it: outside → "+d.vip.FloatingIPAddress+" port 80 reaches "+guest, func(ctx context.Context) (string, error) {
			if err := d.take(ctx, guest, other[guest]); err != nil {
				return "", err
			}
			return d.answersAt(ctx, floats(d.vip), "tcp", 80, guest)
		})
	}
	d.Check(ctx, "what web1 sends from it is seen outside with the floating IP", func(ctx context.Context) (string, error) {
		c, err := StartCapture(ctx, d.place(lab.MachineOutside), devExternal)
		if err != nil {
			return "", err
		}
		defer c.Stop() //nolint:errcheck // its packets are judged already
		beyond := d.Lab.Topology().External.Beyond[0].Addr()
		if _, err := d.in(ctx, "web1", "ping", "-n", "-c3", "-W5", "-I", movingAddr.String(), beyond.String()); err != nil {
			return "", err
		}
		all, err := c.Await(ctx, "echo request from the floating IP", echo(pcap.EchoRequest, floats(d.vip), beyond, 1))
		if err != nil {
			return "", err
		}
		return all[len(all)-1].String(), nil
	})
}

// checkDeath kills the gateway host.
func (d *forwards) checkDeath(ctx context.Context) error {
	d.Section("The gateway host dies")
	if err := d.Lab.Stop(ctx, "host3", ""); err != nil {
		return err
	}
	d.Check(ctx, "another serves the port forwardings", func(ctx context.Context) (string, error) {
		if _, err := d.says(ctx, "tcp", 8081, "web2"); err != nil {
			return "", err
		}
		return d.says(ctx, "udp", 8080, "web1")
	})
	d.Check(ctx, "and the address that moves", func(ctx context.Context) (string, error) {
		return d.answersAt(ctx, floats(d.vip), "tcp", 80, "web1")
	})
	d.Check(ctx, "and the router's leg", d.legAnswers)
	return d.Lab.Start(ctx, "host3", "")
}

func (d *forwards) checkEnd(ctx context.Context) {
	d.Section("The end")
	d.Check(ctx, "a guest's port goes, and its port forwardings with it", func(ctx context.Context) (string, error) {
		if err := d.Lab.DeleteGuest(ctx, "web1"); err != nil {
			return "", err
		}
		if err := d.Client.Ports().Delete(ctx, d.ports["web1"].ID); err != nil {
			return "", err
		}
		left, err := d.Client.List(ctx, d.forwarded, nil)
		if err != nil {
			return "", err
		}
		if len(left) == 0 || slices.ContainsFunc(left, func(o client.Object) bool { return o.Text("internal_port_id") != d.ports["web2"].ID }) {
			return "", fmt.Errorf("left are %v, want those of web2", left)
		}
		return fmt.Sprintf("%d of web2 left", len(left)), nil
	})
	d.Check(ctx, "without port forwardings nobody answers at the floating IP", func(ctx context.Context) (string, error) {
		left, err := d.Client.List(ctx, d.forwarded, nil)
		if err != nil {
			return "", err
		}
		for _, o := range left {
			if err := d.Client.Delete(ctx, d.forwarded, o.Text("id")); err != nil {
				return "", err
			}
		}
		return NoPing(ctx, d.place(lab.MachineOutside), floats(d.fip))
	})
}
