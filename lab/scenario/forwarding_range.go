package scenario

import (
	"context"
	_ "embed" // for ports.py
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"weft/client"
	"weft/lab"
	"weft/lab/machine"
)

//go:embed ports.py
var portsProgram []byte

// checkRanges leads ranges of ports to as many and to one, of each protocol that has ports.
func (d *forwards) checkRanges(ctx context.Context) {
	d.Section("Ranges of ports of " + d.fip.FloatingIPAddress)
	dir, err := os.MkdirTemp("", "weft-ports-")
	if err != nil {
		d.Check(ctx, "a program that tells ports", func(context.Context) (string, error) { return "", err })
		return
	}
	defer os.RemoveAll(dir)
	d.program = filepath.Join(dir, "ports.py")
	range1 := ""
	d.Check(ctx, "outside → tcp, udp and sctp: each port of a range reaches its own, or all reach one", func(ctx context.Context) (string, error) {
		if err := d.tellPorts(ctx, "web1", "web2"); err != nil {
			return "", err
		}
		for _, x := range []struct{ proto, guest, external, internal string }{
			{"tcp", "web1", "7000:7009", "9000:9009"}, {"udp", "web2", "7000:7009", "9000:9009"}, {"sctp", "web2", "7000:7004", "9003:9007"}, {"sctp", "web1", "7005:7009", "9000"},
		} {
			id, err := d.forwardRange(ctx, x.proto, x.guest, x.external, x.internal)
			if err != nil {
				return "", err
			}
			if range1 == "" {
				range1 = id
			}
		}
		return d.portsAre(ctx, "tcp/7000", "9000", "tcp/7009", "9009", "tcp/7010", "", "udp/7004", "9004", "sctp/7001", "9004", "sctp/7008", "9000")
	})
	d.Check(ctx, "a range that overlaps is refused", func(ctx context.Context) (string, error) {
		_, err := d.forwardRange(ctx, "tcp", "web2", "7009:7010", "9009:9010")
		return refused(err, "port collision with the external_port_range")
	})
	d.Check(ctx, "led to other ports of the guest", func(ctx context.Context) (string, error) {
		if _, err := d.Client.Update(ctx, d.forwarded, range1, client.Object{"external_port_range": "7000:7001", "internal_port_range": "9008:9009"}); err != nil {
			return "", err
		}
		return d.portsAre(ctx, "tcp/7000", "9008", "tcp/7001", "9009", "tcp/7002", "")
	})
}

// tellPorts lets guests say at ports 9000 to 9009 which of them it is.
func (d *forwards) tellPorts(ctx context.Context, guests ...string) error {
	if err := os.WriteFile(d.program, portsProgram, 0o600); err != nil {
		return err
	}
	for _, g := range guests {
		p, told := d.place(g), d.program+"."+g
		script := fmt.Sprintf("python3 %s serve 9000 9009 >%s 2>&1 &", d.program, told)
		if _, err := machine.Run(ctx, p.Process, p.Netns, "sh", "-c", script); err != nil {
			return err
		}
		if err := until(ctx, func() error {
			if text, err := os.ReadFile(told); err != nil || string(text) != "ready\n" {
				return fmt.Errorf("%s serves no ports yet: %s", g, text)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func (d *forwards) forwardRange(ctx context.Context, proto, guest, external, internal string) (string, error) {
	o, err := d.Client.Create(ctx, d.forwarded, client.Object{
		"protocol": proto, "external_port_range": external, "internal_port_range": internal, "internal_port_id": d.ports[guest].ID,
		"internal_ip_address": d.addr(guest).String(),
	})
	return o.Text("id"), err
}

// portsAre waits until each port of the floating IP, "tcp/80", leads to the port that follows it; "": to none.
func (d *forwards) portsAre(ctx context.Context, pairs ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	argv, want := []string{"python3", d.program, "ask", d.fip.FloatingIPAddress}, ""
	for i := 0; i < len(pairs); i += 2 {
		argv = append(argv, pairs[i])
		answer := "nobody"
		if pairs[i+1] != "" {
			answer = "port " + pairs[i+1]
		}
		want += pairs[i] + " → " + answer + "\n"
	}
	seen := ""
	err := until(ctx, func() (err error) {
		if seen, err = d.in(ctx, lab.MachineOutside, argv...); err == nil && seen != want {
			err = fmt.Errorf("it is\n%swant\n%s", seen, want)
		}
		return err
	})
	return strings.ReplaceAll(strings.TrimSpace(seen), "\n", ", "), err
}
