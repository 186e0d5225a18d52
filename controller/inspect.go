package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"weft/api"
	"weft/controller/ofp/wire"
	"weft/controller/rest/backend"
	"weft/plan"
	"weft/tables"
)

// aliveFor is how long after its last report an agent counts as alive: three missed reports.
const aliveFor = 30 * time.Second

// Host implements backend.Inspector.
func (c *Controller) Host(id api.HostID) backend.HostState {
	h := c.host(id)
	if h == nil {
		return backend.HostState{Problem: "unknown host"}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	st := backend.HostState{
		Alive: h.agent != nil && c.now().Sub(h.seen) < aliveFor, LastSeen: h.seen,
		Problem: h.report.Problem, Agent: h.report.Version, OVS: h.report.OVS,
		Wanted: h.touched, Confirmed: min(h.flowsRev, h.itemsRev),
		Repaired: h.repairs.last, RepairedAt: h.repairs.at,
	}
	if m := h.report.Mended; m != nil && m.At.After(st.RepairedAt) {
		st.Repaired, st.RepairedAt = m.What, m.At
	}
	if st.Problem == "" && len(h.report.Errors) > 0 {
		e := h.report.Errors[0]
		st.Problem = e.Key.String() + ": " + e.Error
	}
	if st.Problem == "" {
		st.Problem = lostAddress(h.report)
	}
	for _, b := range h.bridges {
		for _, why := range b.refused {
			st.Problem = why
		}
	}
	return st
}

// lostAddress says that a host has its tunnel address no more, "" if it has.
func lostAddress(r plan.Report) string {
	if !r.TunnelIP.IsValid() || r.TunnelMTU != 0 || r.Problem != "" {
		return ""
	}
	return fmt.Sprintf("no device of the host has its tunnel address %s now: give the device on the underlay the address again (ip address), "+
		"or start the agent with another --tunnel-ip", r.TunnelIP)
}

// homeless is lostAddress, with the host's name.
func (h *host) homeless() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if why := lostAddress(h.report); why != "" {
		return fmt.Sprintf("host %s: %s", h.id, why)
	}
	return ""
}

// known gives a host's record and the newest state.
func (c *Controller) known(id api.HostID) (*host, *api.Snapshot, error) {
	if h := c.host(id); h != nil {
		return h, c.store.Snapshot(), nil
	}
	return nil, nil, api.Faultf(api.NotFound, "HostNotFound", "host %s is not known; 'weft host list' shows those that are", id)
}

// Plan implements backend.Inspector.
func (c *Controller) Plan(_ context.Context, id api.HostID) (backend.HostPlan, error) {
	_, at, err := c.known(id)
	if err != nil {
		return backend.HostPlan{}, err
	}
	p, err := c.compiler.Host(at, id)
	if err != nil {
		return backend.HostPlan{}, err
	}
	return backend.HostPlan{Revision: p.Revision, Flows: explainAll(at, p.Flows), Items: p.Items}, nil
}

// Flows implements backend.Inspector.
func (c *Controller) Flows(ctx context.Context, id api.HostID, q backend.FlowQuery) ([]backend.Flow, error) {
	h, at, err := c.known(id)
	if err != nil {
		return nil, err
	}
	live, err := h.read(ctx, q.Bridge)
	if err != nil {
		return nil, err
	}
	p, err := c.compiler.Host(at, id)
	if err != nil {
		return nil, err
	}
	subjects := make(map[plan.FlowKey]plan.Flow, len(p.Flows))
	for _, f := range p.Flows {
		subjects[f.FlowKey] = f
	}
	live = slices.DeleteFunc(live, func(f plan.Flow) bool { return q.Table != nil && f.Table != *q.Table })
	for i, f := range live {
		if want, ok := subjects[f.FlowKey]; ok && want.Cookie == f.Cookie {
			live[i].Subject = want.Subject
		} else if ref, ok := learnedFor(at, f); ok {
			live[i].Subject = ref
		}
	}
	return explainAll(at, live), nil
}

// Diff implements backend.Inspector.
func (c *Controller) Diff(ctx context.Context, id api.HostID) (backend.HostDiff, error) {
	h, at, err := c.known(id)
	if err != nil {
		return backend.HostDiff{}, err
	}
	live, err := h.read(ctx, "")
	if err != nil {
		return backend.HostDiff{}, err
	}
	p, err := c.compiler.Host(at, id)
	if err != nil {
		return backend.HostDiff{}, err
	}
	ours := slices.DeleteFunc(live, func(f plan.Flow) bool { return !tables.Cookie(f.Cookie).Ours() })
	d := plan.Repair(ours, p.Flows, wire.Same)
	extra := slices.DeleteFunc(slices.Clone(ours), func(f plan.Flow) bool {
		_, found := slices.BinarySearchFunc(d.DropFlows, f.FlowKey, plan.FlowKey.Compare)
		return !found
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	return backend.HostDiff{
		Revision: p.Revision, MissingFlows: explainAll(at, d.PutFlows), ExtraFlows: explainAll(at, extra),
		ItemErrors: slices.Clone(h.report.Errors),
	}, nil
}

// read gives the flows that a host's switches hold now: of one bridge, or of all if name is "".
func (h *host) read(ctx context.Context, name string) ([]plan.Flow, error) {
	var out []plan.Flow
	found := false
	for _, b := range h.connected() {
		if name != "" && b.name != name {
			continue
		}
		fs, err := b.session.ReadFlows(ctx, b.name)
		if err != nil {
			return nil, api.Faultf(api.Unavailable, "SwitchUnavailable", "read flows of %s on host %s: %v", b.name, h.id, err)
		}
		out = append(out, fs...)
		found = true
	}
	if !found {
		what := strings.TrimSpace("switch " + name)
		return nil, api.Faultf(api.Unavailable, "SwitchUnavailable",
			"host %s has no %s connected; 'weft host show %s' tells how the host is", h.id, what, h.id)
	}
	slices.SortFunc(out, func(a, b plan.Flow) int { return a.FlowKey.Compare(b.FlowKey) })
	return out, nil
}

// connected copies the records of the bridges that have a session.
func (h *host) connected() []bridge {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []bridge
	for _, b := range h.bridges {
		if b.session != nil {
			out = append(out, *b)
		}
	}
	return out
}

func explainAll(at *api.Snapshot, fs []plan.Flow) []backend.Flow {
	out := make([]backend.Flow, 0, len(fs))
	for _, f := range fs {
		out = append(out, explain(at, f))
	}
	return out
}
