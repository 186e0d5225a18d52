package agent

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"weft/agent/dhcp"
	"weft/agent/flows"
	"weft/agent/link"
	"weft/agent/mgmt"
	"weft/agent/ovsdb"
	"weft/agent/run"
	"weft/plan"
)

const (
	relistEvery = 30 * time.Second
	firstLook   = time.Second // how long to wait for Open vSwitch before the first pass goes on without it
)

// ErrNotRoot says that the agent may not change the host.
var ErrNotRoot = errors.New("weft agent must run as root: it makes network namespaces and bridges (try sudo)")

// Run is the agent. It returns when ctx ends (nil) or when it cannot start: wrong configuration, not root, no
// certificate. Everything else it waits out. It leaves the host's networks as they are.
func Run(ctx context.Context, c Config) error {
	if os.Geteuid() != 0 {
		return ErrNotRoot
	}
	if err := errors.Join(c.complete(), havePrograms()); err != nil {
		return err
	}
	identity, err := c.waitForIdentity(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	held := &holder{}
	held.hold(identity)
	tr := &http.Transport{
		TLSClientConfig: identity, ForceAttemptHTTP2: true, ResponseHeaderTimeout: silence,
		HTTP2: &http.HTTP2Config{SendPingTimeout: silence, PingTimeout: silence},
	}
	defer tr.CloseIdleConnections()
	a := newAgent(&c, &http.Client{Transport: tr})
	a.renewal = &renewal{conf: &c, client: a.stream.client, held: held, now: time.Now}
	return a.run(ctx)
}

func havePrograms() error {
	for _, p := range []string{"iptables-save", "iptables-restore", "ip6tables-save", "ip6tables-restore"} {
		if _, err := exec.LookPath(p); err != nil {
			return fmt.Errorf("%s is needed: install iptables", p)
		}
	}
	return nil
}

// waitForIdentity joins, again and again while the controller cannot be reached; a refusal is final.
func (c *Config) waitForIdentity(ctx context.Context) (*tls.Config, error) {
	for wait := reconnect; ; wait = min(2*wait, reconnectTo) {
		t, err := c.identity(ctx)
		if err == nil || !errors.Is(err, errUnreachable) {
			return t, err
		}
		if ctx.Err() != nil {
			return nil, nil //nolint:nilerr // the end of ctx is no failure; the caller looks at it
		}
		c.Log.WithField("err", err).Warn("cannot join yet; trying again")
		run.Pause(ctx, wait)
	}
}

// agent is the loop and what it owns.
type agent struct {
	conf       *Config
	db         *ovsdb.DB
	host       *link.Host
	dhcp       *dhcp.Server
	flows      *flows.Keeper
	numbers    *numbers
	away       atomic.Bool // the controller cannot be reached
	arrivals   *arrivals
	engine     *engine
	cache      *cache
	report     *reporter
	plans      chan plan.Message
	stream     *stream
	pathfinder *pathfinder
	hearing    hearing
	renewal    *renewal // nil: the certificate stays as it is
	log        *logrus.Entry
}

func newAgent(c *Config, client *http.Client) *agent {
	a := &agent{conf: c, log: c.Log, plans: make(chan plan.Message)}
	a.db = ovsdb.New(ovsdb.Options{
		Endpoint: c.OVSDB, Datapath: c.Datapath,
		PrivateKey: c.file(keyFile), Certificate: c.file(certFile), CA: c.file(caFile),
	})
	a.host = link.New(link.Options{NoOffload: c.Datapath == DatapathNetdev})
	a.arrivals = newArrivals(func() { a.report.look() })
	a.dhcp = dhcp.New(dhcp.Options{Socket: mgmt.Socket(c.sockets(), "br-int"), Log: c.Log, Claimed: a.arrivals.heard})
	a.numbers = &numbers{path: c.file(numbersFile)}
	a.flows = flows.New(flows.Options{
		Dir: c.sockets(), Ready: a.ready, Release: a.db.Release, Settle: a.db.Settle, Log: c.Log,
		Alone: a.alone, Sure: c.sure,
		Restored: func() { a.report.gave(time.Now()) }, Silent: func(s bool) { a.report.hears(s) },
	})
	a.engine = newEngine(c.Log, check, a.db, a.host, a.dhcp, a.arrivals)
	a.cache = &cache{path: c.file(planFile)}
	a.engine.traceless, a.engine.stepped = a.remember, func(k plan.Kind) {
		if k == plan.KindController {
			a.flows.Doubt() // Open vSwitch forgets a bridge's flows when its first controller comes
		}
	}
	a.report = newReporter(c, client, a.db, noteOnce(c.Log, "reports"))
	a.report.taken = a.learn
	a.report.arrived = a.arrivals.all
	a.pathfinder = newPathfinder(c, client)
	a.away.Store(true)
	note := noteOnce(c.Log, "plan stream")
	a.stream = &stream{
		asked:  a.pathfinder.take,
		client: client, url: planURL(c, "plan"), out: a.plans, quiet: silence,
		note: func(err error) { a.away.Store(err != nil); note(err) },
	}
	return a
}

// noteOnce logs a condition when it changes: lost, and found again.
func noteOnce(log *logrus.Entry, what string) func(error) {
	var mu sync.Mutex
	said := ""
	return func(err error) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil && said != "":
			log.Info(what + ": the controller is there again")
			said = ""
		case err != nil && said != err.Error():
			said = err.Error()
			log.WithField("err", err).Warn(what + ": no controller; everything stays as it is")
		}
	}
}

// run starts the parts, runs the loop, and waits for the parts to end.
func (a *agent) run(ctx context.Context) error {
	old, err := loadCache(a.cache.path)
	if err != nil {
		a.log.WithField("err", err).Warn("last plan is damaged; going on with what could be read of it")
	}
	a.engine.restore(old)
	a.flows.Replace(slices.Collect(maps.Values(old.flows)))
	if err := a.numbers.load(); err != nil {
		a.log.WithField("err", err).Warn("port numbers of before are not known")
	}
	if old.found {
		a.save()
	}
	ctx, cancel := context.WithCancel(ctx)
	var parts sync.WaitGroup
	parts.Go(func() { a.db.Run(ctx) })
	parts.Go(func() { a.dhcp.Run(ctx) })
	parts.Go(func() { a.flows.Run(ctx) })
	parts.Go(func() { a.stream.run(ctx) })
	parts.Go(func() { a.report.run(ctx) })
	parts.Go(func() { a.pathfinder.run(ctx) })
	if a.renewal != nil {
		parts.Go(func() { a.renewal.run(ctx) })
	}
	a.loop(ctx)
	cancel()
	parts.Wait()
	a.host.Close()
	if err := a.cache.sync(); err != nil {
		a.log.WithField("err", err).Warn("last plan not saved")
	}
	a.cache.close()
	return nil
}

// raise sets the devices up that join provider bridges to their wires.
func (a *agent) raise() {
	for _, dev := range slices.Sorted(maps.Values(a.conf.BridgeUplinks)) {
		if err := link.Raise(dev); err != nil {
			a.log.WithFields(logrus.Fields{"device": dev, "err": err}).Warn("device of a provider bridge is not up")
		}
	}
}

// loop alone changes the host: on a message, on a change in Open vSwitch, when a failed item is due, and by the clock.
func (a *agent) loop(ctx context.Context) {
	first := time.NewTimer(firstLook)
	defer first.Stop()
	select { // a pass before Open vSwitch has answered would only report that it is not there
	case <-a.db.Changed():
	case <-first.C:
	case <-ctx.Done():
		return
	}
	a.raise()
	a.hold(ctx)
	a.engine.relist(ctx, a.engine.drivers...)
	every := time.NewTicker(relistEvery)
	defer every.Stop()
	moved := true
	for ctx.Err() == nil {
		if moved {
			a.report.set(status{a.engine.revision, a.engine.errors(), a.engine.mended})
		}
		if moved || a.cache.stale() {
			if err := a.cache.sync(); err != nil {
				a.log.WithField("err", err).Warn("last plan not saved")
			}
		}
		moved = a.wait(ctx, every.C)
	}
}

// wait takes the next thing that happens. It reports whether that may have moved anything on the host.
func (a *agent) wait(ctx context.Context, every <-chan time.Time) (moved bool) {
	next, some := a.engine.nextRetry()
	due, stop := alarm(next, some)
	defer stop()
	look, stopLook := alarm(a.hearing.due, !a.hearing.due.IsZero())
	defer stopLook()
	stale, stopStale := alarm(a.cache.dirty.Add(syncAfter), !a.cache.dirty.IsZero())
	defer stopStale()
	select {
	case <-ctx.Done():
	case m := <-a.plans:
		return a.take(ctx, m)
	case <-a.db.Changed():
		a.hold(ctx)
		a.engine.relist(ctx, a.db)
	case <-due:
		a.engine.retry(ctx)
	case <-every:
		a.hold(ctx)
		a.engine.relist(ctx, a.engine.drivers...)
	case <-a.host.Stirred():
		a.hearing.heard(time.Now())
		return false
	case <-look:
		a.look(ctx)
	case <-stale:
		return false
	}
	return true
}

// alarm gives a channel that gets a value at a time, if there is one.
func alarm(at time.Time, some bool) (ring <-chan time.Time, stop func()) {
	if !some {
		return nil, func() {}
	}
	t := time.NewTimer(time.Until(at))
	return t.C, func() { t.Stop() }
}

// take takes a message of the plan. Flows are only kept: bringing them to the switch is the controller's.
func (a *agent) take(ctx context.Context, m plan.Message) (moved bool) {
	a.keep(m)
	if m.Type == typeSnapshot {
		a.flows.Replace(m.PutFlows)
	} else {
		a.flows.Change(m.PutFlows, m.DropFlows)
	}
	moved = m.Type == typeSnapshot || len(m.Put)+len(m.Drop) > 0
	if moved {
		a.engine.take(ctx, m)
	}
	if m.Type == typeSnapshot || a.cache.full() {
		a.save()
	}
	return moved
}

// keep writes a delta to disk before it is applied, so that a restart in between knows of it.
func (a *agent) keep(m plan.Message) {
	if m.Type != typeDelta {
		return
	}
	if err := a.cache.add(m); err != nil {
		a.log.WithField("err", err).Warn("last plan not saved")
	}
}

// remember writes down what was done of kinds that leave no trace.
func (a *agent) remember(put []plan.Spec, drop []plan.Key) {
	m := plan.Message{Type: doneType, Drop: drop}
	for _, s := range put {
		m.Put = append(m.Put, plan.Item{Spec: s})
	}
	if err := a.cache.add(m); err != nil {
		a.log.WithField("err", err).Warn("last plan not saved")
	}
}

// save writes the whole plan to disk.
func (a *agent) save() {
	done := map[plan.Key]plan.Spec{}
	for k, s := range a.engine.have {
		if leavesNoTrace(k.Kind) {
			done[k] = s
		}
	}
	whole := plan.Message{
		Type: typeSnapshot, Revision: a.engine.revision, Put: a.engine.want.Items(), PutFlows: a.flows.All(),
	}
	if err := a.cache.rewrite(whole, done); err != nil {
		a.log.WithField("err", err).Warn("last plan not saved")
	}
}
