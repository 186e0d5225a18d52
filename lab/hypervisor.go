package lab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"weft/client"
	"weft/lab/machine"
)

// ensureController runs the controller and waits until its REST API answers.
func (l *Lab) ensureController(ctx context.Context) error {
	at := l.state.Topology.Controller().String()
	err := l.control(MachineController).Run(ctx, machine.Command{
		Name: ServiceController, Log: l.logFile(MachineController, ServiceController),
		Argv: []string{
			l.exe, "controller", "--data-dir", l.path(MachineController, "data"),
			"--listen-rest", at + ":9696", "--listen-openflow", at + ":6653", "--listen-agent", at + ":9698",
		},
	})
	if err != nil {
		return err
	}
	return l.await(ctx, MachineController, ServiceController, func() error {
		c, err := l.Client()
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.Hosts().List(ctx, nil)
		return err
	})
}

// await polls ready, and gives up early when the service has ended.
func (l *Lab) await(ctx context.Context, name, service string, ready func() error) error {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	var ended error
	err := until(ctx, 30*time.Millisecond, func() error {
		if ended = l.running(ctx, name, service); ended != nil && ctx.Err() == nil {
			return nil // waiting is over; the reason is told below
		}
		ended = nil
		return ready()
	})
	if err = errors.Join(ended, err); err != nil {
		return fmt.Errorf("start %s on %s: %w (see %s)", service, name, err, l.logFile(name, service))
	}
	return nil
}

// running says why a service does not run.
func (l *Lab) running(ctx context.Context, name, service string) error {
	all, err := l.control(name).Services(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		switch {
		case s.Name == service && s.Running:
			return nil
		case s.Name == service:
			return fmt.Errorf("it ended: %s", s.Exit)
		}
	}
	return errors.New("it was never started")
}

// ensureSwitch runs Open vSwitch on a host, with the two bridges that an administrator makes before weft comes.
func (l *Lab) ensureSwitch(ctx context.Context, h Host) error {
	if err := l.ensureOVSDB(ctx, h.Name); err != nil {
		return fmt.Errorf("start Open vSwitch on %s: %w", h.Name, err)
	}
	if err := l.ensureVSwitchd(ctx, h); err != nil {
		return fmt.Errorf("start Open vSwitch on %s: %w", h.Name, err)
	}
	return nil
}

func (l *Lab) ensureOVSDB(ctx context.Context, name string) error {
	db := l.path(name, "etc-openvswitch", "conf.db")
	if _, err := os.Stat(db); errors.Is(err, fs.ErrNotExist) {
		if out, err := exec.CommandContext(ctx, "ovsdb-tool", "create", db).CombinedOutput(); err != nil {
			return fmt.Errorf("create the database: %w: %s", err, out)
		}
	}
	err := l.runDaemon(ctx, name, ServiceOVSDB, "ovsdb-server", db, "--remote=punix:/run/openvswitch/db.sock",
		"--remote=db:Open_vSwitch,Open_vSwitch,manager_options")
	if err != nil {
		return err
	}
	return l.await(ctx, name, ServiceOVSDB, func() error {
		_, err := l.Run(ctx, name, "ovs-vsctl", "--no-wait", "--timeout=5", "set", "Open_vSwitch", ".",
			"external_ids:system-id="+name, "external_ids:hostname="+name)
		return err
	})
}

// ensureDaemon runs ovs-vswitchd.
func (l *Lab) ensureDaemon(ctx context.Context, name string) error {
	if err := l.runDaemon(ctx, name, ServiceVSwitchd, "ovs-vswitchd", "unix:/run/openvswitch/db.sock"); err != nil {
		return err
	}
	return l.await(ctx, name, ServiceVSwitchd, func() error {
		_, err := l.Run(ctx, name, "ovs-appctl", "--timeout=5", "version")
		return err
	})
}

func (l *Lab) ensureVSwitchd(ctx context.Context, h Host) error {
	if err := l.ensureDaemon(ctx, h.Name); err != nil {
		return err
	}
	// The userspace datapath reads a copy of what the machine's own stack sees. That would answer ARP for the tunnels' address
	// with the cable's MAC, beside the bridge with its own, and hosts that believed it would send their tunnels nowhere.
	deaf := fmt.Sprintf("for dev in %s %s; do sysctl -qw net.ipv4.conf.$dev.arp_ignore=8 || exit 1; done", devUnderlay, devExternal)
	if _, err := l.Run(ctx, h.Name, "sh", "-c", deaf); err != nil {
		return err
	}
	args := []string{"ovs-vsctl", "--timeout=60"}
	for _, b := range [][2]string{
		{bridgeUnderlay, devUnderlay}, {l.state.Topology.External.Bridge, devExternal},
	} {
		args = append(args, "--", "--may-exist", "add-br", b[0],
			"--", "set", "Bridge", b[0], "datapath_type=netdev",
			"--", "--may-exist", "add-port", b[0], b[1])
	}
	if _, err := l.Run(ctx, h.Name, args...); err != nil {
		return err
	}
	return l.addressUnderlay(ctx, h)
}

// family is the option that tells ip which protocol is meant.
func family(a netip.Addr) string {
	if a.Is6() {
		return "-6"
	}
	return "-4"
}

// quick is what makes an address usable at once.
func quick(a netip.Addr) string {
	if a.Is6() {
		return " nodad"
	}
	return ""
}

// addressUnderlay puts the tunnel address on the underlay bridge, and waits until the router answers. The userspace
// datapath makes the bridge's device anew with each start of ovs-vswitchd, some time after ovs-vsctl has returned when
// the database had the bridge before.
func (l *Lab) addressUnderlay(ctx context.Context, h Host) error {
	u, _ := l.state.Topology.Underlay(h)
	script := fmt.Sprintf(`ip address replace %s/%d dev %s%s && ip link set %[3]s up &&
		ip %[5]s route replace default via %[6]s && ping -c1 -W1 -q %[6]s`,
		h.Address, u.Subnet.Bits(), bridgeUnderlay, quick(h.Address), family(h.Address), u.router().Addr())
	return l.await(ctx, h.Name, ServiceVSwitchd, func() error {
		_, err := l.Run(ctx, h.Name, "sh", "-c", script)
		return err
	})
}

// acquaint makes a host's tunnels know the addresses of their next hops: the router, and the hosts of its own underlay.
// Tunnels of the userspace datapath learn them from ARP answers that pass while there is a tunnel, and drop packets
// until then; a kernel would hold the first packet back. So the kernel must ask anew, and be answered.
func (l *Lab) acquaint(ctx context.Context, h Host) error {
	found, err := l.Run(ctx, h.Name, "ovs-vsctl", "--timeout=60", "--bare", "--columns=name", "find", "Interface", "type=vxlan")
	if err != nil || strings.TrimSpace(found) == "" {
		return err
	}
	u, _ := l.state.Topology.Underlay(h)
	hops := []string{u.router().Addr().String()}
	for _, peer := range l.state.Topology.Hosts {
		if peer != h && u.Subnet.Contains(peer.Address) && l.forwards(ctx, peer.Name) {
			hops = append(hops, peer.Address.String())
		}
	}
	script := fmt.Sprintf(`ip neighbour flush dev %s
		for hop in %s; do ping -c1 -W1 -q $hop >/dev/null || exit 1; done
		ovs-appctl --timeout=5 tnl/neigh/show`, bridgeUnderlay, strings.Join(hops, " "))
	return l.await(ctx, h.Name, ServiceVSwitchd, func() error {
		known, err := l.Run(ctx, h.Name, "sh", "-c", script)
		if err != nil {
			return err
		}
		fields := strings.Fields(known)
		for _, hop := range hops {
			if !slices.Contains(fields, hop) {
				return fmt.Errorf("the tunnels of %s do not know %s", h.Name, hop)
			}
		}
		return nil
	})
}

// forwards reports whether a host's datapath moves packets: it does nothing without its database.
func (l *Lab) forwards(ctx context.Context, name string) bool {
	return l.running(ctx, name, ServiceOVSDB) == nil && l.running(ctx, name, ServiceVSwitchd) == nil
}

func (l *Lab) runDaemon(ctx context.Context, name, service, program string, args ...string) error {
	path, err := exec.LookPath(program)
	if err != nil {
		return fmt.Errorf("find %s: %w ('make deps' installs it)", program, err)
	}
	argv := append([]string{path}, args...)
	return l.control(name).Run(ctx, machine.Command{
		Name: service, Argv: append(argv, "--pidfile"), Log: l.logFile(name, service),
	})
}

// ensureAgents makes the hosts known to the controller and runs their agents.
func (l *Lab) ensureAgents(ctx context.Context) error {
	c, err := l.client(false) // hosts that have no agent yet confirm nothing
	if err != nil {
		return err
	}
	defer c.Close()
	g, ctx := errgroup.WithContext(ctx)
	for _, h := range l.state.Topology.Hosts {
		g.Go(func() error {
			if err := l.ensureAgent(ctx, c, h); err != nil {
				return fmt.Errorf("start the agent on %s: %w", h.Name, err)
			}
			return nil
		})
	}
	return g.Wait()
}

func (l *Lab) ensureAgent(ctx context.Context, c *client.Client, h Host) error {
	token, err := l.join(ctx, c, h)
	if err != nil {
		return err
	}
	if err := l.runAgent(ctx, h, token); err != nil {
		return err
	}
	return l.await(ctx, h.Name, ServiceAgent, func() error { return l.connected(ctx, c, h) })
}

func (l *Lab) runAgent(ctx context.Context, h Host, token string) error {
	argv := []string{
		l.exe, "agent", "--name", h.Name, "--tunnel-ip", h.Address.String(), "--datapath", "netdev",
		"--state-dir", l.path(h.Name, "agent"),
	}
	argv = append(argv, l.state.Topology.mappings(h.Name)...)
	if token != "" {
		argv = append(argv, "--join", token)
	}
	return l.control(h.Name).Run(ctx, machine.Command{
		Name: ServiceAgent, Argv: argv, Log: l.logFile(h.Name, ServiceAgent),
	})
}

// join gives the token with which the host's agent joins, "" if it has joined.
func (l *Lab) join(ctx context.Context, c *client.Client, h Host) (string, error) {
	tokenFile := l.path(h.Name, "join-token")
	if raw, err := os.ReadFile(tokenFile); err == nil {
		return string(raw), nil
	}
	_, err := c.Hosts().Show(ctx, h.Name)
	switch {
	case err == nil: // made by someone, and its token lost with a half-finished Up: nothing has joined with it
		if err := c.Hosts().Delete(ctx, h.Name); err != nil {
			return "", err
		}
	case !client.NotFound(err):
		return "", err
	}
	made, err := c.Hosts().Create(ctx, client.Host{Name: h.Name})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(tokenFile, []byte(made.JoinToken), 0o600); err != nil {
		return "", fmt.Errorf("keep the join token: %w", err)
	}
	return made.JoinToken, nil
}

// connected says why the controller does not hold the host for ready yet.
func (l *Lab) connected(ctx context.Context, c *client.Client, h Host) error {
	o, err := c.Show(ctx, client.Hosts, h.Name)
	if err != nil {
		return err
	}
	state, problem := o.Text("state"), o.Text("problem")
	wanted, confirmed := fmt.Sprint(o["revision_wanted"]), fmt.Sprint(o["revision_confirmed"])
	if state != "up" || problem != "" || wanted != confirmed || wanted == "0" {
		return fmt.Errorf("the controller says: state %q, problem %q, revision %s of %s", state, problem, confirmed, wanted)
	}
	return nil
}
