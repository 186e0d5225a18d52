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
	Now    func() time.Time // nil: time.Now
}

// Server answers DHCPv4, and is the driver of the plan's items of that kind. Run must run for it to answer.
type Server struct {
	o     Options
	queue chan request

	mu     sync.Mutex
	leases map[place]*lease
	items  map[plan.Key]plan.DHCP
	link   *link
}

// place is where a guest's port is: an OpenFlow port, and behind it, for a sub-port, the tag of its frames.
type place struct {
	port uint32
	tag  uint16
}

func placeOf(d plan.DHCP) place { return place{d.OFPort, d.Tag} }

// request is a packet that a guest sent to DHCP servers.
type request struct {
	session *ofp.Session
	from    place
	frame   []byte // without its tag
}

// New makes a server.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Server{
		o: o, queue: make(chan request, queueLen), leases: map[place]*lease{}, items: map[plan.Key]plan.DHCP{},
		link: newLink(),
	}
}

// Run answers until ctx ends.
func (s *Server) Run(ctx context.Context) {
	var worker sync.WaitGroup
	worker.Go(func() { s.work(ctx) })
	s.connect(ctx)
	worker.Wait()
}

// Kinds implements run.Driver.
func (s *Server) Kinds() []plan.Kind { return []plan.Kind{plan.KindDHCP} }

// List implements run.Driver: what this process answers.
func (s *Server) List(_ context.Context, _ *run.Wanted, scope string) (map[plan.Key]plan.Spec, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	have := map[plan.Key]plan.Spec{}
	for k, d := range s.items {
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
	d, ok := x.(plan.DHCP)
	if !ok {
		return fmt.Errorf("%T is no DHCP answer", x)
	}
	l, err := newLease(d)
	if err != nil {
		return err
	}
	s.drop(d.Key())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leases[placeOf(d)], s.items[d.Key()] = l, d
	return nil
}

func (s *Server) drop(k plan.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.items[k]
	if !ok {
		return
	}
	delete(s.items, k)
	if l := s.leases[placeOf(d)]; l != nil && l.PortID == d.PortID { // else another port has taken its place
		delete(s.leases, placeOf(d))
	}
}

// Connected implements ofp.Handler.
func (s *Server) Connected(*ofp.Session) error { return nil }

// Disconnected implements ofp.Handler.
func (s *Server) Disconnected(*ofp.Session, error) {}

// PacketIn implements ofp.PacketReceiver: it takes what there is budget for, and never waits.
func (s *Server) PacketIn(session *ofp.Session, p wire.PacketIn) {
	port, ok := p.InPort()
	if !ok {
		return
	}
	tag, frame := untag(p.Data)
	from := place{port, tag}
	if !s.affords(from) {
		return
	}
	select {
	case s.queue <- request{session, from, frame}:
	default: // clients ask again
		s.o.Log.WithFields(logrus.Fields{"ofport": port, "tag": tag}).Debug("DHCP request dropped: too many wait")
	}
}

// affords takes a request from the budget of a port.
func (s *Server) affords(from place) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.leases[from]
	if l == nil {
		return false
	}
	ok, began := l.budget.spend(s.o.Now())
	if began {
		s.o.Log.WithFields(logrus.Fields{"port": l.PortID, "dropped": l.budget.lost}).
			Warn("guest asks for DHCP too often; more than 5 requests a second are dropped")
	}
	return ok
}

// work answers what the reader has taken.
func (s *Server) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-s.queue:
			if err := s.handle(ctx, r); err != nil {
				s.o.Log.WithFields(logrus.Fields{"ofport": r.from.port, "tag": r.from.tag, "err": err}).Debug("DHCP request without an answer")
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
	s.mu.Lock()
	l := s.leases[r.from]
	s.mu.Unlock()
	if l == nil {
		return errors.New("the port has gone")
	}
	was := l.cut
	answer, err := l.answer(r.frame)
	if err != nil {
		return err
	}
	if l.cut && !was {
		s.o.Log.WithField("port", l.PortID).Warn("not all DHCP options fit into what the guest takes; the last ones are left out")
	}
	return r.session.PacketOut(ctx, r.from.port, withTag(r.from.tag, answer))
}
