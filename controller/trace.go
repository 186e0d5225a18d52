package controller

import (
	"context"
	"fmt"

	"weft/api"
	"weft/controller/rest/backend"
	"weft/controller/trace"
	"weft/plan"
)

// Trace implements backend.Inspector.
func (c *Controller) Trace(ctx context.Context, q trace.Query) (trace.Result, error) {
	at := c.store.Snapshot()
	return trace.Run(ctx, at, &traced{c, at}, q)
}

// traced is what a walk asks: hosts, by their agents.
type traced struct {
	c  *Controller
	at *api.Snapshot
}

// Plan implements trace.World.
func (t *traced) Plan(id api.HostID) (plan.Plan, error) {
	p, err := t.c.compiler.Host(t.at, id)
	if err != nil {
		return plan.Plan{}, err
	}
	return *p, nil
}

// Switch implements trace.World.
func (t *traced) Switch(ctx context.Context, id api.HostID, q plan.SwitchQuestion) (string, error) {
	a, err := t.ask(ctx, id, plan.Question{Switch: &q})
	if err != nil {
		return "", err
	}
	if a.Error != "" {
		return "", fmt.Errorf("host %s: %s", id, a.Error)
	}
	return a.Trace, nil
}

// Way implements trace.World.
func (t *traced) Way(ctx context.Context, id api.HostID, q plan.WayQuestion) (plan.Way, error) {
	a, err := t.ask(ctx, id, plan.Question{Way: &q})
	if err != nil {
		return plan.Way{}, err
	}
	if a.Way == nil {
		return plan.Way{}, trace.NoWay(a.Error)
	}
	return *a.Way, nil
}

// Interface implements trace.World.
func (t *traced) Interface(ctx context.Context, id api.HostID, q plan.InterfaceQuestion) (plan.InterfaceState, error) {
	a, err := t.ask(ctx, id, plan.Question{Interface: &q})
	switch {
	case err != nil:
		return plan.InterfaceState{}, err
	case a.Interface == nil:
		return plan.InterfaceState{}, fmt.Errorf("host %s: %s", id, a.Error)
	}
	return *a.Interface, nil
}

// ask puts a question to a host's agent, of which one that is older than this program knows only the underlay.
func (t *traced) ask(ctx context.Context, id api.HostID, q plan.Question) (plan.Answer, error) {
	h := t.c.host(id)
	if h == nil {
		return plan.Answer{}, fmt.Errorf("host %s is not known any more", id)
	}
	a, ok := t.c.ask(ctx, h, q)
	switch {
	case !ok:
		return a, fmt.Errorf("the agent of host %s does not answer, so nobody can say what becomes of the packet there", id)
	case a.Trace == "" && a.Way == nil && a.Interface == nil && a.Error == "" || a.Error == "no route: invalid argument":
		return a, fmt.Errorf("the agent of host %s is too old to say what becomes of packets: give it the controller's version", id)
	}
	return a, nil
}

// Tunnel implements trace.World.
func (t *traced) Tunnel(ctx context.Context, from, to api.HostID) (problem string, broken bool) {
	check := backend.TunnelCheck{From: from, To: to}
	t.c.tryTunnel(ctx, t.at, &check)
	return check.Problem, !check.Small && check.FromIP.IsValid() // else it could not be tried
}

// Doubt implements trace.World.
func (t *traced) Doubt(id api.HostID) string {
	s := t.c.Host(id)
	switch {
	case s.Problem != "":
		return s.Problem
	case !s.Alive:
		return "its agent was not heard lately"
	case s.Confirmed < s.Wanted:
		return fmt.Sprintf("it has confirmed revision %d, and is to have %d: what is newer may not be there yet", s.Confirmed, s.Wanted)
	}
	return ""
}

// Name implements trace.World. weft's own ports, which have no names, are called by their address and their router.
func (t *traced) Name(r api.Ref) string {
	p, ok := t.at.Port(api.PortID(r.ID))
	if r.Kind != api.KindPort || !ok || p.Name != "" || len(p.FixedIPs) == 0 {
		return nameOf(t.at, r)
	}
	name := p.FixedIPs[0].Addr.String()
	if of, ok := t.at.Router(api.RouterID(p.DeviceID)); ok && of.Name != "" {
		name += " of router " + of.Name
	}
	return name
}
