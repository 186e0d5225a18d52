package controller

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"weft/api"
	"weft/controller/ofp"
	"weft/controller/rest/backend"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

const (
	maxPairs       = 4096 // of hosts, in one check
	pairsAtOnce    = 32
	defaultPathMTU = 1500 // of hosts that have not reported theirs
)

// end is one end of a tunnel.
type end struct {
	host    *api.Host
	rec     *host
	session *ofp.Session // of br-tun
	port    uint32       // of the tunnels
}

// Tunnels implements backend.Inspector: it tries the tunnels between hosts with packets of small and of full size.
func (c *Controller) Tunnels(ctx context.Context, q backend.TunnelQuery) ([]backend.TunnelCheck, error) {
	at := c.store.Snapshot()
	from, err := c.named(at, q.From)
	if err != nil {
		return nil, err
	}
	to, err := c.named(at, q.To)
	if err != nil {
		return nil, err
	}
	out := openTunnels(at, from, to)
	switch {
	case len(out) > maxPairs:
		return nil, api.Faultf(api.BadRequest, "TooManyTunnels",
			"There are %d tunnels, %d can be checked at once; name hosts with from or to.", len(out), maxPairs)
	case len(out) == 0 && q.From != "" && q.To != "" && q.From != q.To:
		return nil, api.Faultf(api.Conflict, "NoTunnel",
			"Hosts %s and %s have no network in common, so neither lets in the other's tunnel yet.",
			q.From, q.To)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(pairsAtOnce)
	for i := range out {
		g.Go(func() error {
			c.tryTunnel(ctx, at, &out[i])
			return ctx.Err()
		})
	}
	return out, g.Wait()
}

// openTunnels lists those between hosts that know each other. In a large cloud not all do, and let in no others.
func openTunnels(at *api.Snapshot, from, to []*api.Host) (out []backend.TunnelCheck) {
	for _, a := range from {
		known := pipeline.Known(at.View, a.ID)
		for _, b := range to {
			if known[b.ID] {
				out = append(out, backend.TunnelCheck{From: a.ID, To: b.ID})
			}
		}
	}
	return out
}

// named lists one host, or all by name.
func (c *Controller) named(at *api.Snapshot, id api.HostID) ([]*api.Host, error) {
	if id != "" {
		h, ok := at.Host(id)
		if !ok {
			return nil, api.Faultf(api.NotFound, "HostNotFound", "host %s is not known; 'weft host list' shows those that are", id)
		}
		return []*api.Host{h}, nil
	}
	all := slices.Collect(at.Hosts())
	slices.SortFunc(all, func(a, b *api.Host) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// end finds a host's end, or says why it has none.
func (c *Controller) end(at *api.Snapshot, id api.HostID) (end, string) {
	s, ok := pipeline.At(at.View, id)
	rec := c.host(id)
	switch {
	case !ok || rec == nil:
		return end{}, fmt.Sprintf("host %s is not known any more", id)
	case !s.Host.TunnelIP.IsValid() || s.VXLAN() == 0:
		return end{}, fmt.Sprintf("host %s has no tunnel port: its agent has not come, or Open vSwitch is away", id)
	}
	for _, b := range rec.connected() {
		if b.name == tables.BridgeTun {
			return end{s.Host, rec, b.session, s.VXLAN()}, ""
		}
	}
	return end{}, fmt.Sprintf("the switch of host %s is not connected to the controller", id)
}

// tryTunnel fills in a check.
func (c *Controller) tryTunnel(ctx context.Context, at *api.Snapshot, t *backend.TunnelCheck) {
	from, why := c.end(at, t.From)
	if why != "" {
		t.Problem = why
		return
	}
	to, why := c.end(at, t.To)
	if why != "" {
		t.Problem = why
		return
	}
	t.FromIP, t.ToIP = from.host.TunnelIP, to.host.TunnelIP
	if t.FromIP.Is4() != t.ToIP.Is4() {
		t.Problem = "one host has a tunnel address of IPv4, the other of IPv6: no tunnel leads between them"
		return
	}
	t.Size = pathMTU(from.host, to.host)
	if err := c.judge(ctx, from, to, t); err != nil { // it could not be tried, so nothing is said against the underlay
		t.Problem, t.FromIP, t.ToIP = err.Error(), netip.Addr{}, netip.Addr{}
	}
}

// judge tries a tunnel. One that fails is tried again while the sender's agent finds out what else passes there: what is
// said against a tunnel holds at that moment too.
func (c *Controller) judge(ctx context.Context, from, to end, t *backend.TunnelCheck) error {
	found, err := c.surely(ctx, from, to, t.Size)
	if err == nil && !found.full {
		var asking sync.WaitGroup
		var a plan.Answer
		var answered bool
		asking.Go(func() { a, answered = c.ask(ctx, from.rec, plan.Question{To: t.ToIP, Size: t.Size}) })
		found, err = c.surely(ctx, from, to, t.Size)
		asking.Wait()
		if t.Small = found.small; err == nil && !found.full {
			t.Problem = cmp.Or(from.rec.homeless(), to.rec.homeless(), diagnose(*t, a, answered))
		}
	}
	t.Small, t.Full = found.small, found.full
	return err
}

// newborn is how long after a switch has come a trial that fails proves nothing: its flows are being given to it, and it has
// to find its neighbours on the underlay anew.
const newborn = 5 * time.Second

// surely compares again and again while a switch at either end has just come.
func (c *Controller) surely(ctx context.Context, from, to end, size int) (outcome, error) {
	for late := c.now().Add(2 * newborn); ; {
		found, err := compare(ctx, tunnel{&c.trials, from, to}, size)
		young := cmp.Or(from.rec.young(c.now()), to.rec.young(c.now()))
		switch {
		case found.full || ctx.Err() != nil || young == "":
			return found, err
		case c.now().After(late):
			return outcome{}, fmt.Errorf("%s, so its tunnels cannot be tried yet: try again", young)
		}
		for _, e := range []*end{&from, &to} {
			next, why := c.end(c.store.Snapshot(), e.host.ID)
			if why == "" {
				*e = next
			}
		}
	}
}

// young says that a host's br-tun has just come, or is away; "" if it has been there long enough.
func (h *host) young(now time.Time) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.bridges[tables.BridgeTun]
	switch {
	case b == nil || b.session == nil:
		return fmt.Sprintf("the switch of host %s is not connected to the controller", h.id)
	case b.doubt || now.Sub(b.since) < newborn:
		return fmt.Sprintf("the switch of host %s was connected just now", h.id)
	}
	return ""
}

// pathMTU is what the underlay between two hosts has to carry: the smaller of what both have, and at least what the
// networks of the cloud are made for.
func pathMTU(a, b *api.Host) int {
	return min(cmp.Or(a.TunnelMTU, defaultPathMTU), cmp.Or(b.TunnelMTU, defaultPathMTU))
}

// diagnose says why a tunnel is broken, from what came through it and what the sender's agent found out beside it.
func diagnose(t backend.TunnelCheck, a plan.Answer, answered bool) string {
	way := fmt.Sprintf("from %s to %s", t.FromIP, t.ToIP)
	if t.Small {
		fits := ""
		if answered && a.MTU > 0 && a.MTU < t.Size {
			fits = fmt.Sprintf("; a router says that %d fit", a.MTU)
		}
		return fmt.Sprintf("wrong MTU: packets of %d bytes do not pass %s%s; raise the MTU of the routers between them, "+
			"or lower that of the hosts' underlay and of the networks (now up to %d)",
			t.Size, way, fits, t.Size-(&api.Host{TunnelIP: t.FromIP}).TunnelOverhead())
	}
	because := ""
	if a.Reason != "" {
		because = " (" + a.Reason + ")"
	}
	switch {
	case !answered:
		return fmt.Sprintf("nothing passes %s, and the agent of %s does not answer why", way, t.From)
	case a.Error != "":
		return fmt.Sprintf("no route %s on host %s: %s", way, t.From, a.Error)
	case a.Echo:
		return fmt.Sprintf("UDP 4789 is filtered %s: ping passes, VXLAN does not; open the port on both hosts and on the way", way)
	}
	return fmt.Sprintf("no route %s: nothing comes back, not even ping%s; look at the routes of both hosts and of the routers between them",
		way, because)
}
