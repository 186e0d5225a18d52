package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"sync"

	"weft/agent/ovsdb"
	"weft/plan"
)

// numbersFile holds the port numbers that the controller was told last: those that the flows of the last plan name.
const numbersFile = "ports.json"

// numbers is what that file holds.
type numbers struct {
	path string

	mu  sync.Mutex
	now ovsdb.Numbers
}

func (n *numbers) load() error {
	b, err := os.ReadFile(n.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if err == nil {
		err = json.Unmarshal(b, &n.now)
	}
	if err != nil {
		return fmt.Errorf("read port numbers: %w", err)
	}
	return nil
}

func (n *numbers) get() ovsdb.Numbers {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now
}

// learn takes the numbers of a report that the controller has taken.
func (n *numbers) learn(r plan.Report) error {
	if r.Problem != "" {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	next := ovsdb.NumbersOf(r, n.now)
	if reflect.DeepEqual(next, n.now) {
		return nil
	}
	b, err := json.Marshal(next)
	if err == nil {
		err = writeWhole(n.path, b)
	}
	if err != nil {
		return fmt.Errorf("save port numbers: %w", err)
	}
	n.now = next
	return nil
}

func (a *agent) learn(r plan.Report) {
	if err := a.numbers.learn(r); err != nil {
		a.log.WithField("err", err).Warn("port numbers are not kept for a start without a controller")
	}
}

// ready asks for the port numbers that a bridge's flows were made for, and says so if they are others yet.
func (a *agent) ready(ctx context.Context, bridge string, there map[string]uint32) error {
	return a.db.Hold(ctx, bridge, there, a.numbers.get())
}

// alone reports whether a bridge has no controller, and the agent none either. Of what cannot be known it says no.
func (a *agent) alone(ctx context.Context, bridge string) bool {
	if !a.away.Load() {
		return false
	}
	connected, err := a.db.Connected(ctx, bridge)
	return err == nil && !connected
}

// hold sees to it, while there is no controller, that whoever is plugged in anew gets the number that it had: there is
// nobody who would make flows for another.
func (a *agent) hold(ctx context.Context) {
	if !a.away.Load() {
		return
	}
	n := a.numbers.get()
	for _, bridge := range slices.Sorted(maps.Keys(n.Ports)) {
		if err := a.db.Hold(ctx, bridge, nil, n); err != nil {
			a.log.WithField("err", err).Debug("a port has another number than its flows")
		}
	}
}
