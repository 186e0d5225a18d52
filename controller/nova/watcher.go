package nova

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"weft/api"
	"weft/store"
)

// State is where ports are.
type State interface {
	Snapshot() *api.Snapshot
	// Wait gives the commits after a revision, once there are some; store.ErrTooOld if it no longer knows them.
	Wait(ctx context.Context, after api.Revision) ([]store.Commit, error)
}

// Status says how far hosts have come.
type Status interface {
	// PortOn gives the status of a port on a host: ACTIVE, BUILD, DOWN, ERROR.
	PortOn(api.PortID, api.HostID) string
	// Moved gives a channel that closes when a status may have changed. Take it before looking.
	Moved() <-chan struct{}
}

// Watcher finds out what Nova must be told.
type Watcher struct {
	State  State
	Status Status
	Tell   func(...Event)
	Now    func() time.Time

	told map[api.PortID]map[api.HostID]string // where ports were told to be plugged: of which server, and with which status
	open map[api.PortID]bool                  // ports whose status is not final
}

// repeated is how long before a restart something was plugged that Nova is told of again.
const repeated = 10 * time.Minute

// server is the Nova server that a port is of; "" for none.
func server(p *api.Port) string {
	if p == nil || !strings.HasPrefix(p.DeviceOwner, "compute:") {
		return ""
	}
	return p.DeviceID
}

// Run watches until ctx ends.
func (w *Watcher) Run(ctx context.Context) error {
	at := w.State.Snapshot()
	w.start(at)
	for {
		commits, moved, err := w.next(ctx, at.Revision())
		if errors.Is(err, store.ErrTooOld) { // look at every port, without what happened in between
			at, moved = w.State.Snapshot(), true
			for p := range at.Ports() {
				w.open[p.ID] = server(p) != ""
			}
		} else if err != nil {
			return err
		}
		for _, c := range commits {
			w.take(c)
			at = c.New
		}
		if moved || len(commits) > 0 {
			w.settle()
		}
	}
}

// next waits for commits, or for hosts to come further while something is open.
func (w *Watcher) next(ctx context.Context, after api.Revision) (commits []store.Commit, moved bool, err error) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	news := w.Status.Moved()
	w.settle() // what was so before the channel was taken
	if len(w.open) > 0 {
		stop := make(chan struct{})
		defer func() { cancel(); <-stop }()
		go func() {
			defer close(stop)
			select {
			case <-news:
				cancel()
			case <-waiting.Done():
			}
		}()
	}
	commits, err = w.State.Wait(waiting, after)
	switch {
	case ctx.Err() != nil:
		return nil, false, ctx.Err()
	case waiting.Err() != nil && err != nil:
		return nil, true, nil
	case err != nil:
		return nil, false, fmt.Errorf("watch ports for Nova: %w", err)
	}
	return commits, false, nil
}

// start takes what is plugged for told, but for what was plugged lately.
func (w *Watcher) start(s *api.Snapshot) {
	w.told, w.open = map[api.PortID]map[api.HostID]string{}, map[api.PortID]bool{}
	for p := range s.Ports() {
		if server(p) == "" {
			continue
		}
		for b := range s.GoodBindings(p.ID) {
			if w.Now().Sub(b.Since) < repeated {
				w.open[p.ID] = true
			} else {
				w.mark(p.ID, b.HostID, server(p)+" "+completed)
			}
		}
	}
}

func (w *Watcher) mark(p api.PortID, h api.HostID, server string) {
	if w.told[p] == nil {
		w.told[p] = map[api.HostID]string{}
	}
	w.told[p][h] = server
}

// take looks at what a commit means for servers.
func (w *Watcher) take(c store.Commit) {
	for _, ch := range c.Changes {
		some := ch.After
		if some == nil {
			some = ch.Before
		}
		switch o := some.(type) {
		case *api.Port:
			before, _ := ch.Before.(*api.Port)
			after, _ := ch.After.(*api.Port)
			w.port(o.ID, before, after)
		case *api.Binding:
			w.open[o.PortID] = true
		case *api.FloatingIP:
			w.floating(c, ch)
		}
	}
}

func (w *Watcher) port(id api.PortID, before, after *api.Port) {
	was, is := server(before), server(after)
	switch {
	case after == nil:
		delete(w.told, id)
		delete(w.open, id)
		if was != "" {
			w.Tell(Event{Name: Deleted, ServerUUID: was, Tag: string(id)})
		}
	case was == is && is != "" && !reflect.DeepEqual(before.FixedIPs, after.FixedIPs):
		w.Tell(Event{Name: Changed, ServerUUID: is, Tag: string(id)})
	case was != is: // another server's now, or none's
		delete(w.told, id)
	}
	if is != "" {
		w.open[id] = true
	}
}

// floating tells the servers that got or lost a floating IP.
func (w *Watcher) floating(c store.Commit, ch api.Change) {
	before, _ := ch.Before.(*api.FloatingIP)
	after, _ := ch.After.(*api.FloatingIP)
	if before != nil && after != nil && before.PortID == after.PortID && before.FixedIP == after.FixedIP {
		return
	}
	seen := map[api.PortID]bool{}
	for _, f := range []*api.FloatingIP{before, after} {
		if f == nil || f.PortID == "" || seen[f.PortID] {
			continue
		}
		seen[f.PortID] = true
		if p, ok := c.New.Port(f.PortID); ok && server(p) != "" {
			w.Tell(Event{Name: Changed, ServerUUID: server(p), Tag: string(p.ID)})
		}
	}
}

// settle looks at the ports whose status is not final.
func (w *Watcher) settle() {
	s := w.State.Snapshot()
	for _, id := range slices.Sorted(maps.Keys(w.open)) {
		if w.look(s, id) {
			delete(w.open, id)
		}
	}
}

// look tells what has become of a port, and reports whether that is final until something changes.
func (w *Watcher) look(s *api.Snapshot, id api.PortID) (final bool) {
	p, ok := s.Port(id)
	if !ok || server(p) == "" {
		delete(w.told, id)
		return true
	}
	here := map[api.HostID]bool{}
	final = true
	for b := range s.GoodBindings(id) {
		status := ""
		switch w.Status.PortOn(id, b.HostID) {
		case "ACTIVE":
			status = completed
		case "ERROR":
			status, final = failed, false
		case "DOWN": // perhaps only because the controller has not heard of its host yet
			final = false
			continue
		default:
			final = false
		}
		here[b.HostID] = true
		if key := server(p) + " " + status; status != "" && w.told[id][b.HostID] != key {
			w.mark(id, b.HostID, key)
			w.Tell(Event{Name: Plugged, ServerUUID: server(p), Tag: string(id), Status: status})
		}
	}
	w.gone(p, here)
	return final
}

// gone tells that a port is plugged nowhere any more, if it was.
func (w *Watcher) gone(p *api.Port, here map[api.HostID]bool) {
	was := len(w.told[p.ID])
	maps.DeleteFunc(w.told[p.ID], func(h api.HostID, _ string) bool { return !here[h] })
	if was > 0 && len(w.told[p.ID]) == 0 {
		delete(w.told, p.ID)
		w.Tell(Event{Name: Unplugged, ServerUUID: server(p), Tag: string(p.ID), Status: completed})
	}
}
