package flows

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"weft/plan"
)

// Options say how a Keeper reaches the switch.
type Options struct {
	Dir string // of ovs-vswitchd's sockets
	// Ready reports whether the ports of a bridge have the numbers that its flows were made for; ports are those that
	// there are, by name. An error says that they do not yet, and makes the Keeper look again soon.
	Ready func(ctx context.Context, bridge string, ports map[string]uint32) error
	// Release lets ovs-vswitchd begin to forward if it was told to wait for its flows. It reports whether it was.
	Release func(ctx context.Context) (bool, error)
	// Settle returns when ovs-vswitchd has done all that its database asks for at the moment.
	Settle func(ctx context.Context) error
	// Restored is called after a bridge was given its flows.
	Restored func()
	// Alone reports whether no controller is connected, neither to the bridge nor to the agent.
	Alone func(ctx context.Context, bridge string) bool
	// Sure is how long after a change of flows Alone knows for sure whether it was a controller's. Default: 6 s.
	Sure time.Duration
	// Silent is called when ovs-vswitchd has answered on no bridge for a while (true), and when it does again (false).
	Silent func(bool)
	Log    *logrus.Entry
}

// Keeper is the copy. Run must run for it to be given back.
type Keeper struct {
	o    Options
	news chan struct{} // capacity 1: bridges came or went, or one was looked at

	mu      sync.Mutex
	flows   map[string]map[plan.FlowKey]plan.Flow // by bridge
	bridges map[string]condition
	lost    int // connections so far
	doubt   bool
	again   chan struct{} // closed when every bridge must be looked at again
}

// condition is what is known of a bridge's switch.
type condition struct {
	connected bool
	inPlace   bool   // its flows were there, or were given to it
	trouble   string // the last one that was told
}

// New makes a Keeper without flows.
func New(o Options) *Keeper {
	o.Sure = cmp.Or(o.Sure, sure)
	return &Keeper{
		o: o, news: make(chan struct{}, 1), again: make(chan struct{}),
		flows: map[string]map[plan.FlowKey]plan.Flow{}, bridges: map[string]condition{},
	}
}

// Replace makes the copy hold exactly these flows.
func (k *Keeper) Replace(fs []plan.Flow) {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.flows)
	k.put(fs)
	k.tell()
}

// Change adds flows, in the place of those with their keys, and removes others.
func (k *Keeper) Change(put []plan.Flow, drop []plan.FlowKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, d := range drop {
		delete(k.flows[d.Bridge], d)
		if len(k.flows[d.Bridge]) == 0 {
			delete(k.flows, d.Bridge)
		}
	}
	k.put(put)
	k.tell()
}

func (k *Keeper) put(fs []plan.Flow) {
	for _, f := range fs {
		if k.flows[f.Bridge] == nil {
			k.flows[f.Bridge] = map[plan.FlowKey]plan.Flow{}
		}
		k.flows[f.Bridge][f.FlowKey] = f
	}
}

// All gives the copy, in the order of keys.
func (k *Keeper) All() []plan.Flow {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []plan.Flow
	for _, fs := range k.flows {
		all = slices.AppendSeq(all, maps.Values(fs))
	}
	slices.SortFunc(all, func(a, b plan.Flow) int { return a.FlowKey.Compare(b.FlowKey) })
	return all
}

// of gives the flows of one bridge.
func (k *Keeper) of(bridge string) []plan.Flow {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Collect(maps.Values(k.flows[bridge]))
}

func (k *Keeper) tell() {
	select {
	case k.news <- struct{}{}:
	default:
	}
}

// Doubt makes the Keeper look again at every bridge, once ovs-vswitchd has done what it was told so far. It is for changes
// on which Open vSwitch forgets flows: a bridge's first controller, for one.
func (k *Keeper) Doubt() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.doubt = true
	k.tell()
}

// lookAgain does what Doubt asked for.
func (k *Keeper) lookAgain(ctx context.Context) {
	k.mu.Lock()
	doubt := k.doubt
	k.doubt = false
	k.mu.Unlock()
	if !doubt {
		return
	}
	for range 2 { // a change may show its effect only with the next one: the end of flow-restore-wait does
		if err := k.o.Settle(ctx); err != nil { // then it does not run, and its bridges are looked at when it comes
			k.o.Log.WithField("err", err).Debug("ovs-vswitchd does not follow its database")
			break
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	close(k.again)
	k.again = make(chan struct{})
}

// next gives a channel that closes when bridges must be looked at again. Take it before looking.
func (k *Keeper) next() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.again
}

// Run gives flows back until ctx ends: two goroutines a bridge that has any.
func (k *Keeper) Run(ctx context.Context) {
	var watchers sync.WaitGroup
	defer watchers.Wait()
	running := map[string]context.CancelFunc{}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, s := releaser{k: k}, silence{k: k}
	defer r.stop()
	defer s.stop()
	for {
		k.follow(ctx, running, &watchers)
		r.look(ctx)
		s.look()
		k.lookAgain(ctx)
		select {
		case <-ctx.Done():
			return
		case <-k.news:
		case <-r.due():
			r.late = true
		case <-s.due():
			s.tell()
		}
	}
}

// follow starts watching bridges that have flows now, and stops watching those that have none any more.
func (k *Keeper) follow(ctx context.Context, running map[string]context.CancelFunc, watchers *sync.WaitGroup) {
	k.mu.Lock()
	wanted := slices.Collect(maps.Keys(k.flows))
	k.mu.Unlock()
	for _, bridge := range wanted {
		if running[bridge] == nil {
			one, cancel := context.WithCancel(ctx)
			running[bridge] = cancel
			watchers.Go(func() { k.watch(one, bridge) })
			watchers.Go(func() { k.guard(one, bridge) })
		}
	}
	for bridge, cancel := range running {
		if !slices.Contains(wanted, bridge) {
			cancel()
			delete(running, bridge)
		}
	}
}

// note takes down the condition of a bridge. A trouble is told once.
func (k *Keeper) note(bridge string, c condition, err error) {
	k.mu.Lock()
	was := k.bridges[bridge]
	if was.connected && !c.connected {
		k.lost++
	}
	if err != nil {
		c.trouble = err.Error()
	}
	k.bridges[bridge] = c
	if k.flows[bridge] == nil {
		delete(k.bridges, bridge)
	}
	k.mu.Unlock()
	if err != nil && was.trouble != c.trouble && errors.Is(err, errNotGiven) {
		k.o.Log.WithFields(logrus.Fields{"bridge": bridge, "err": err}).Warn("the bridge has lost its flows and cannot be given them yet")
	}
	k.tell()
}

func (k *Keeper) hasFlows() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.flows) > 0
}

// state says whether any bridge is connected, whether all are and hold their flows, and how many connections were lost.
func (k *Keeper) state() (connected, inPlace bool, lost int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	inPlace = true
	for bridge := range k.flows {
		c := k.bridges[bridge]
		connected = connected || c.connected
		inPlace = inPlace && c.connected && c.inPlace
	}
	return connected, connected && inPlace, k.lost
}
