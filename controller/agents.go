package controller

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"time"

	"weft/api"
	"weft/controller/intent"
	"weft/plan"
)

// maxQueue is how many messages may wait for a slow agent before it is disconnected; it then gets a snapshot.
const maxQueue = 4096

// agentStream is the plan stream of one connected agent.
type agentStream struct {
	greeted bool // the snapshot is in the queue, or about to be
	queue   []plan.Message
	more    chan struct{} // capacity 1
	sent    chan struct{} // capacity 1: a snapshot has gone out
	done    <-chan struct{}
	cancel  context.CancelCauseFunc
}

// typeSnapshot is the type of a plan.Message that has everything.
const typeSnapshot = "snapshot"

func newAgentStream(done <-chan struct{}, cancel context.CancelCauseFunc) *agentStream {
	return &agentStream{more: make(chan struct{}, 1), sent: make(chan struct{}, 1), done: done, cancel: cancel}
}

var (
	errReplaced = errors.New("a newer stream of the same host took over")
	errSlow     = errors.New("the agent does not keep up")
	errDeleted  = errors.New("the host was deleted")
)

// Stream implements link.Handler.
func (c *Controller) Stream(ctx context.Context, id api.HostID, send func(plan.Message) error) error {
	h := c.host(id)
	if h == nil {
		return errDeleted
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := newAgentStream(ctx.Done(), cancel)
	h.meet(s)
	defer h.dismiss(s)
	h.nudge()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.more:
		}
		for _, m := range h.drain(s) {
			if err := send(m); err != nil {
				return err
			}
			if m.Type == typeSnapshot {
				select {
				case s.sent <- struct{}{}:
				default:
				}
			}
		}
	}
}

// meet makes a stream the host's own, in place of an older one. What the host holds is unknown until this agent says it: the
// last one may have died, and what it held with it.
func (h *host) meet(s *agentStream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.agent != nil {
		h.agent.cancel(errReplaced)
	}
	h.agent, h.itemsRev = s, 0
}

func (h *host) dismiss(s *agentStream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.agent == s {
		h.agent = nil
	}
}

func (h *host) drain(s *agentStream) []plan.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	q := s.queue
	s.queue = nil
	return q
}

// push queues a message. The caller holds h.mu.
func (s *agentStream) push(m plan.Message) {
	if len(s.queue) >= maxQueue {
		s.cancel(errSlow)
		return
	}
	s.queue = append(s.queue, m)
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// greet gives a newly connected agent, if there is one, its whole plan, and waits until that has gone out or the turn ends.
func (h *host) greet(turn context.Context, s *agentStream, full *plan.Plan) {
	if s == nil || !h.welcome(s, full) {
		return
	}
	select {
	case <-s.sent:
	case <-s.done:
	case <-turn.Done():
	}
}

// welcome puts the whole plan into an agent's queue, unless the agent has gone, or must be given another one.
func (h *host) welcome(s *agentStream, full *plan.Plan) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.agent != s || !s.greeted {
		return false
	}
	select {
	case <-s.sent: // an earlier one
	default:
	}
	s.queue = nil
	s.push(plan.Message{Type: typeSnapshot, Revision: full.Revision, Put: full.Items, PutFlows: full.Flows})
	h.itemsSent, h.itemsRev = full.Revision, 0
	return true
}

// inform tells the agent a difference. An agent that is away gets the whole plan when it comes. Only items are waited
// for: that the agent keeps a copy of the flows is no part of a change's being in place.
func (h *host) inform(d *plan.Delta, rev api.Revision) {
	if d.Empty() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.agent == nil || !h.agent.greeted {
		return
	}
	if len(d.PutItems)+len(d.DropItems) > 0 {
		h.itemsSent = rev
	}
	h.agent.push(plan.Message{
		Type: "delta", Revision: rev, Put: d.PutItems, Drop: d.DropItems, PutFlows: d.PutFlows, DropFlows: d.DropFlows,
	})
}

// Report implements link.Handler.
func (c *Controller) Report(ctx context.Context, id api.HostID, r plan.Report) error {
	h := c.host(id)
	if h == nil {
		return errDeleted
	}
	h.note(r, c.now())
	defer c.progress.moved()
	if r.Problem != "" {
		return nil
	}
	seen := reported(r)
	// Most reports say nothing new: find that out on a copy, without waiting for the writer.
	try := c.store.Snapshot().Txn()
	if err := c.ops.ReportHost(try, id, seen); err == nil && len(try.Changes()) == 0 {
		return nil
	}
	_, err := c.store.Update(ctx, func(tx *api.Txn) error { return c.ops.ReportHost(tx, id, seen) })
	if err == nil {
		h.rush()
		c.adoptOrphans(id)
	}
	return err
}

// maxOFPort is the highest port number that a real port can have: above are OpenFlow 1.0's reserved ones, which OVS keeps
// free in every version.
const maxOFPort = 0xfeff

// reported takes from a report what concerns the state. A port number that no real port can have counts as none yet.
func reported(r plan.Report) intent.ReportedHost {
	out := intent.ReportedHost{
		TunnelIP: r.TunnelIP, TunnelMTU: r.TunnelMTU, BridgeMappings: r.BridgeMappings, BridgeUplinks: r.BridgeUplinks,
		NetdevDatapath: r.NetdevDatapath,
	}
	for _, b := range r.Bridges {
		ports := make(map[string]uint32, len(b.Ports))
		for name, n := range b.Ports {
			if n <= maxOFPort {
				ports[name] = n
			}
		}
		out.Bridges = append(out.Bridges, api.BridgeState{Name: b.Name, DatapathID: b.DatapathID, Ports: ports})
	}
	for _, i := range r.Interfaces {
		if i.OFPort > maxOFPort {
			i.OFPort = 0
		}
		mac, _ := api.ParseMAC(i.AttachedMAC) // other words than a MAC say nothing
		out.Interfaces = append(out.Interfaces, intent.ReportedInterface{
			PortID: i.IfaceID, Name: i.Name, OFPort: i.OFPort, MAC: mac, Fault: i.Error,
		})
	}
	for _, a := range r.Arrivals {
		out.Arrivals = append(out.Arrivals, intent.Arrival{PortID: a.PortID, Changed: a.Changed})
	}
	return out
}

// note keeps what a report says of the plan. If the agent has given a switch flows, they may be older than those that
// went there from here in the same moment, so that switches which do not tell of such things must be looked at again.
func (h *host) note(r plan.Report, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !r.Restored.IsZero() && !r.Restored.Equal(h.report.Restored) {
		h.doubtUntold()
		h.nudge()
	}
	h.seen, h.report = now, r
	h.felt()
	if h.agent != nil && h.agent.greeted && r.Revision >= h.itemsSent && r.Revision > h.itemsRev {
		h.itemsRev = max(r.Revision, h.itemsSent)
		h.nudge()
	}
}

// Join implements link.Handler.
func (c *Controller) Join(ctx context.Context, r plan.JoinRequest) (plan.JoinAnswer, error) {
	refused := api.Faultf(api.Forbidden, "JoinRefused",
		"the join token for host %q is wrong or was used already; make a new one with 'weft host set %s --rejoin', or 'weft host create %s' if the host is not known yet",
		r.Host, r.Host, r.Host)
	sum := sha256.Sum256([]byte(r.Secret))
	secret := hex.EncodeToString(sum[:])
	h, ok := c.store.Snapshot().Host(r.Host)
	if !ok || h.JoinHash == "" || subtle.ConstantTimeCompare([]byte(h.JoinHash), []byte(secret)) != 1 {
		return plan.JoinAnswer{}, refused
	}
	cert, fingerprint, err := c.authority.SignHost(string(r.Host), r.CSR)
	if err != nil {
		return plan.JoinAnswer{}, api.Faultf(api.BadRequest, "JoinRefused", "%v", err)
	}
	_, err = c.store.Update(ctx, func(tx *api.Txn) error {
		now, ok := tx.Host(r.Host)
		if !ok || now.JoinHash != secret {
			return refused
		}
		next := *now
		next.CertHash, next.OldCertHash = fingerprint, ""
		tx.Put(&next)
		return nil
	})
	return plan.JoinAnswer{Certificate: cert, CA: c.authority.PEM()}, err
}
