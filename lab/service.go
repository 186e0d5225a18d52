package lab

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// The services of the machines.
const (
	ServiceOVSDB      = "ovsdb"
	ServiceVSwitchd   = "vswitchd"
	ServiceAgent      = "agent"
	ServiceController = "controller"
)

// Stop ends a service of a machine with SIGKILL, or the whole machine if service is "". Nothing starts it again by
// itself.
func (l *Lab) Stop(ctx context.Context, name, service string) error {
	unlock, err := l.lock()
	if err != nil {
		return err
	}
	defer unlock()
	p, err := l.Process(name)
	if err != nil {
		return err
	}
	if service == "" {
		return p.Kill(ctx)
	}
	if err := l.checkService(name, service); err != nil {
		return err
	}
	return l.control(name).Stop(ctx, service, unix.SIGKILL)
}

// Start starts a service of a machine unless it runs, or the whole machine if service is "". Of libvirtd, which hosts have
// only then, this may be the first start.
func (l *Lab) Start(ctx context.Context, name, service string) error {
	if service == "" {
		return l.boot(ctx, name)
	}
	if _, isHost := l.state.Topology.Host(name); isHost && service == ServiceLibvirt {
		return l.StartLibvirt(ctx, name)
	}
	if err := l.checkService(name, service); err != nil {
		return err
	}
	unlock, err := l.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if name == MachineSwitch {
		return l.ensureWires(ctx)
	}
	h, _ := l.state.Topology.Host(name)
	switch service {
	case ServiceController:
		return l.restartController(ctx)
	case ServiceOVSDB:
		return l.restartOVSDB(ctx, h)
	case ServiceVSwitchd:
		if err := l.ensureVSwitchd(ctx, h); err != nil {
			return err
		}
		return l.acquaintAll(ctx)
	}
	return l.startAgent(ctx, h)
}

func (l *Lab) startAgent(ctx context.Context, h Host) error {
	if l.running(ctx, MachineController, ServiceController) != nil {
		return l.runAgent(ctx, h, "") // it goes on with what it has on disk
	}
	c, err := l.client(false)
	if err != nil {
		return err
	}
	defer c.Close()
	return l.ensureAgent(ctx, c, h)
}

// boot starts a machine that has ended, with all that ran on it. While the controller runs that is Up. While it does not,
// it is not started for the sake of a hypervisor, which must do without.
func (l *Lab) boot(ctx context.Context, name string) error {
	if _, ok := l.state.Machines[name]; !ok {
		_, err := l.Process(name)
		return err
	}
	h, isHost := l.state.Topology.Host(name)
	if !isHost || l.running(ctx, MachineController, ServiceController) == nil {
		return l.Up(ctx, nil)
	}
	unlock, err := l.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := l.startMachines(ctx); err != nil {
		return err
	}
	if err := l.layWires(ctx); err != nil {
		return err
	}
	if err := l.ensureSwitch(ctx, h); err != nil {
		return err
	}
	if err := l.startAgent(ctx, h); err != nil {
		return err
	}
	if err := l.acquaintAll(ctx); err != nil {
		return err
	}
	return l.replug(ctx)
}

// Restart ends a service with SIGKILL, if it runs, and starts it.
func (l *Lab) Restart(ctx context.Context, name, service string) error {
	if err := l.Stop(ctx, name, service); err != nil {
		return err
	}
	return l.Start(ctx, name, service)
}

// restartController starts the controller, and waits until the hosts whose agents run are connected to it again.
func (l *Lab) restartController(ctx context.Context) error {
	if err := l.ensureController(ctx); err != nil {
		return err
	}
	c, err := l.client(false)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, h := range l.state.Topology.Hosts {
		if l.running(ctx, h.Name, ServiceAgent) != nil || l.running(ctx, h.Name, ServiceVSwitchd) != nil {
			continue
		}
		if err := l.await(ctx, h.Name, ServiceAgent, func() error { return l.connected(ctx, c, h) }); err != nil {
			return err
		}
	}
	return nil
}

// restartOVSDB starts the database under a running ovs-vswitchd, and waits until that has found it again: until then
// the userspace datapath moves no packet, since the thread that looks for the database is the one that forwards.
func (l *Lab) restartOVSDB(ctx context.Context, h Host) error {
	if err := l.ensureOVSDB(ctx, h.Name); err != nil {
		return err
	}
	if l.running(ctx, h.Name, ServiceVSwitchd) != nil {
		return nil //nolint:nilerr // then nobody has to find the database
	}
	_, err := l.Run(ctx, h.Name, "ovs-vsctl", "--timeout=60", "set", "Open_vSwitch", ".", "external_ids:hostname="+h.Name)
	if err != nil {
		return err
	}
	return l.acquaintAll(ctx)
}

func (l *Lab) checkService(name, service string) error {
	if _, err := l.Process(name); err != nil {
		return err
	}
	if services := l.services(name); !slices.Contains(services, service) {
		return fmt.Errorf("machine %s has no service %q; it has %s", name, service, strings.Join(services, ", "))
	}
	return nil
}

// services lists what runs on a machine.
func (l *Lab) services(name string) []string {
	if name == MachineController {
		return []string{ServiceController}
	}
	if name == MachineSwitch {
		return []string{ServiceOVSDB, ServiceVSwitchd}
	}
	if _, ok := l.state.Topology.Host(name); !ok {
		return nil
	}
	all := []string{ServiceOVSDB, ServiceVSwitchd, ServiceAgent}
	if _, err := os.Stat(l.logFile(name, ServiceLibvirt)); err == nil { // it was started once
		all = append(all, ServiceLibvirt)
	}
	return all
}
