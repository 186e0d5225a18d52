package controller

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"maps"
	"slices"
	"sync"
	"time"

	"weft/api"
	"weft/pipeline"
	"weft/tables"
)

const (
	// witnesses is how many other hosts are asked at a time for one of which nothing is connected.
	witnesses = 2
	// silentAfter is how long a host may leave questions unanswered before it counts as silent. One that was heard all along
	// is given more time: its routers' gateways move then, for the second time perhaps.
	silentAfter   = time.Second
	silentForSure = 3 * time.Second
	// steadyFor is how long a dead host has to answer before it is believed to be at work.
	steadyFor = 2 * time.Second
	// Hosts that are gone for longer than soon, and silent, are asked seldom.
	soon        = time.Minute
	seldomEvery = 8 // looks
)

// echoes is what other hosts hear of hosts of which nothing is connected: a packet through the tunnel, which the other
// end's switch sends back by itself. The zero value is ready.
type echoes struct {
	mu    sync.Mutex
	turn  uint64
	hosts map[api.HostID]*echo
	names map[nonce]api.HostID
}

type echo struct {
	name    nonce     // what the packets for this host carry; nobody else can know it
	asked   time.Time // the first question since the last answer; zero: nothing is unanswered
	heard   time.Time // the last answer; zero: none
	running time.Time // since when it has answered without a silence
}

func (e *echo) silence(now time.Time) time.Duration {
	if e.asked.IsZero() {
		return 0
	}
	return now.Sub(e.asked)
}

// answers judges whether a host is at work, given what it is believed to be.
func (s *echoes) answers(id api.HostID, believed api.Life, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.hosts[id]
	switch {
	case e == nil:
		return believed == api.CutOff // nobody has been asked yet
	case believed == api.CutOff:
		return e.silence(now) < silentForSure
	case e.heard.IsZero() || e.silence(now) >= silentAfter:
		return false
	}
	return believed == api.Connected || now.Sub(e.running) >= steadyFor
}

// hear notes an answer. It reports false if a packet is none.
func (s *echoes) hear(n nonce, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.hosts[s.names[n]]
	if e == nil {
		return false
	}
	if e.heard.IsZero() || e.silence(now) >= silentAfter {
		e.running = now
	}
	e.heard, e.asked = now, time.Time{}
	return true
}

// ask notes a question and gives what its packet is to carry.
func (s *echoes) ask(id api.HostID, now time.Time) nonce {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.hosts[id]
	if e == nil {
		if s.hosts == nil {
			s.hosts, s.names = map[api.HostID]*echo{}, map[nonce]api.HostID{}
		}
		e = &echo{}
		_, _ = rand.Read(e.name[:]) // never fails
		s.hosts[id], s.names[e.name] = e, id
	}
	if e.asked.IsZero() {
		e.asked = now
	}
	return e.name
}

// unasked forgets that a question is open: nobody is there who could have heard the answer.
func (s *echoes) unasked(id api.HostID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.hosts[id]; e != nil {
		e.asked = time.Time{}
	}
}

// due lists the hosts to be asked for now, and forgets those that are not gone any more.
func (s *echoes) due(now time.Time, gone map[api.HostID]time.Time, have lives) []api.HostID {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn++
	for id, e := range s.hosts {
		if _, ok := gone[id]; !ok {
			delete(s.hosts, id)
			delete(s.names, e.name)
		}
	}
	var out []api.HostID
	for id, since := range gone {
		e := s.hosts[id]
		fresh := e == nil || have[id] != api.Dead || now.Sub(since) < soon || now.Sub(e.heard) < soon
		if fresh || s.turn%seldomEvery == 0 {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// askWitnesses has other hosts ask for each host of which nothing is connected.
func (c *Controller) askWitnesses(ctx context.Context, now time.Time, gone map[api.HostID]time.Time, have lives) {
	due := c.echoes.due(now, gone, have)
	if len(due) == 0 {
		return
	}
	at := c.store.Snapshot()
	ctx, cancel := context.WithTimeout(ctx, lookEvery)
	defer cancel()
	for _, id := range due {
		h, ok := at.Host(id)
		if !ok || !c.askFor(ctx, now, h, c.witnessesOf(at, id, gone)) {
			c.echoes.unasked(id)
		}
	}
}

// witnessesOf gives some of the connected hosts that a host knows, others each time: it hears nobody else.
func (c *Controller) witnessesOf(at *api.Snapshot, id api.HostID, gone map[api.HostID]time.Time) (out []end) {
	h, ok := at.Host(id)
	if !ok || !h.TunnelIP.IsValid() {
		return nil
	}
	known := slices.Sorted(maps.Keys(pipeline.Known(at.View, id)))
	for i := range known {
		n := uint64(len(known))
		w := known[(c.echoes.turn+c.echoes.turn/n+uint64(i))%n] // all have their turn, also if only every eighth counts
		if _, ok := gone[w]; ok {
			continue
		}
		e, why := c.end(at, w)
		if why != "" || e.host.TunnelIP.Is4() != h.TunnelIP.Is4() {
			continue
		}
		if out = append(out, e); len(out) == 2*witnesses {
			break
		}
	}
	return out
}

// askFor sends packets to a host by way of some that can reach it. It reports false if there are none.
func (c *Controller) askFor(ctx context.Context, now time.Time, h *api.Host, from []end) (asked bool) {
	sent := 0
	for _, w := range from {
		if sent == witnesses {
			break
		}
		as := []pipeline.Action{
			pipeline.PushVlan{}, pipeline.Set(pipeline.DlVlan(echoVLAN)), pipeline.Set(pipeline.TunID(tables.ProbeVNI)),
			pipeline.Set(pipeline.TunDst(h.TunnelIP)), pipeline.Output{Port: w.port},
		}
		if w.session.PacketThrough(ctx, as, echoFrame(c.echoes.ask(h.ID, now))) == nil {
			sent++
		}
	}
	return sent > 0
}

// echoVLAN is the tag by which a switch knows what to send back; any would do.
const echoVLAN = 1

// echoFrame has a source of its own each time, so that no switch answers from what it remembers.
func echoFrame(n nonce) []byte {
	frame := make([]byte, 64)
	_, _ = rand.Read(frame[:12]) // never fails
	for _, first := range []int{0, 6} {
		frame[first] = frame[first]&^1 | 2 // one machine's, and nobody's
	}
	binary.BigEndian.PutUint16(frame[12:], trialType)
	copy(frame[14:], n[:])
	return frame
}
