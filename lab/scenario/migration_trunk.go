package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"weft/client"
)

// A guest with a trunk: its own port is on blue, a sub-port is on green, behind a tag.
const (
	tagger    = "tagger"
	taggerSub = "tagger-green"
	taggerTag = 100
)

// checkTrunkMoves moves a guest with a trunk, and one back that is called off.
func (m *moving) checkTrunkMoves(ctx context.Context) error {
	m.Section("A guest with a trunk: its sub-port moves with it")
	if err := m.buildTrunk(ctx); err != nil {
		return err
	}
	m.active(ctx)
	m.Check(ctx, "called off: tagger goes on, host2 holds nothing of its two ports", m.abortTrunk)
	m.Check(ctx, "tagger goes to host2: nobody hears nothing from either of its ports for 0.5 s", func(ctx context.Context) (string, error) {
		return m.moveTrunk(ctx, "host2")
	})
	for _, p := range []string{tagger, taggerSub} {
		m.Check(ctx, p+" is bound on host2 alone", func(ctx context.Context) (string, error) {
			return "", errors.Join(m.whereTrunkIs(ctx, p, "host2"), m.Settled(ctx))
		})
	}
	return nil
}

// buildTrunk plugs tagger in on host1, with a switch of its own and a machine behind the tag.
func (m *moving) buildTrunk(ctx context.Context) error {
	if err := m.guest(ctx, tagger, "host1", "blue", "192.168.10.21"); err != nil {
		return err
	}
	sub, err := m.Client.Ports().Create(ctx, client.Port{
		Name: taggerSub, NetworkID: m.nets["green"].ID, MACAddress: m.ports[tagger].MACAddress,
		FixedIPs: []client.FixedIP{{SubnetID: m.subs["green"].ID, IPAddress: "10.10.10.21"}},
	})
	if err != nil {
		return err
	}
	m.ports[taggerSub] = sub
	_, err = m.Client.Create(ctx, client.Trunks, client.Object{
		"name": tagger, "port_id": m.ports[tagger].ID,
		"sub_ports": []client.Object{{"port_id": sub.ID, "segmentation_type": "vlan", "segmentation_id": taggerTag}},
	})
	if err != nil {
		return err
	}
	if err := m.inside(ctx, "host1"); err != nil {
		return err
	}
	return m.wakeTrunk(ctx, "host1", true)
}

// inside gives tagger's interface on a host a switch, with the guest itself and what it has behind the tag, both asleep.
func (m *moving) inside(ctx context.Context, host string) error {
	if err := m.innerSwitch(ctx, tagger, host, true); err != nil {
		return err
	}
	sub := m.ports[taggerSub]
	return m.machine(ctx, host, inner{tagger, taggerTag, sub.MACAddress, m.nets["green"].MTU, netip.PrefixFrom(address(sub), 24), true})
}

// wakeTrunk lets what is behind the tag run, and with whole the guest itself too.
func (m *moving) wakeTrunk(ctx context.Context, host string, whole bool) error {
	script := []string{"set -e"}
	for ns, gateway := range map[string]string{netnsOf(tagger, taggerTag): "10.10.10.1", netnsOf(tagger, native): "192.168.10.1"} {
		if whole || ns == netnsOf(tagger, taggerTag) {
			script = append(script, "ip -n "+ns+" link set eth0 up", "ip -n "+ns+" route add default via "+gateway)
		}
	}
	_, err := m.Lab.Run(ctx, host, "sh", "-c", strings.Join(script, "\n"))
	return err
}

// hearTrunk begins to speak to both ports of tagger, from its own host, from others, and through the router.
func (m *moving) hearTrunk(ctx context.Context) (listeners, error) {
	all := listeners{}
	for _, x := range [][2]string{{"near", tagger}, {"there", tagger}, {"web", taggerSub}, {"near", taggerSub}, {"there", taggerSub}} {
		p, err := StartPingEvery(ctx, m.place(x[0]), m.addr(x[1]), 10*time.Millisecond)
		if err != nil {
			all.stop()
			return nil, err
		}
		all[x[0]+"→"+x[1]] = p
	}
	return all, all.heard(ctx)
}

// moveTrunk moves tagger from host1. What is behind the tag speaks first on the new host.
func (m *moving) moveTrunk(ctx context.Context, to string) (string, error) {
	mig, err := m.Lab.Prepare(ctx, tagger, to)
	if err != nil {
		return "", err
	}
	if err := m.inside(ctx, to); err != nil {
		return "", err
	}
	all, err := m.hearTrunk(ctx)
	if err != nil {
		return "", err
	}
	defer all.stop()
	if _, err := m.Lab.Run(ctx, "host1", "ip", "-n", netnsOf(tagger, taggerTag), "link", "set", "eth0", "down"); err != nil {
		return "", err
	}
	err = errors.Join(m.wakeTrunk(ctx, to, false), mig.Switch(ctx), all.heard(ctx), mig.Arrived(ctx),
		m.noSwitch(ctx, tagger, "host1", taggerTag), mig.Finish(ctx))
	if err != nil {
		return "", err
	}
	m.host[tagger] = to
	if err := all.heard(ctx); err != nil {
		return "", err
	}
	return all.gaps(mostGap)
}

// abortTrunk prepares a migration of tagger and calls it off.
func (m *moving) abortTrunk(ctx context.Context) (string, error) {
	if err := m.Settled(ctx); err != nil {
		return "", err
	}
	before, err := m.Holds(ctx, "host2")
	if err != nil {
		return "", err
	}
	mig, err := m.Lab.Prepare(ctx, tagger, "host2")
	if err != nil {
		return "", err
	}
	ready, err := m.Holds(ctx, "host2")
	if err != nil {
		return "", err
	}
	learns := slices.DeleteFunc(ready, func(f string) bool { return !strings.Contains(f, "learn(table=61") })
	if len(learns) != 2 {
		return "", fmt.Errorf("host2 waits for %d ports, want 2: %q", len(learns), learns)
	}
	if err := mig.Abort(ctx); err != nil {
		return "", err
	}
	if err := errors.Join(m.AwaitHolds(ctx, "host2", before), m.whereTrunkIs(ctx, tagger, "host1")); err != nil {
		return "", err
	}
	for _, p := range []string{tagger, taggerSub} {
		if seen, err := Ping(ctx, m.place("there"), m.addr(p)); err != nil {
			return seen, err
		}
	}
	return "2 ports", nil
}

// whereTrunkIs wants a port of tagger on one host: of the sub-port only the port itself says where.
func (m *moving) whereTrunkIs(ctx context.Context, port, host string) error {
	if port == tagger {
		return m.BoundOn(ctx, m.ports[tagger].ID, host)
	}
	p, err := m.Client.Show(ctx, client.Ports, m.ports[port].ID)
	if err == nil && (p.Text("weft:host") != host && p.Text("binding:host_id") != host || p.Text("status") != "ACTIVE") {
		err = fmt.Errorf("%s is %s on %s, want ACTIVE on %s", port, p.Text("status"), p.Text("binding:host_id"), host)
	}
	return err
}
