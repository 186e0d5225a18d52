package scenario

import (
	"context"
	"fmt"
	"strings"

	"weft/client"
	"weft/lab/machine"
	"weft/lab/pcap"
)

// announces is what a guest runs that poses as a router for a time in seconds, three times, with as many bytes behind it
// as it is told. The kernel fills in the checksum; others only believe what has the hop limit 255.
const announces = `index=$(ip -o link show eth0 | cut -d: -f1)
perl -MSocket -e '
	my ($index, $life, $more) = @ARGV;
	socket(my $s, 10, 3, 58) or die "socket: $!";
	setsockopt($s, 41, 18, pack("i", 255)) or die "hop limit: $!";
	my $all = Socket::pack_sockaddr_in6(0, Socket::inet_pton(10, "ff02::1"), $index);
	for (1 .. 3) { defined send($s, pack("CCnCCnNNx$more", 134, 0, 0, 64, 0, $life, 0, 0), 0, $all) or die "send: $!"; }
' "$index" "$0" "${1:-0}"`

// checkRogue lets a guest pose as a router.
func (d *sixCloud) checkRogue(ctx context.Context) error {
	d.Section("A guest that announces itself as a router")
	mac := d.ports["red2"].MACAddress
	router, err := linkLocal(mac)
	if err != nil {
		return err
	}
	routes := func(ctx context.Context) (string, error) {
		return d.in(ctx, "red1", "ip", "-6", "route", "show", "default")
	}
	d.Check(ctx, "with port security red1 does not hear it", func(ctx context.Context) (string, error) {
		if out, err := d.in(ctx, "red2", "sh", "-c", announces, "1800"); err != nil {
			return out, err
		}
		if _, err := Ping(ctx, d.place("red2"), d.six("red1")); err != nil { // what came before that has come
			return "", err
		}
		out, err := routes(ctx)
		if err == nil {
			err = lacks("red1's default routes", out, router)
		}
		return strings.TrimSpace(out), err
	})
	d.Check(ctx, "nor in fragments, of which the first is held back", d.announcesInPieces)
	d.Check(ctx, "nor what it says as a DHCPv6 server", func(ctx context.Context) (string, error) { return d.hears(ctx, "client") })
	if err := d.secure(ctx, "red2", false); err != nil {
		return err
	}
	d.Check(ctx, "without port security red1 hears the DHCPv6 server", func(ctx context.Context) (string, error) {
		return d.hears(ctx, "server")
	})
	d.Check(ctx, "without port security red1 takes it for a router too", func(ctx context.Context) (string, error) {
		if out, err := d.in(ctx, "red2", "sh", "-c", announces, "1800"); err != nil {
			return out, err
		}
		return d.learns(ctx, "red1", []string{router}, "ip", "-6", "route", "show", "default")
	})
	if out, err := d.in(ctx, "red2", "sh", "-c", announces, "0"); err != nil {
		return fmt.Errorf("take the announcement back: %w: %s", err, out)
	}
	return d.secure(ctx, "red2", true)
}

// announcesInPieces has red2 announce itself in packets that are too big for the network. red1's device must not see their
// first pieces, which say what they are; what red2 sends in pieces otherwise comes through.
func (d *sixCloud) announcesInPieces(ctx context.Context) (string, error) {
	c, err := StartCapture(ctx, d.place("red1"), "eth0")
	if err != nil {
		return "", err
	}
	defer c.Stop() //nolint:errcheck // Await said what there was to say
	if out, err := d.in(ctx, "red2", "sh", "-c", announces, "1800", "2000"); err != nil {
		return out, err
	}
	out, err := d.in(ctx, "red2", "ping", "-n", "-q", "-c1", "-W5", "-s", "2000", d.six("red1").String())
	if err != nil {
		return out, err
	}
	all, err := c.Await(ctx, "second piece of red2's echo request", func(p pcap.Packet) bool {
		return p.DstIP == d.six("red1") && p.Proto == pcap.ProtoFragment
	})
	if err != nil {
		return "", err
	}
	for _, p := range all {
		if p.SrcMAC.String() == d.ports["red2"].MACAddress && p.Proto == pcap.ProtoICMPv6 && p.ICMPType == pcap.RouterAdvertisement {
			return "", fmt.Errorf("red1 saw %s", p)
		}
	}
	return statistics(out), nil
}

// What a DHCPv6 client hears first, and what says from the port of a server who it is, and then from another.
const (
	hearsServer = `import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(("::", 546)); print("ready", flush=True)
print(s.recv(99).decode(), flush=True)`
	posesAsServer = `import socket, sys
for port, word in (547, b"server"), (5470, b"client"):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(("::", port)); s.sendto(word, (sys.argv[1], 546))`
)

// hears wants red1 to hear first what red2 says as one.
func (d *sixCloud) hears(ctx context.Context, want string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	p := d.place("red1")
	next, err := newLines(machine.Cmd(ctx, p.Process, p.Netns, "python3", "-c", hearsServer))
	if err != nil {
		return "", err
	}
	if _, err := next(); err != nil {
		return "", fmt.Errorf("listen in red1: %w", err)
	}
	if out, err := d.in(ctx, "red2", "python3", "-c", posesAsServer, d.six("red1").String()); err != nil {
		return out, err
	}
	said, err := next()
	if err == nil && said != want {
		err = fmt.Errorf("red1 heard the %s first, want the %s", said, want)
	}
	return said, err
}

// secure sets whether what a guest sends is checked.
func (d *sixCloud) secure(ctx context.Context, guest string, on bool) error {
	_, err := d.Client.Update(ctx, client.Ports, d.ports[guest].ID, client.Object{"port_security_enabled": on})
	if err != nil {
		return err
	}
	return d.Settled(ctx)
}
