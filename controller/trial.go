package controller

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"weft/api"
	"weft/controller/ofp"
	"weft/controller/ofp/wire"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

const (
	answerWait = 5 * time.Second

	trialType   = 0x88b5 // Ethernet's type for local experiments
	trialHeader = 14 + 16
)

// nonce tells a trial packet from all others.
type nonce [16]byte

// trials are the packets and questions that are under way. The zero value is ready.
type trials struct {
	mu      sync.Mutex
	packets map[nonce]*trial
	answers map[uint64]chan plan.Answer
	asked   uint64
}

// trial is a packet that is expected at a switch.
type trial struct {
	dpid uint64
	came chan struct{}
}

// PacketIn implements ofp.PacketReceiver: a trial packet has come through a tunnel.
func (c *Controller) PacketIn(s *ofp.Session, p wire.PacketIn) {
	if len(p.Data) < trialHeader || binary.BigEndian.Uint16(p.Data[12:]) != trialType {
		return
	}
	n := nonce(p.Data[14:trialHeader])
	if c.echoes.hear(n, c.now()) {
		return
	}
	c.trials.mu.Lock()
	defer c.trials.mu.Unlock()
	if t := c.trials.packets[n]; t != nil && t.dpid == s.DPID() {
		close(t.came)
		delete(c.trials.packets, n)
	}
}

func (t *trials) expect(n nonce, dpid uint64) (came <-chan struct{}, forget func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.packets == nil {
		t.packets = map[nonce]*trial{}
	}
	x := &trial{dpid, make(chan struct{})}
	t.packets[n] = x
	return x.came, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.packets, n)
	}
}

// tunnel is one between two hosts, from one end to the other.
type tunnel struct {
	trials   *trials
	from, to end
}

// send implements way: packets go as guests' frames do, and may not be fragmented on the underlay.
func (t tunnel) send(ctx context.Context, size int) (came <-chan struct{}, forget func(), err error) {
	var n nonce
	_, _ = rand.Read(n[:]) // never fails
	host := t.from.host
	frame := make([]byte, max(trialHeader, size-(host.TunnelOverhead()-14)))
	copy(frame, host.MAC[:])
	copy(frame[6:], host.MAC[:])
	binary.BigEndian.PutUint16(frame[12:], trialType)
	copy(frame[14:], n[:])
	came, forget = t.trials.expect(n, t.to.session.DPID())
	err = t.from.session.PacketThrough(ctx, []pipeline.Action{
		pipeline.Set(pipeline.TunID(tables.ProbeVNI)), pipeline.Set(pipeline.TunDst(t.to.host.TunnelIP)),
		pipeline.Output{Port: t.from.port},
	}, frame)
	return came, forget, err
}

// settle implements way.
func (t tunnel) settle(ctx context.Context) error {
	return errors.Join(t.from.session.Barrier(ctx), t.to.session.Barrier(ctx))
}

// Answer implements link.Handler.
func (c *Controller) Answer(_ api.HostID, a plan.Answer) {
	c.trials.mu.Lock()
	defer c.trials.mu.Unlock()
	if ch := c.trials.answers[a.ID]; ch != nil {
		ch <- a // it has room for the one answer
		delete(c.trials.answers, a.ID)
	}
}

// ask puts a question to a host's agent. It reports false if the agent is away, or does not answer in time.
func (c *Controller) ask(ctx context.Context, h *host, q plan.Question) (plan.Answer, bool) {
	ch := make(chan plan.Answer, 1)
	c.trials.mu.Lock()
	c.trials.asked++
	q.ID = c.trials.asked<<32 | uint64(randomWord()) // an agent cannot answer what others were asked
	if c.trials.answers == nil {
		c.trials.answers = map[uint64]chan plan.Answer{}
	}
	c.trials.answers[q.ID] = ch
	c.trials.mu.Unlock()
	defer func() {
		c.trials.mu.Lock()
		delete(c.trials.answers, q.ID)
		c.trials.mu.Unlock()
	}()
	h.mu.Lock()
	there := h.agent != nil && h.agent.greeted
	if there {
		h.agent.push(plan.Message{Type: "question", Question: &q})
	}
	h.mu.Unlock()
	if !there {
		return plan.Answer{}, false
	}
	late := time.NewTimer(answerWait)
	defer late.Stop()
	select {
	case a := <-ch:
		return a, true
	case <-late.C:
	case <-ctx.Done():
	}
	return plan.Answer{}, false
}

func randomWord() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint32(b[:])
}
