package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"weft/client"
	"weft/lab"
	"weft/lab/machine"
)

// forwarding is one floating IP whose ports lead to several guests, and one that follows an address.
//
//	web1 .11 │ host1 │ 10.0.0.0/24: the address .100 is web1's or web2's
//	web2 .12 │ host2 │
//	         │ host3 │ the gateway host, which may die
func forwarding(ctx context.Context, e *Env) error {
	if len(e.Lab.Topology().Hosts) != 3 {
		return errors.New("the scenario needs three hosts")
	}
	d := &forwards{rig: newRig(e)}
	if err := d.build(ctx); err != nil {
		return err
	}
	d.checkPorts(ctx)
	d.checkRanges(ctx)
	d.checkVIP(ctx)
	d.checkLeg(ctx)
	if err := d.Trouble(ctx, "host1", func(ctx context.Context) (string, error) { return d.says(ctx, "tcp", 8080, "web1") }); err != nil {
		return err
	}
	if err := d.checkDeath(ctx); err != nil {
		return err
	}
	if e.ends(ctx) {
		d.checkEnd(ctx)
	}
	return nil
}

// forwards is the cloud of forwarding.
type forwards struct {
	*rig
	router    client.Router
	fip       client.FloatingIP // whose ports are forwarded
	vip       client.FloatingIP // of the address that moves
	leg       client.FloatingIP // of the router itself
	forwarded client.Resource
	first     string // id of a port forwarding
	program   string // ports.py
}

func (d *forwards) build(ctx context.Context) error {
	d.Section("Building: two guests behind a router, a floating IP with port forwardings, and one for an address of both guests")
	ext := d.Lab.Topology().External
	if err := d.network(ctx, client.Network{Name: "external", External: true, Type: "flat", PhysicalNetwork: ext.Physnet},
		ext.Outside.Masked().String(), ext.Outside.Addr().String()); err != nil {
		return err
	}
	err := d.network(ctx, client.Network{Name: "web"}, "10.0.0.0/24", "10.0.0.1")
	if err != nil {
		return err
	}
	if d.router, err = d.route(ctx, "external", "web"); err != nil {
		return err
	}
	for i, g := range []string{"web1", "web2"} {
		if err := d.guest(ctx, g, fmt.Sprintf("host%d", i+1), "web", fmt.Sprintf("10.0.0.1%d", i+1)); err != nil {
			return err
		}
		if _, err := d.Client.Ports().Update(ctx, d.ports[g].ID, client.Object{
			"allowed_address_pairs": []client.Object{{"ip_address": "10.0.0.100"}},
		}); err != nil {
			return err
		}
		if err := d.serve(ctx, g); err != nil {
			return err
		}
	}
	d.active(ctx)
	if _, err := d.Client.MoveGateway(ctx, d.router.ID, "host3"); err != nil {
		return err
	}
	if d.fip, err = d.Client.FloatingIPs().Create(ctx, client.FloatingIP{
		FloatingNetworkID: d.nets["external"].ID, FloatingIPAddress: "2.2.2.152",
	}); err != nil {
		return err
	}
	d.forwarded = client.PortForwardings.Under(d.fip.ID)
	return nil
}

// serve lets a guest say its name on TCP and UDP port 80.
func (d *forwards) serve(ctx context.Context, guest string) error {
	p := d.place(guest)
	script := fmt.Sprintf(`python3 -c '
import socket, threading
t = socket.socket(); t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); t.bind(("", 80)); t.listen()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("", 80))
def datagrams():
    while True:
        _, a = u.recvfrom(99); u.sendto(b"%[1]s", a)
threading.Thread(target=datagrams, daemon=True).start()
def one(c):
    c.sendall(b"%[1]s\n")
    while c.recv(99): c.sendall(b"%[1]s\n")
while True:
    c, a = t.accept(); threading.Thread(target=one, args=(c,), daemon=True).start()
' >/dev/null 2>&1 &`, guest)
	_, err := machine.Run(ctx, p.Process, p.Netns, "sh", "-c", script)
	return err
}

// ask sends to a port of an address and gives who answers.
func (d *forwards) ask(ctx context.Context, from, proto string, to netip.Addr, port int) (string, error) {
	kind := map[string]string{"tcp": "STREAM", "udp": "DGRAM"}[proto]
	script := fmt.Sprintf("import socket;s=socket.socket(socket.AF_INET,socket.SOCK_%s);s.settimeout(5);s.connect((%q,%d));s.send(b'?');print(s.recv(99).decode().strip())",
		kind, to, port)
	out, err := d.in(ctx, from, "python3", "-c", script)
	said, _, _ := strings.Cut(strings.TrimSpace(out), "\n") // it says its name at once, and again when it is asked
	return said, err
}

func floats(f client.FloatingIP) netip.Addr { a, _ := netip.ParseAddr(f.FloatingIPAddress); return a }

// says wants a guest to answer at a port of the floating IP.
func (d *forwards) says(ctx context.Context, proto string, port int, guest string) (string, error) {
	return d.answersAt(ctx, floats(d.fip), proto, port, guest)
}

// answersAt waits until a guest answers at a port of an address.
func (d *forwards) answersAt(ctx context.Context, at netip.Addr, proto string, port int, guest string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	seen := ""
	err := until(ctx, func() (err error) {
		if seen, err = d.ask(ctx, lab.MachineOutside, proto, at, port); err == nil && seen != guest {
			err = fmt.Errorf("%q answered, want %s", seen, guest)
		}
		return err
	})
	return seen, err
}

func (d *forwards) forward(ctx context.Context, guest, proto string, port int) (client.Object, error) {
	return d.Client.Create(ctx, d.forwarded, client.Object{
		"protocol": proto, "external_port": port, "internal_port": 80, "internal_port_id": d.ports[guest].ID,
		"internal_ip_address": d.addr(guest).String(),
	})
}

func (d *forwards) checkPorts(ctx context.Context) {
	d.Section("Ports of " + d.fip.FloatingIPAddress)
	for _, x := range []struct {
		guest, proto string
		port         int
	}{{"web1", "tcp", 8080}, {"web2", "tcp", 8081}, {"web1", "udp", 8080}} {
		d.Check(ctx, fmt.Sprintf("outside → %s port %d reaches %s", x.proto, x.port, x.guest), func(ctx context.Context) (string, error) {
			o, err := d.forward(ctx, x.guest, x.proto, x.port)
			if err != nil {
				return "", err
			}
			if d.first == "" {
				d.first = o.Text("id")
			}
			return d.says(ctx, x.proto, x.port, x.guest)
		})
	}
	d.Check(ctx, "the floating IP is ACTIVE", func(ctx context.Context) (string, error) { return d.status(ctx, d.fip.ID) })
	d.Check(ctx, "web2 → tcp port 8080: out and in again by the gateway host", func(ctx context.Context) (string, error) {
		seen, err := d.ask(ctx, "web2", "tcp", floats(d.fip), 8080)
		if err == nil && seen != "web1" {
			err = fmt.Errorf("%q answered", seen)
		}
		return seen, err
	})
	d.Check(ctx, "a port that is not forwarded is closed", func(ctx context.Context) (string, error) {
		if seen, err := d.ask(ctx, lab.MachineOutside, "tcp", floats(d.fip), 8082); err == nil {
			return seen, errors.New("somebody answered")
		}
		return "", nil
	})
	d.Check(ctx, "the same port of it cannot lead to two guests", func(ctx context.Context) (string, error) {
		_, err := d.forward(ctx, "web2", "tcp", 8080)
		return refused(err, "port collision")
	})
	d.Check(ctx, "an open connection ends with its port forwarding, another goes on", d.endsAlone)
}

// endsAlone holds two connections open, and takes the port forwarding of one away.
func (d *forwards) endsAlone(ctx context.Context) (string, error) {
	script := fmt.Sprintf(`import socket,sys
def c(p):
    s=socket.create_connection((%q,p),20); s.settimeout(20); s.recv(99); return s
a,b=c(8080),c(8081); print("open",flush=True); sys.stdin.readline()
for s in (a,b):
    try: s.send(b"?"); print("goes on" if s.recv(99) else "closed")
    except OSError as e: print("cut")`, floats(d.fip))
	p := d.place(lab.MachineOutside)
	cmd := machine.Cmd(ctx, p.Process, p.Netns, "python3", "-c", script)
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := newLines(cmd)
	if err != nil {
		return "", err
	}
	defer cmd.Wait() //nolint:errcheck // what it says counts
	defer in.Close()
	if line, err := out(); err != nil || line != "open" {
		return line, errors.Join(err, errors.New("the connections did not open"))
	}
	if err := d.Client.Delete(ctx, d.forwarded, d.first); err != nil {
		return "", err
	}
	if err := d.Settled(ctx); err != nil {
		return "", err
	}
	fmt.Fprintln(in)
	first, _ := out()
	second, err := out()
	if first != "cut" || second != "goes on" {
		err = errors.Join(err, fmt.Errorf("want the first cut, and the second to go on"))
	}
	_, again := d.forward(ctx, "web1", "tcp", 8080)
	return first + ", " + second, errors.Join(err, again)
}

func (d *forwards) status(ctx context.Context, id string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := until(ctx, func() error {
		o, err := d.Client.Show(ctx, client.FloatingIPs, id)
		if err == nil && o.Text("status") != "ACTIVE" {
			err = fmt.Errorf("it is %s: %s", o.Text("status"), o.Text("weft:problem"))
		}
		return err
	})
	return "ACTIVE", err
}
