package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"sync"
	"time"

	"weft/agent/link"
	"weft/agent/ovsdb"
	"weft/api"
	"weft/plan"
)

const (
	reportEvery   = 10 * time.Second
	reportTimeout = 15 * time.Second
)

// status is what the loop says about items.
type status struct {
	revision api.Revision
	errors   []plan.ItemError
	mended   *plan.Mended
}

// reporter tells the controller what there is: when it changes, and now and then anyway.
type reporter struct {
	conf   *Config
	client *http.Client
	state  func(ctx context.Context, bridges []string) (ovsdb.State, error)
	mtu    func(netip.Addr) int // of the device that has an address
	wake   chan struct{}
	// arrived lists the guests that have come since they were awaited.
	arrived func() []plan.Arrived
	note    func(error)
	taken   func(plan.Report) // is told of each report that the controller has taken

	mu       sync.Mutex
	status   status
	known    bool // a status was set
	restored time.Time
	silent   bool // ovs-vswitchd answers nowhere
}

const switchAway = "ovs-vswitchd is not running or does not answer on any bridge; start openvswitch-switch"

func newReporter(c *Config, client *http.Client, db *ovsdb.DB, note func(error)) *reporter {
	return &reporter{
		conf: c, client: client, state: db.State, mtu: link.MTUOf, wake: make(chan struct{}, 1), note: note,
		taken: func(plan.Report) {}, arrived: func() []plan.Arrived { return nil },
	}
}

// hears takes down whether ovs-vswitchd answers.
func (r *reporter) hears(silent bool) {
	r.mu.Lock()
	r.silent = silent
	r.mu.Unlock()
	r.look()
}

// gave takes down that a switch was given flows that it had lost.
func (r *reporter) gave(at time.Time) {
	r.mu.Lock()
	r.restored = at
	r.mu.Unlock()
	r.look()
}

// set takes what the loop knows.
func (r *reporter) set(s status) {
	r.mu.Lock()
	r.status, r.known = s, true
	r.mu.Unlock()
	r.look()
}

// look makes the reporter see whether there is something new to say.
func (r *reporter) look() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// run sends reports until ctx ends.
func (r *reporter) run(ctx context.Context) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	var sent *plan.Report
	for {
		due := false
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			due = true
		case <-r.wake:
		}
		rep, ok := r.report(ctx)
		if !ok || !due && sent != nil && reflect.DeepEqual(*sent, rep) {
			continue
		}
		err := r.send(ctx, rep)
		if ctx.Err() != nil {
			return
		}
		r.note(err)
		if err != nil {
			sent = nil // the next look sends whatever there is
			continue
		}
		sent = &rep
		r.taken(rep)
	}
}

// report says what is so now; false until the loop has looked for the first time.
func (r *reporter) report(ctx context.Context) (plan.Report, bool) {
	r.mu.Lock()
	s, known, restored, silent := r.status, r.known, r.restored, r.silent
	r.mu.Unlock()
	rep := plan.Report{
		Revision: s.revision, Errors: s.errors, Mended: s.mended, TunnelIP: r.conf.TunnelIP, BridgeMappings: r.conf.BridgeMappings,
		BridgeUplinks: r.conf.BridgeUplinks, Restored: restored,
		NetdevDatapath: r.conf.Datapath == DatapathNetdev, Version: r.conf.Version,
	}
	rep.Arrivals = r.arrived()
	rep.TunnelMTU = r.mtu(r.conf.TunnelIP)
	st, err := r.state(ctx, slices.Sorted(maps.Values(r.conf.BridgeMappings)))
	if err == nil && silent {
		err = errors.New(switchAway)
	}
	if err != nil {
		rep.Problem = err.Error()
		return rep, known
	}
	rep.Bridges, rep.Interfaces, rep.OVS = st.Bridges, st.Interfaces, st.Version
	return rep, known
}

func (r *reporter) send(ctx context.Context, rep plan.Report) error {
	return send(ctx, r.client, http.MethodPut, planURL(r.conf, "report"), rep)
}

// send tells the controller something that it answers with nothing.
func send(ctx context.Context, client *http.Client, method, url string, what any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("write to the controller: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode/100 == 2 {
		return nil
	}
	b, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return errors.New(refusal(res.Status, b))
}
