package controller

import (
	"maps"
	"slices"
	"sync"

	"weft/api"
)

// ailing has the hosts of which something does not hold: as a rule none, so that who asks after an object's problem need
// not ask every host.
type ailing struct {
	mu    sync.Mutex
	hosts map[api.HostID]*host
}

func (a *ailing) set(h *host, ill bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case ill:
		a.hosts[h.id] = h
	case a.hosts[h.id] == h:
		delete(a.hosts, h.id)
	}
}

// list gives them by name.
func (a *ailing) list() []*host {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.hosts) == 0 {
		return nil
	}
	out := make([]*host, 0, len(a.hosts))
	for _, id := range slices.Sorted(maps.Keys(a.hosts)) {
		out = append(out, a.hosts[id])
	}
	return out
}

// felt notes whether something does not hold now. It is called after each change of problems or of the report. The caller
// holds h.mu.
func (h *host) felt() {
	maps.DeleteFunc(h.problems, func(_ api.Ref, by map[string]string) bool { return len(by) == 0 })
	h.ailing.set(h, len(h.problems)+len(h.report.Errors) > 0)
}
