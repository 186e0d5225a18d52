package rest

import (
	"context"
	"net/http"
	"testing"

	"weft/api"
	"weft/controller/rest/backend"
)

func TestAChangeWaitsForItsHosts(t *testing.T) {
	w := newWorld(t)
	var waited []api.Revision
	w.status.wait = func(_ context.Context, rev api.Revision) error {
		waited = append(waited, rev)
		return nil
	}
	w.network("without")
	got := w.do("POST", "/v2.0/networks?wait=hosts", `{"network": {}}`)
	if got.status != http.StatusCreated || got.header.Get("X-Weft-Confirmed") != "true" {
		t.Errorf("?wait=hosts: %d %v", got.status, got.header)
	}
	got = w.do("POST", "/v2.0/networks", `{"network": {}}`, "X-Weft-Wait: hosts")
	if got.status != http.StatusCreated || got.header.Get("X-Weft-Confirmed") != "true" || got.header.Get("X-Weft-Revision") != "3" {
		t.Errorf("X-Weft-Wait: %d %v", got.status, got.header)
	}
	if len(waited) != 2 || waited[0] != 2 || waited[1] != 3 {
		t.Errorf("waited for %v, want 2 and 3", waited)
	}
}

func TestAnAnswerNamesTheHostsThatDidNotConfirm(t *testing.T) {
	w := newWorld(t)
	n := w.network("a")
	w.status.wait = func(ctx context.Context, rev api.Revision) error {
		<-ctx.Done()
		return &backend.Unconfirmed{Revision: rev, Hosts: []api.HostID{"h1", "h2"}}
	}
	got := w.do("DELETE", "/v2.0/networks/"+n, nil, "X-Weft-Wait: hosts", "X-Weft-Wait-Timeout: 1")
	if got.status != http.StatusNoContent || got.header.Get("X-Weft-Confirmed") != "false" || got.header.Get("X-Weft-Unconfirmed") != "h1,h2" {
		t.Errorf("got %d %v", got.status, got.header)
	}
}

// The status in the answer is the one after waiting.
func TestAWaitingAnswerShowsTheStatusAfterwards(t *testing.T) {
	w := newWorld(t)
	n := w.network("a")
	w.status.wait = func(context.Context, api.Revision) error {
		for p := range w.store.Snapshot().Ports() {
			w.status.mu.Lock()
			w.status.ports[p.ID] = "ACTIVE"
			w.status.mu.Unlock()
		}
		return nil
	}
	p := w.must("POST", "/v2.0/ports", `{"port": {"network_id": "`+n+`"}}`, "X-Weft-Wait: hosts")
	if p["status"] != "ACTIVE" {
		t.Errorf("status is %v", p["status"])
	}
}

func TestAWrongWaitIsRefusedBeforeTheChange(t *testing.T) {
	w := newWorld(t)
	for _, h := range [][]string{
		{"X-Weft-Wait: moon"}, {"X-Weft-Wait: hosts", "X-Weft-Wait-Timeout: 0"}, {"X-Weft-Wait: hosts", "X-Weft-Wait-Timeout: 1.5"},
		{"X-Weft-Wait: hosts", "X-Weft-Wait-Timeout: 86400"},
	} {
		if got := w.do("POST", "/v2.0/networks", `{"network": {}}`, h...); got.status != http.StatusBadRequest {
			t.Errorf("%v: %d %s", h, got.status, got.text)
		}
	}
	if rev := w.store.Snapshot().Revision(); rev != 0 {
		t.Errorf("revision is %d: a refused request changed something", rev)
	}
}
