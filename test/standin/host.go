package standin

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"sync"
	"time"

	"weft/api"
	"weft/plan"
	"weft/tables"
)

const (
	reportEvery = 10 * time.Second
	retry       = time.Second // about so long after a connection broke comes the next
	longestHead = 128         // bytes of a message that tell its type and revision
)

// Host is a hypervisor: br-int, br-tun and an agent.
type Host struct {
	ID       api.HostID
	TunnelIP netip.Addr
	TLS      *tls.Config // as the host
	Int, Tun *Switch

	mu    sync.Mutex
	heard bool // the plan stream is open
	taps  map[api.PortID]uint32
	rev   api.Revision
	again chan struct{} // capacity 1: there is something to report
}

// NewHost makes the n-th hypervisor of a cloud; n is below 32,768.
func NewHost(id api.HostID, n int, conf *tls.Config) *Host {
	return &Host{
		ID: id, TLS: conf, TunnelIP: netip.AddrFrom4([4]byte{10, 9, byte(n >> 8), byte(n)}),
		Int: New(uint64(0x1000 + 2*n)), Tun: New(uint64(0x1001 + 2*n)),
		taps: map[api.PortID]uint32{}, again: make(chan struct{}, 1),
	}
}

// Bridges is what the host reports of its bridges.
func (h *Host) Bridges() []api.BridgeState {
	return []api.BridgeState{
		{Name: tables.BridgeInt, DatapathID: h.Int.DPID, Ports: map[string]uint32{tables.PatchTun: 1}},
		{Name: tables.BridgeTun, DatapathID: h.Tun.DPID, Ports: map[string]uint32{tables.PatchInt: 1, tables.VXLANPort: 2}},
	}
}

// Plug plugs a port in, or with number 0 out, and has the agent report it.
func (h *Host) Plug(p api.PortID, n uint32) {
	h.mu.Lock()
	if n == 0 {
		delete(h.taps, p)
	} else {
		h.taps[p] = n
	}
	h.mu.Unlock()
	h.nudge()
}

func (h *Host) nudge() {
	select {
	case h.again <- struct{}{}:
	default:
	}
}

// Run connects to a controller again and again until ctx ends.
func (h *Host) Run(ctx context.Context, openflow, agents string) {
	transport := &http.Transport{TLSClientConfig: h.TLS.Clone(), ForceAttemptHTTP2: true} // which writes into it
	defer transport.CloseIdleConnections()
	var parts sync.WaitGroup
	defer parts.Wait()
	for _, s := range []*Switch{h.Int, h.Tun} {
		parts.Go(func() { again(ctx, func() error { return s.Serve(ctx, openflow, h.TLS) }) })
	}
	a := &agent{h: h, base: fmt.Sprintf("https://%s/v1/hosts/%s/", agents, h.ID), client: &http.Client{Transport: transport}}
	parts.Go(func() { again(ctx, func() error { return a.follow(ctx) }) })
	parts.Go(func() { a.tell(ctx) })
}

// again does something until ctx ends, with pauses of random length.
func again(ctx context.Context, f func() error) {
	for ctx.Err() == nil {
		_ = f() // whatever it is, the next try comes
		select {
		case <-ctx.Done():
		case <-time.After(retry/2 + rand.N(retry)):
		}
	}
}

// agent is a host's connection with the agent link.
type agent struct {
	h      *Host
	base   string
	client *http.Client
}

// follow reads the plan stream until it breaks.
func (a *agent) follow(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+"plan", http.NoBody)
	if err != nil {
		return err
	}
	res, err := a.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("plan: %s", res.Status)
	}
	a.h.hears(true)
	defer a.h.hears(false)
	a.h.nudge()
	r := bufio.NewReaderSize(res.Body, 4096)
	for {
		head, more, err := r.ReadLine()
		head = bytes.Clone(head[:min(len(head), longestHead)])
		for more && err == nil {
			_, more, err = r.ReadLine()
		}
		if err != nil {
			return err
		}
		a.h.took(head)
	}
}

func (h *Host) hears(stream bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard = stream
}

// Connected reports whether the controller has accepted both switches and opened the plan stream.
func (h *Host) Connected() bool {
	h.mu.Lock()
	heard := h.heard
	h.mu.Unlock()
	return heard && h.Int.connected() && h.Tun.connected()
}

// message is the beginning of a plan.Message. The rest of it, most of it flows, a stand-in has no use for.
var message = regexp.MustCompile(`^\{"type":"(?:snapshot|delta)","revision":(\d+)`)

// took acknowledges a message at once.
func (h *Host) took(head []byte) {
	m := message.FindSubmatch(head)
	if m == nil {
		return
	}
	rev, err := strconv.ParseUint(string(m[1]), 10, 64)
	if err != nil {
		return
	}
	h.mu.Lock()
	h.rev = api.Revision(rev)
	h.mu.Unlock()
	h.nudge()
}

// tell reports when there is something new, and now and then.
func (a *agent) tell(ctx context.Context) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-a.h.again:
		}
		if a.report(ctx) != nil && ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-time.After(retry):
				a.h.nudge()
			}
		}
	}
}

func (a *agent) report(ctx context.Context) error {
	body, err := json.Marshal(a.h.state())
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, a.base+"report", bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := a.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusNoContent {
		return fmt.Errorf("report: %s", res.Status)
	}
	return nil
}

func (h *Host) state() plan.Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := plan.Report{Revision: h.rev, TunnelIP: h.TunnelIP, Bridges: h.Bridges()}
	for p, n := range h.taps {
		r.Interfaces = append(r.Interfaces, plan.Interface{IfaceID: p, Name: "tap" + strconv.FormatUint(uint64(n), 10), OFPort: n})
	}
	return r
}
