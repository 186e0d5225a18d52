package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"weft/lab/machine"
)

const upTimeout = 5 * time.Minute

// Up makes the lab, or what is missing of it. topology is nil for the one that the lab has, or Default. If ctx is
// cancelled, what was made goes again, unless the lab was there before. On any other failure everything stays, to be
// looked at: Up again goes on, Down removes it.
func (l *Lab) Up(ctx context.Context, topology *Topology) error {
	if err := Ready(); err != nil {
		return err
	}
	unlock, err := l.lock()
	if err != nil {
		return err
	}
	defer unlock()
	fresh, release, err := l.begin(topology)
	if err != nil {
		return err
	}
	defer release()
	if !fresh {
		l.say("lab %q is there already: making what is missing", l.name)
	}
	limited, cancel := context.WithTimeout(ctx, upTimeout)
	defer cancel()
	err = l.build(limited)
	if err != nil && fresh && errors.Is(ctx.Err(), context.Canceled) {
		l.say("interrupted: taking down what was made")
		return errors.Join(context.Canceled, l.destroy(context.WithoutCancel(ctx)))
	}
	if err != nil {
		return fmt.Errorf("%w\n'weft lab logs' shows what the machines said, 'weft lab down' removes everything", err)
	}
	return nil
}

// Renew makes a lab anew for a purpose. One that is up goes first, but only if it was made by Renew too: a lab that
// somebody built by hand is theirs.
func (l *Lab) Renew(ctx context.Context, topology Topology, purpose string) error {
	err := l.load()
	switch {
	case err == nil && l.state.Purpose == "":
		return fmt.Errorf("lab %q is up already, and may hold somebody's work; 'weft lab down' removes it", l.name)
	case err == nil || !missing(err):
		l.say("taking down the lab of an earlier run")
		if err := l.Down(ctx); err != nil {
			return err
		}
	}
	l.purpose = purpose
	return l.Up(ctx, &topology)
}

// DownRenewed removes the lab if it was made by Renew.
func (l *Lab) DownRenewed(ctx context.Context) error {
	if err := l.load(); err == nil && l.state.Purpose == "" {
		return nil
	}
	return l.Down(ctx)
}

// begin settles what the lab consists of, and records it. release gives back the claim on its management network, once
// the network's addresses are there.
func (l *Lab) begin(topology *Topology) (fresh bool, release func(), err error) {
	release = func() {}
	err = l.load()
	switch {
	case err == nil && topology != nil && !l.state.Topology.same(*topology):
		return false, release, fmt.Errorf("lab %q is up with another topology; 'weft lab down' removes it", l.name)
	case err == nil:
		return false, release, nil
	case !missing(err):
		return false, release, fmt.Errorf("%w; 'weft lab down' removes what is left of the lab", err)
	}
	t := Default()
	if topology != nil {
		t = *topology
	}
	if !t.Management.IsValid() {
		if t.Management, release, err = claimManagement(l.dir); err != nil {
			return false, func() {}, err
		}
	}
	if err := t.Validate(); err != nil {
		release()
		return false, func() {}, err
	}
	l.state = state{Topology: t, Purpose: l.purpose, Machines: map[string]machine.Process{}, Guests: map[string]Guest{}}
	return true, release, l.save()
}

// same reports whether a topology asks for what t is; a management network that was chosen for it is not asked for.
func (t Topology) same(asked Topology) bool {
	if !asked.Management.IsValid() {
		asked.Management = t.Management
	}
	return fmt.Sprint(t) == fmt.Sprint(asked)
}

// claimManagement finds a network that this machine has no address in and that no other lab has reserved, and reserves it
// for the lab whose folder is dir. Others that look at the same moment are kept away by a socket, which one program of the
// machine can hold at a time and which goes with it.
func claimManagement(dir string) (p netip.Prefix, release func(), err error) {
	for third := 255; third >= 240; third-- {
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{172, 31, byte(third), 0}), 24)
		claim, err := net.ListenUnix("unix", &net.UnixAddr{Name: "@weft-lab-" + p.String(), Net: "unix"})
		if errors.Is(err, unix.EADDRINUSE) {
			continue
		}
		if err != nil {
			return netip.Prefix{}, nil, fmt.Errorf("claim the management network %s: %w", p, err)
		}
		taken, err := hasAddressIn(p)
		mine := false
		if err == nil && !taken {
			mine, err = reserve(p, dir)
		}
		if mine {
			return p, func() { _ = claim.Close() }, nil
		}
		_ = claim.Close()
		if err != nil {
			return netip.Prefix{}, nil, err
		}
	}
	return netip.Prefix{}, nil, errors.New("no management network is free in 172.31.240.0/20: give one in the topology")
}

// hasAddressIn reports whether this machine has an address in a network.
func hasAddressIn(p netip.Prefix) (bool, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false, fmt.Errorf("list the addresses of this machine: %w", err)
	}
	for _, a := range addrs {
		if have, err := netip.ParsePrefix(a.String()); err == nil && have.Overlaps(p) {
			return true, nil
		}
	}
	return false, nil
}

// build makes what is missing. Every part looks first and leaves alone what is there.
func (l *Lab) build(ctx context.Context) error {
	begun := time.Now()
	if err := l.startMachines(ctx); err != nil {
		return err
	}
	if err := l.layWires(ctx); err != nil {
		return err
	}
	l.say("%-12s %d machines and their cables", stamp(begun), len(l.state.Machines))
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.ensureController(gctx) })
	g.Go(func() error { return l.ensureWires(gctx) })
	for _, h := range l.state.Topology.Hosts {
		g.Go(func() error { return l.ensureSwitch(gctx, h) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	l.say("%-12s the controller answers at %s, Open vSwitch runs on every host", stamp(begun), l.Endpoint())
	if err := l.ensureAgents(ctx); err != nil {
		return err
	}
	if err := l.acquaintAll(ctx); err != nil {
		return err
	}
	l.say("%-12s every host is connected", stamp(begun))
	return l.replug(ctx)
}

// acquaintAll makes the tunnels of all hosts that move packets know their next hops: one that was down when another
// came up is not known there.
func (l *Lab) acquaintAll(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, h := range l.state.Topology.Hosts {
		if l.forwards(ctx, h.Name) {
			g.Go(func() error { return l.acquaint(ctx, h) })
		}
	}
	return g.Wait()
}

func stamp(begun time.Time) string {
	return fmt.Sprintf("[%5.1f s]", time.Since(begun).Seconds())
}

// startMachines starts the machines that do not run.
func (l *Lab) startMachines(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, name := range l.state.Topology.Machines() {
		if _, err := l.Process(name); err == nil {
			continue
		}
		g.Go(func() error { return l.startMachine(ctx, name) })
	}
	return g.Wait()
}

func (l *Lab) startMachine(ctx context.Context, name string) error {
	_, err := machine.Start(ctx, machine.Spec{
		Name: name, Dir: l.path(name),
		Argv: []string{l.exe, "lab", "machine", "--machine", name, "--dir", l.path(name)},
	}, func(p machine.Process) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.state.Machines[name] = p
		return l.save()
	})
	return err
}

// layWires makes the cables, and lets kernels finish checksums themselves where Open vSwitch reads the other end.
func (l *Lab) layWires(ctx context.Context) error {
	t := l.state.Topology
	pids := map[string]int{}
	for name, p := range l.state.Machines {
		pids[name] = p.PID
	}
	w := newWiring(pids)
	defer w.close()
	if err := w.lay(t, l.shellDevice()); err != nil {
		return err
	}
	for _, m := range []string{MachineRouter, MachineOutside} {
		script := "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1"
		for _, h := range t.Hosts {
			script += " && ethtool -K " + h.Name + " tx off >/dev/null"
		}
		if _, err := l.Run(ctx, m, "sh", "-c", script); err != nil {
			return err
		}
	}
	for _, m := range t.physical() {
		if _, err := l.Run(ctx, m.Name, "sh", "-c", m.setUp()); err != nil {
			return err
		}
	}
	return nil
}
