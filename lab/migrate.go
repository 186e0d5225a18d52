package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"weft/client"
)

// Migration is a guest on its way from one host to another, as a hypervisor does it: plugged on both, running on one.
type Migration struct {
	l        *Lab
	old, new Guest
}

// migrateWithin bounds each wait of a migration for the controller.
const migrateWithin = time.Minute

// Prepare binds a guest's port on another host, and plugs the guest in there, asleep, until that host is ready for it.
func (l *Lab) Prepare(ctx context.Context, name, host string) (*Migration, error) {
	old, err := l.Guest(name)
	if err != nil {
		return nil, err
	}
	if _, ok := l.state.Topology.Host(host); !ok || host == old.Host {
		return nil, fmt.Errorf("migrate guest %s from %s to %q: want another host of the lab", name, old.Host, host)
	}
	m := &Migration{l: l, old: old, new: old}
	m.new.Host = host
	if err := m.bind(ctx); err != nil {
		return nil, fmt.Errorf("migrate guest %s to %s: %w", name, host, err)
	}
	if err := l.plugAs(ctx, m.new, m.new.asleep()); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate guest %s to %s: %w", name, host, err), m.Abort(context.WithoutCancel(ctx)))
	}
	if err := m.await(ctx, BindingReady); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate guest %s: wait until %s is ready: %w", name, host, err), m.Abort(context.WithoutCancel(ctx)))
	}
	return m, nil
}

func (m *Migration) bind(ctx context.Context) error {
	c, err := m.l.Client()
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Create(ctx, client.PortBindings.Under(m.old.PortID), client.Object{"host": m.new.Host})
	return err
}

// await waits until the binding on the new host is as wanted.
func (m *Migration) await(ctx context.Context, ok func(client.Object) bool) error {
	c, err := m.l.Client()
	if err != nil {
		return err
	}
	defer c.Close()
	return AwaitBinding(ctx, c, m.old.PortID, m.new.Host, ok)
}

// AwaitBinding waits until a port's binding on a host is as wanted.
func AwaitBinding(ctx context.Context, c *client.Client, port, host string, ok func(client.Object) bool) error {
	ctx, cancel := context.WithTimeout(ctx, migrateWithin)
	defer cancel()
	return until(ctx, 50*time.Millisecond, func() error {
		b, err := c.Show(ctx, client.PortBindings.Under(port), host)
		if err == nil && !ok(b) {
			err = fmt.Errorf("it is %v", b)
		}
		if err != nil {
			return fmt.Errorf("the binding of port %s on %s: %w", port, host, err)
		}
		return nil
	})
}

// BindingReady says of a binding that its host is ready for the guest, which is plugged in there.
func BindingReady(b client.Object) bool { return b.Text("weft:status") == "ACTIVE" }

// BindingCarries says of a binding that traffic goes to its host, and that all is as it should be there.
func BindingCarries(b client.Object) bool { return b.Text("status") == "ACTIVE" && BindingReady(b) }

// Switch stops the guest where it was and lets it run where it goes. It tells its address, as hypervisors do for guests.
func (m *Migration) Switch(ctx context.Context) error {
	if _, err := m.l.Run(ctx, m.old.Host, "ip", "-n", m.old.netns(), "link", "set", "eth0", "down"); err != nil {
		return err
	}
	_, err := m.l.Run(ctx, m.new.Host, "sh", "-c", "set -e\n"+strings.Join(m.new.wake(), "\n"))
	return err
}

// Activate lets traffic follow the guest before it speaks.
func (m *Migration) Activate(ctx context.Context) error {
	c, err := m.l.Client()
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Action(ctx, client.PortBindings.Under(m.old.PortID), m.new.Host, "activate", nil)
	return err
}

// Arrived waits until the controller knows where the guest is.
func (m *Migration) Arrived(ctx context.Context) error {
	err := m.await(ctx, BindingCarries)
	if err != nil {
		return fmt.Errorf("migrate guest %s: wait until it has arrived on %s: %w", m.old.Name, m.new.Host, err)
	}
	return nil
}

// Finish removes what is left of the guest where it was, and its binding there.
func (m *Migration) Finish(ctx context.Context) error { return m.settle(ctx, m.old, m.new) }

// Abort removes the guest from where it should have gone, and its binding there.
func (m *Migration) Abort(ctx context.Context) error { return m.settle(ctx, m.new, m.old) }

func (m *Migration) settle(ctx context.Context, gone, stays Guest) error {
	if err := m.l.unplug(ctx, gone); err != nil {
		return err
	}
	c, err := m.l.Client()
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Delete(ctx, client.PortBindings.Under(gone.PortID), gone.Host); err != nil {
		return err
	}
	unlock, err := m.l.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := m.l.load(); err != nil {
		return err
	}
	m.l.state.Guests[stays.Name] = stays
	return m.l.save()
}

// Migrate moves a guest to another host while it runs.
func (l *Lab) Migrate(ctx context.Context, name, host string) error {
	m, err := l.Prepare(ctx, name, host)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{m.Switch, m.Arrived, m.Finish} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}
