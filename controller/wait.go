package controller

import (
	"context"
	"slices"

	"weft/api"
	"weft/controller/rest/backend"
)

// Wait returns nil when every host that rev touched has confirmed it. If ctx ends before, the error is a
// *backend.Unconfirmed.
func (c *Controller) Wait(ctx context.Context, rev api.Revision) error {
	w := &wait{c: c, rev: rev}
	if err := c.progress.until(ctx, w.over); err != nil {
		return &backend.Unconfirmed{Revision: rev, Hosts: w.hosts()}
	}
	return nil
}

// wait is somebody's wait for a revision.
type wait struct {
	c    *Controller
	rev  api.Revision
	asks bool // left has been filled
	left []api.HostID
}

// over reports whether there is nobody left to wait for. Who has confirmed once is not asked again: with thousands of
// hosts, each of which wakes the waiter, it looks at one a time.
func (w *wait) over() bool {
	if !w.asks {
		ids, known := w.c.affected.by(w.rev)
		switch known {
		case touchPending:
			return false
		case touchForgotten:
			for _, h := range w.c.everyHost() {
				ids = append(ids, h.id)
			}
		}
		w.left, w.asks = ids, true
	}
	for len(w.left) > 0 {
		last := len(w.left) - 1
		if w.c.owes(w.left[last], w.rev) {
			return false
		}
		w.left = w.left[:last]
	}
	return true
}

// hosts lists those that have not confirmed yet.
func (w *wait) hosts() []api.HostID {
	var out []api.HostID
	for _, id := range w.left {
		if w.c.owes(id, w.rev) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// owes reports whether a host that rev touched has yet to confirm it. One that never joined holds nothing, and one that
// counts as dead does nothing until it is given everything anew: they are not waited for.
func (c *Controller) owes(id api.HostID, rev api.Revision) bool {
	rec, ok := c.store.Snapshot().Host(id)
	if !ok || rec.CertHash == "" || !rec.Alive() {
		return false
	}
	h := c.host(id)
	return h == nil || !h.settled(rev)
}
