package dhcp

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"weft/agent/run"
	"weft/controller/ofp"
	"weft/controller/ofp/wire"
	"weft/plan"
)

const (
	queueLen = 256 // requests of all guests that wait for the worker

	// connected is how long a change waits for the connection with the switch, which may have begun to run just now.
	connected = 2 * time.Second
)

// Options say where the switch is.
type Options struct {
	Socket string // the management socket of br-int
	Log    *logrus.Entry
	// Claimed is asked about each frame first, by the OpenFlow port that it came in by: one that it takes is none for DHCP.
	// It must not block. nil: it takes none.
	Claimed func(ofport uint32) bool
	Now     func() time.Time // nil: time.Now
}

// Server answers DHCP and router solicitations, and is the driver of the plan's items of these kinds. Run must run for it
// to answer.
type Server struct {
	o     Options
	queue chan request
	wake  chan struct{} // there may be something to advertise
	link  *link

	mu     sync.Mutex
	guests guests
}

// place is where a guest's port is: an OpenFlow port, and behind it, for a sub-port, the tag of its frames.
type place struct {
	port uint32
	tag  uint16
}

func (p place) fields() logrus.Fields { return logrus.Fields{"ofport": p.port, "tag": p.tag} }

// request is a packet that a guest sent to DHCP servers or routers.
type request struct {
	session *ofp.Session
	from    place
	frame   []byte // without its tag; nil: one too many, so the port is to be muted
}

// New makes a server.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Server{
		o: o, queue: make(chan request, queueLen), wake: make(chan struct{}, 1), guests: newGuests(), link: newLink(),
	}
}

// Run answers until ctx ends.
func (s *Server) Run(ctx context.Context) {
	var worker sync.WaitGroup
	worker.Go(func() { s.work(ctx) })
	worker.Go(func() { s.advertise(ctx) })
	s.connect(ctx)
	worker.Wait()
}

// Kinds implements run.Driver.
func (s *Server) Kinds() []plan.Kind { return []plan.Kind{plan.KindDHCP, plan.KindDHCP6, plan.KindRA} }

// List implements run.Driver: what this process answers.
func (s *Server) List(_ context.Context, _ *run.Wanted, scope string) (map[plan.Key]plan.Spec, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	have := map[plan.Key]plan.Spec{}
	for k, d := range s.guests.items {
		if scope == run.Everywhere || scope == k.NS {
			have[k] = d
		}
	}
	return have, nil
}

// Apply implements run.Driver. New answers hold only once there is a connection to give them over.
func (s *Server) Apply(ctx context.Context, step run.Step) run.Result {
	var r run.Result
	for _, x := range step.Drop {
		s.drop(x.Key())
	}
	if len(step.Put) == 0 {
		return r
	}
	err := s.link.await(ctx, connected)
	for _, x := range step.Put {
		if e := errors.Join(s.put(x), err); e != nil {
			r.Fail(x.Key(), e)
		}
	}
	return r
}

func (s *Server) put(x plan.Spec) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.poke()
	return s.guests.put(x, s.o.Now())
}

func (s *Server) drop(k plan.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.poke()
	s.guests.drop(k)
}

// poke has the advertiser look again.
func (s *Server) poke() {
	select {
	case s.wake <- struct{}{}:
	default: // it will anyway
	}
}

// Connected implements ofp.Handler.
func (s *Server) Connected(*ofp.Session) error { return nil }

// Disconnected implements ofp.Handler.
func (s *Server) Disconnected(*ofp.Session, error) {}

// PacketIn implements ofp.PacketReceiver: it takes what there is budget for, and never waits.
func (s *Server) PacketIn(session *ofp.Session, p wire.PacketIn) {
	port, ok := p.InPort()
	if !ok || s.o.Claimed != nil && s.o.Claimed(port) {
		return
	}
	tag, frame := untag(p.Data)
	from := place{port, tag}
	ok, mute := s.affords(from)
	switch {
	case mute:
		frame = nil
	case !ok:
		return
	}
	select {
	case s.queue <- request{session, from, frame}:
	default: // clients ask again
		s.o.Log.WithFields(from.fields()).Debug("request dropped: too many wait")
	}
}

// affords takes a request from the budget of a port. If it was not there it says whether the switch should mute the port
// now: what many guests may send at once is more than the switch keeps for the agent. Ports behind one interface would be
// muted together, so these have their budgets alone.
func (s *Server) affords(from place) (ok, mute bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.guests.at[from]
	if g == nil {
		return false, false
	}
	now := s.o.Now()
	ok, began := g.budget.spend(now)
	if began {
		s.o.Log.WithFields(from.fields()).WithField("dropped", g.budget.lost).
			Warn("guest asks for DHCP or routers too often; more than 5 requests a second are dropped")
	}
	return ok, !ok && g.budget.mute(now) && s.guests.alone(from)
}

// work answers what the reader has taken.
func (s *Server) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-s.queue:
			if err := s.handle(ctx, r); err != nil {
				s.o.Log.WithFields(r.from.fields()).WithField("err", err).Debug("request without an answer")
			}
		}
	}
}

// handle answers one request. If decoding panics in spite of everything, that costs this request and no other.
func (s *Server) handle(ctx context.Context, r request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v; frame %x", p, r.frame[:min(len(r.frame), 512)])
		}
	}()
	if r.frame == nil {
		return r.session.Mute(ctx, r.from.port)
	}
	var errs []error
	for _, frame := range s.replies(r, &errs) {
		errs = append(errs, r.session.PacketOut(ctx, r.from.port, withTag(r.from.tag, frame)))
	}
	return errors.Join(errs...)
}

// replies asks all who may answer. Items are changed while it looks at them by nobody else.
func (s *Server) replies(r request, errs *[]error) (out [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.guests.of(r.from, kindOf(r.frame))
	if len(all) == 0 {
		*errs = append(*errs, errors.New("the port has gone, or nothing of this kind is answered there"))
	}
	for _, a := range all {
		frames, err := a.replies(r.frame)
		if err != nil {
			*errs = append(*errs, err)
			continue
		}
		out = append(out, frames...)
		if why := a.complaint(); why != "" {
			s.o.Log.WithFields(r.from.fields()).Warn(why)
		}
	}
	return out
}
