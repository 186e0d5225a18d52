package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"weft/client"
	"weft/lab"
)

// migration is a guest that moves between host1 and host2, and those who speak to it all the while.
//
//	mover .11, near .12 │ host1 │                 blue  192.168.10.0/24
//	          there .13 │ host2 │
//	                    │ host3 │ web .14          green 10.10.10.0/24     outside → floating IP → mover
func migration(ctx context.Context, e *Env) error {
	m := &moving{rig: newRig(e)}
	if len(e.Lab.Topology().Hosts) != 3 {
		return errors.New("the scenario needs three hosts")
	}
	if err := m.build(ctx); err != nil {
		return err
	}
	m.active(ctx)
	m.checkAbort(ctx)
	m.Section("Moved by its first frame from the new host")
	m.checkMove(ctx, "host2", (*lab.Migration).Switch)
	m.Section("And back, activated before it speaks from there")
	m.checkMove(ctx, "host1", func(mig *lab.Migration, ctx context.Context) error {
		return errors.Join(mig.Activate(ctx), mig.Switch(ctx))
	})
	m.checkRefused(ctx)
	if err := m.checkTrunkMoves(ctx); err != nil {
		return err
	}
	if m.Chaos {
		m.checkDeaths(ctx)
	}
	m.checkEnd(ctx)
	return nil
}

type moving struct {
	*rig
	floating netip.Addr
}

// mostGap is how long nobody may hear of the guest while it moves. Of that the lab itself needs most, to stop it on one
// host and start it on the other.
const mostGap = 500 * time.Millisecond

func (m *moving) build(ctx context.Context) error {
	m.Section("Building: two networks, a router, a floating IP; the guest that moves, and four that speak to it")
	ext := m.Lab.Topology().External
	for _, n := range []struct {
		net           client.Network
		cidr, gateway string
	}{
		{client.Network{Name: "external", External: true, Type: "flat", PhysicalNetwork: ext.Physnet}, ext.Outside.Masked().String(), ext.Outside.Addr().String()},
		{client.Network{Name: "blue"}, "192.168.10.0/24", ""},
		{client.Network{Name: "green"}, "10.10.10.0/24", ""},
	} {
		if err := m.network(ctx, n.net, n.cidr, n.gateway); err != nil {
			return err
		}
	}
	if _, err := m.route(ctx, "external", "blue", "green"); err != nil {
		return err
	}
	for _, g := range [][4]string{
		{"mover", "host1", "blue", "192.168.10.11"}, {"near", "host1", "blue", "192.168.10.12"},
		{"there", "host2", "blue", "192.168.10.13"}, {"web", "host3", "green", "10.10.10.14"},
	} {
		if err := m.guest(ctx, g[0], g[1], g[2], g[3]); err != nil {
			return err
		}
	}
	f, err := m.Client.FloatingIPs().Create(ctx, client.FloatingIP{FloatingNetworkID: m.nets["external"].ID, FloatingIPAddress: "2.2.2.100", PortID: m.ports["mover"].ID})
	if err != nil {
		return err
	}
	m.floating, err = netip.ParseAddr(f.FloatingIPAddress)
	return err
}

// listeners are open pings to the guest, by who sends them.
type listeners map[string]*OpenPing

// listen begins to speak to the guest, every 10 ms, from its own host, the one it goes to, through the router, and from
// outside; and waits until all are answered.
func (m *moving) listen(ctx context.Context) (listeners, error) {
	all := listeners{}
	for _, from := range []string{"near", "there", "web", lab.MachineOutside} {
		to := m.addr("mover")
		if from == lab.MachineOutside {
			to = m.floating
		}
		p, err := StartPingEvery(ctx, m.place(from), to, 10*time.Millisecond)
		if err != nil {
			all.stop()
			return nil, err
		}
		all[from] = p
	}
	return all, all.heard(ctx)
}

func (all listeners) stop() {
	for _, p := range all {
		p.Stop()
	}
}

// heard waits until each got answers.
func (all listeners) heard(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, p := range all {
		g.Go(func() error { return p.AwaitAnswers(ctx, 20) })
	}
	return g.Wait()
}

// gaps gives the longest silence that each heard, and an error if one is too long.
func (all listeners) gaps(most time.Duration) (string, error) {
	var words []string
	var err error
	for from, p := range all {
		longest, s := p.silences()
		words = append(words, fmt.Sprintf("%s %d ms", from, longest.Length.Milliseconds()))
		if s.Own() > most {
			err = fmt.Errorf("%s heard nothing for %s, at most %s is allowed on a machine that was busy for %s of it", from, s.Length, most+s.Busy, s.Busy)
		}
	}
	slices.Sort(words)
	return "silence: " + strings.Join(words, ", "), err
}

// prepare makes a host ready for the guest, and begins to speak to it.
func (m *moving) prepare(ctx context.Context, host string) (*lab.Migration, listeners, error) {
	mig, err := m.Lab.Prepare(ctx, "mover", host)
	if err != nil {
		return nil, nil, err
	}
	all, err := m.listen(ctx)
	return mig, all, err
}

// checkMove moves the guest to a host while others speak to it.
func (m *moving) checkMove(ctx context.Context, host string, over func(*lab.Migration, context.Context) error) {
	m.Check(ctx, "mover goes to "+host+": nobody hears nothing from it for 0.5 s", func(ctx context.Context) (string, error) {
		mig, all, err := m.prepare(ctx, host)
		if err != nil {
			return "", err
		}
		defer all.stop()
		if err := errors.Join(over(mig, ctx), all.heard(ctx), mig.Arrived(ctx), mig.Finish(ctx)); err != nil {
			return "", err
		}
		m.host["mover"] = host
		if err := all.heard(ctx); err != nil {
			return "", err
		}
		return all.gaps(mostGap)
	})
	m.Check(ctx, "mover is bound on "+host+" alone", func(ctx context.Context) (string, error) {
		return "", errors.Join(m.boundOn(ctx, host), m.Settled(ctx))
	})
}

// boundOn wants the guest's port on one host only.
func (m *moving) boundOn(ctx context.Context, host string) error {
	return m.BoundOn(ctx, m.ports["mover"].ID, host)
}

// checkAbort prepares a migration and calls it off.
func (m *moving) checkAbort(ctx context.Context) {
	m.Section("Called off")
	m.Check(ctx, "host2 is made ready, and holds nothing of it afterwards", func(ctx context.Context) (string, error) {
		if err := m.Settled(ctx); err != nil {
			return "", err
		}
		before, err := m.Holds(ctx, "host2")
		if err != nil {
			return "", err
		}
		mig, err := m.Lab.Prepare(ctx, "mover", "host2")
		if err != nil {
			return "", err
		}
		ready, err := m.Holds(ctx, "host2")
		if err != nil || slices.Equal(ready, before) {
			return "", fmt.Errorf("host2 was not made ready: %w", err)
		}
		if err := mig.Abort(ctx); err != nil {
			return "", err
		}
		err = m.AwaitHolds(ctx, "host2", before)
		return fmt.Sprintf("%d flows and namespaces more while ready", len(ready)-len(before)), err
	})
}

// checkRefused plugs the guest's port in on a host on which it has no binding.
func (m *moving) checkRefused(ctx context.Context) {
	m.Section("The same port on two hosts without a binding")
	m.Check(ctx, "a second interface is refused and named; the first goes on", func(ctx context.Context) (string, error) {
		if _, err := m.Lab.AddGuest(ctx, lab.GuestSpec{Name: "thief", Host: "host3", Port: m.ports["mover"].ID}); err != nil {
			return "", err
		}
		if _, err := Ping(ctx, m.place("near"), m.addr("mover")); err != nil {
			return "", err
		}
		out, err := m.Lab.Run(ctx, "host3", "ovs-ofctl", "-O", "OpenFlow13", "dump-flows", "br-int", "table=26")
		if err == nil {
			err = lacks("table 26 of host3", out, "controller(")
		}
		return "", errors.Join(err, m.boundOn(ctx, "host1"), m.Lab.DeleteGuest(ctx, "thief"))
	})
}

// checkDeaths moves the guest while the controller is dead, and while the agents of both hosts are.
func (m *moving) checkDeaths(ctx context.Context) {
	for _, x := range []struct {
		what, to string
		dead     [][2]string
	}{
		{"the controller", "host2", [][2]string{{lab.MachineController, lab.ServiceController}}},
		{"the agents of both hosts", "host1", [][2]string{{"host1", lab.ServiceAgent}, {"host2", lab.ServiceAgent}}},
	} {
		m.Section("Killed in mid-migration: " + x.what)
		m.Check(ctx, "mover goes to "+x.to+" all the same, as fast", func(ctx context.Context) (string, error) {
			mig, all, err := m.prepare(ctx, x.to)
			if err != nil {
				return "", err
			}
			defer all.stop()
			all[lab.MachineOutside].Stop() // a floating IP is moved by agents
			delete(all, lab.MachineOutside)
			return m.moveDead(ctx, mig, all, x.dead)
		})
		m.Check(ctx, "what was killed is back, and mover is bound on "+x.to+" alone", func(ctx context.Context) (string, error) {
			m.host["mover"] = x.to
			return "", errors.Join(m.Settled(ctx), m.boundOn(ctx, x.to))
		})
		m.Check(ctx, "outside reaches mover by its floating IP again", func(ctx context.Context) (string, error) {
			return Ping(ctx, m.place(lab.MachineOutside), m.floating)
		})
	}
}

func (m *moving) moveDead(ctx context.Context, mig *lab.Migration, all listeners, dead [][2]string) (string, error) {
	for _, d := range dead {
		if err := m.Lab.Stop(ctx, d[0], d[1]); err != nil {
			return "", err
		}
	}
	if err := errors.Join(mig.Switch(ctx), all.heard(ctx)); err != nil {
		return "", err
	}
	seen, err := all.gaps(mostGap)
	for _, d := range dead {
		err = errors.Join(err, m.Lab.Start(ctx, d[0], d[1]))
	}
	if err == nil {
		err = errors.Join(mig.Arrived(ctx), mig.Finish(ctx))
	}
	return seen, err
}

// checkEnd lets the guest go.
func (m *moving) checkEnd(ctx context.Context) {
	m.Section("At the end")
	m.Check(ctx, "weft lab migrate in one go", func(ctx context.Context) (string, error) {
		to := "host2"
		if m.host["mover"] == to {
			to = "host1"
		}
		if err := m.Lab.Migrate(ctx, "mover", to); err != nil {
			return "", err
		}
		return Ping(ctx, m.place("web"), m.addr("mover"))
	})
}
