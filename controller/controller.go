package controller

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"

	"weft/api"
	"weft/controller/compile"
	"weft/controller/intent"
	"weft/controller/link"
	"weft/controller/ofp"
	"weft/controller/pace"
	"weft/controller/pki"
	"weft/store"
)

// Config is what a Controller works with. Every field but OpenFlowTLS and Patience is required.
type Config struct {
	Store     *store.Store // opened with the Settle of Ops
	Ops       *intent.Ops
	Compiler  *compile.Compiler
	Authority *pki.Authority
	// Certificate gives the controller's own, for the agent link and, if OpenFlowTLS, for OpenFlow.
	Certificate func() (*tls.Certificate, error)
	OpenFlowTLS bool
	// Patience is how long a host that is brought into line may take before the others go first. 0 means 20 s.
	Patience time.Duration
	Log      *logrus.Entry
	Now      func() time.Time
}

// Controller runs the loop. It implements the status and inspection interfaces of package rest.
type Controller struct {
	store     *store.Store
	ops       *intent.Ops
	compiler  *compile.Compiler
	authority *pki.Authority
	cert      func() (*tls.Certificate, error)
	ofTLS     bool
	log       *logrus.Entry
	now       func() time.Time

	progress *progress
	affected *affected
	ailing   *ailing

	waiting *waiting
	turns   *turns

	mu     sync.Mutex
	hosts  map[api.HostID]*running
	trials trials
	echoes echoes
}

// running is a host with its goroutine.
type running struct {
	*host
	stop func() // ends the goroutine and waits for it
}

// New prepares a Controller; Run makes it work.
func New(c Config) *Controller {
	return &Controller{
		store: c.Store, ops: c.Ops, compiler: c.Compiler, authority: c.Authority, cert: c.Certificate, ofTLS: c.OpenFlowTLS,
		log: c.Log, now: c.Now,
		progress: newProgress(),
		ailing:   &ailing{hosts: map[api.HostID]*host{}},
		affected: newAffected(),
		hosts:    map[api.HostID]*running{},
		waiting:  newWaiting(),
		turns:    newTurns(max(4, 2*runtime.GOMAXPROCS(0)), cmp.Or(c.Patience, patience)),
	}
}

// Run serves OpenFlow and the agent link on the listeners and works until ctx ends.
func (c *Controller) Run(ctx context.Context, openflow, agents net.Listener) error {
	g, ctx := errgroup.WithContext(ctx)
	at := c.store.Snapshot()
	for h := range at.Hosts() {
		c.startHost(ctx, h.ID, at)
	}
	c.affected.begin(at.Revision())
	defer c.stopHosts()

	g.Go(func() error { return c.dispatch(ctx, at) })
	g.Go(func() error { return c.watchHosts(ctx) })
	handshakes := pace.NewTurns(runtime.GOMAXPROCS(0))
	g.Go(func() error {
		srv := ofp.NewServer(ofp.Config{TLS: c.openFlowTLS(), Handler: c, Log: c.log.WithField("link", "openflow")})
		return srv.Serve(ctx, handshakes.Listener(openflow))
	})
	g.Go(func() error {
		srv := &link.Server{Handler: c, TLS: c.agentTLS(), Log: c.log.WithField("link", "agent")}
		return srv.Serve(ctx, handshakes.Listener(agents))
	})
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (c *Controller) agentTLS() *tls.Config {
	return &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.cert() },
		ClientCAs:      c.authority.Pool(), MinVersion: tls.VersionTLS12,
	}
}

func (c *Controller) openFlowTLS() *tls.Config {
	if !c.ofTLS {
		return nil
	}
	conf := c.agentTLS()
	conf.ClientAuth = tls.RequireAndVerifyClientCert
	return conf
}

// Hosts that no revision touched are brought to the newest state after so many revisions, or changes in them, so that no quiet
// host keeps an old one in memory. That bounds what it costs a revision, and, as a change of a large state keeps 30 KiB of the
// old one, what old states take.
const (
	bringAlong        = 256
	bringAlongChanges = 1024
)

// dispatch hands each commit to the hosts that it touches.
func (c *Controller) dispatch(ctx context.Context, at *api.Snapshot) error {
	brought, changes := at.Revision(), 0
	for {
		commits, err := c.store.Wait(ctx, at.Revision())
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, store.ErrTooOld):
			at = c.catchUp(ctx)
			continue
		case err != nil:
			return fmt.Errorf("watch the state after revision %d: %w", at.Revision(), err)
		}
		for _, commit := range commits {
			c.hand(ctx, commit)
			at = commit.New
			changes += len(commit.Changes)
		}
		if at.Revision()-brought >= bringAlong || changes >= bringAlongChanges {
			brought, changes = at.Revision(), 0
			c.bringAlong(at)
		}
		c.progress.moved()
	}
}

func (c *Controller) hand(ctx context.Context, commit store.Commit) {
	for _, ch := range commit.Changes {
		if h, ok := ch.After.(*api.Host); ok && ch.Before == nil {
			c.startHost(ctx, h.ID, commit.New)
		}
	}
	var ids []api.HostID
	for id, subjects := range c.compiler.Affected(commit.Old, commit.New, commit.Changes) {
		if h := c.host(id); h != nil {
			h.enqueue(commit.Old, commit.New, subjects)
			ids = append(ids, id)
		}
	}
	for _, ch := range commit.Changes {
		before, known := ch.Before.(*api.Host)
		after, still := ch.After.(*api.Host)
		switch {
		case known && !still:
			c.endHost(before.ID)
		case known && replaced(before, after):
			c.revoke(after.ID)
		}
	}
	c.affected.record(commit.New.Revision(), ids)
}

// bringAlong makes a state, all of which has been handed out, the one that every host is at which has nothing to do.
func (c *Controller) bringAlong(at *api.Snapshot) {
	for _, h := range c.everyHost() {
		h.follow(at)
	}
}

// everyHost lists the running hosts, in no order.
func (c *Controller) everyHost() []*host {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]*host, 0, len(c.hosts))
	for _, r := range c.hosts {
		out = append(out, r.host)
	}
	return out
}

// catchUp brings every host to the newest state, after commits were missed. Connections stay; what is connected is compared
// as a whole.
func (c *Controller) catchUp(ctx context.Context) *api.Snapshot {
	at := c.store.Snapshot()
	c.log.WithField("rev", at.Revision()).Warn("fell behind the state; comparing every host as a whole")
	for _, h := range c.everyHost() {
		if _, ok := at.Host(h.id); !ok {
			c.endHost(h.id)
			continue
		}
		h.startOver(at)
	}
	for rec := range at.Hosts() {
		if c.host(rec.ID) == nil {
			c.startHost(ctx, rec.ID, at)
		}
	}
	c.affected.begin(at.Revision())
	return at
}

// endHost is for a host that was deleted.
func (c *Controller) endHost(id api.HostID) {
	c.stopHost(id)
	c.affected.forget(id)
}

// host finds a running host; nil if there is none.
func (c *Controller) host(id api.HostID) *host {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.hosts[id]; ok {
		return r.host
	}
	return nil
}

func (c *Controller) startHost(ctx context.Context, id api.HostID, at *api.Snapshot) {
	ctx, cancel := context.WithCancel(ctx)
	h := newHost(id, at, c)
	var done sync.WaitGroup
	done.Go(func() { h.run(ctx) })
	c.mu.Lock()
	c.hosts[id] = &running{host: h, stop: func() { cancel(); done.Wait() }}
	c.mu.Unlock()
	c.adoptOrphans(id)
}

// stopHost ends a host's goroutine and hangs up on its switches and its agent.
func (c *Controller) stopHost(id api.HostID) {
	c.mu.Lock()
	r, ok := c.hosts[id]
	delete(c.hosts, id)
	c.mu.Unlock()
	if !ok {
		return
	}
	r.stop()
	r.hangUp(errDeleted)
}

func (c *Controller) stopHosts() {
	for _, h := range c.everyHost() {
		c.stopHost(h.id)
	}
}

// hangUp closes what is connected.
func (h *host) hangUp(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, b := range h.bridges {
		if b.session != nil {
			b.session.Close()
		}
	}
	if h.agent != nil {
		h.agent.cancel(why)
	}
}
