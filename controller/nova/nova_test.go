package nova_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"go.uber.org/goleak"

	"weft/api"
	"weft/controller/nova"
	"weft/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// compute is a stand-in for Nova: it checks what it is asked, and answers as it is told to.
type compute struct {
	*testing.T
	url string

	mu     sync.Mutex
	answer func(call int, events []nova.Event) (int, any)
	calls  int
	tokens []string
	events []nova.Event // of calls that were answered well
	got    chan struct{}
}

func newCompute(t *testing.T, answer func(call int, events []nova.Event) (int, any)) *compute {
	c := &compute{T: t, answer: answer, got: make(chan struct{}, 1)}
	s := httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(s.Close)
	c.url = s.URL + "/v2.1/"
	return c
}

func (c *compute) serve(w http.ResponseWriter, r *http.Request) {
	var body struct{ Events []nova.Event }
	err := json.NewDecoder(r.Body).Decode(&body)
	if r.Method != http.MethodPost || r.URL.Path != "/v2.1/os-server-external-events" || err != nil || len(body.Events) == 0 ||
		r.Header.Get("Content-Type") != "application/json" {
		c.Errorf("%s %s: %v, events %v", r.Method, r.URL, err, body.Events)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	c.tokens = append(c.tokens, r.Header.Get("X-Auth-Token"))
	status, answer := c.answer(c.calls, body.Events)
	if status/100 == 2 {
		c.events = append(c.events, body.Events...)
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
	select {
	case c.got <- struct{}{}:
	default:
	}
}

func well(int, []nova.Event) (int, any) { return http.StatusOK, map[string]any{} }

// told gives the events that Nova took.
func (c *compute) told() []nova.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.events)
}

// want waits until Nova was told these events, in this order.
func (c *compute) want(words ...string) {
	c.Helper()
	late := time.After(time.Minute)
	for {
		var got []string
		for _, e := range c.told() {
			got = append(got, fmt.Sprintf("%s %s %s %s", e.Name, e.ServerUUID, e.Tag, e.Status))
		}
		diff := cmp.Diff(words, got)
		if diff == "" {
			return
		}
		select {
		case <-c.got:
		case <-late:
			c.Fatalf("Nova was told (-want +got):\n%s", diff)
		}
	}
}

// sender runs a sender to the stand-in.
func (c *compute) sender(access nova.AccessSource) *nova.Sender {
	logger, _ := logtest.NewNullLogger()
	s := nova.NewSender(access, logrus.NewEntry(logger))
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = s.Run(ctx) })
	c.Cleanup(func() { cancel(); done.Wait() })
	return s
}

// with is an access with one token.
func (c *compute) with(token string) nova.AccessSource {
	return nova.Fixed{Endpoint: c.url, Token: token}
}

func event(n int) nova.Event {
	return nova.Event{Name: nova.Plugged, ServerUUID: fmt.Sprint("s", n), Tag: fmt.Sprint("p", n), Status: "completed"}
}

func TestEventsAreTriedAgainInTheirOrder(t *testing.T) {
	for name, first := range map[string]int{"500": 500, "503": 503, "429": 429, "403": 403} {
		t.Run(name, func(t *testing.T) {
			c := newCompute(t, func(call int, _ []nova.Event) (int, any) {
				if call == 1 {
					return first, "no"
				}
				return well(0, nil)
			})
			c.sender(c.with("secret")).Tell(event(1), event(2))
			c.want("network-vif-plugged s1 p1 completed", "network-vif-plugged s2 p2 completed")
			if c.calls != 2 || c.tokens[0] != "secret" {
				t.Errorf("%d calls with tokens %v", c.calls, c.tokens)
			}
		})
	}
}

func TestManyEventsGoInFewCalls(t *testing.T) {
	c := newCompute(t, well)
	var all []nova.Event
	var want []string
	for i := range 250 {
		all = append(all, event(i))
		want = append(want, fmt.Sprintf("network-vif-plugged s%d p%d completed", i, i))
	}
	c.sender(c.with("")).Tell(all...)
	c.want(want...)
	if c.calls != 3 {
		t.Errorf("%d calls, want 3", c.calls)
	}
}

func TestUnknownServersAreNotToldOfAgain(t *testing.T) {
	c := newCompute(t, func(call int, _ []nova.Event) (int, any) {
		if call == 1 {
			return http.StatusNotFound, map[string]any{"itemNotFound": map[string]any{"code": 404}}
		}
		return well(0, nil)
	})
	s := c.sender(c.with(""))
	s.Tell(event(1))
	<-c.got
	s.Tell(event(2))
	c.want("network-vif-plugged s2 p2 completed")
}

func TestOfManyOnlyThoseThatNovaCouldNotDeliverAreToldAgain(t *testing.T) {
	c := newCompute(t, func(call int, events []nova.Event) (int, any) {
		if call > 1 {
			return well(0, nil)
		}
		var out []map[string]any
		for i, e := range events {
			out = append(out, map[string]any{"name": e.Name, "server_uuid": e.ServerUUID, "tag": e.Tag, "code": []int{200, 422, 404}[i]})
		}
		return http.StatusMultiStatus, map[string]any{"events": out}
	})
	c.sender(c.with("")).Tell(event(1), event(2), event(3))
	c.want("network-vif-plugged s1 p1 completed", "network-vif-plugged s2 p2 completed", "network-vif-plugged s3 p3 completed",
		"network-vif-plugged s2 p2 completed")
}

func TestOneBadEventDoesNotKeepTheOthers(t *testing.T) {
	c := newCompute(t, func(_ int, events []nova.Event) (int, any) {
		for _, e := range events {
			if e.Tag == "p2" {
				return http.StatusBadRequest, "bad"
			}
		}
		return well(0, nil)
	})
	c.sender(c.with("")).Tell(event(1), event(2), event(3))
	c.want("network-vif-plugged s1 p1 completed", "network-vif-plugged s3 p3 completed")
}

// fresh gives another token each time that one is refused.
type fresh struct{ endpoint string }

func (f fresh) Access(_ context.Context, refused string) (nova.Access, error) {
	return nova.Access{Endpoint: f.endpoint, Token: refused + "x"}, nil
}

func TestARefusedTokenIsRenewed(t *testing.T) {
	c := newCompute(t, func(call int, _ []nova.Event) (int, any) {
		if call == 1 {
			return http.StatusUnauthorized, "no"
		}
		return well(0, nil)
	})
	c.sender(fresh{c.url}).Tell(event(1))
	c.want("network-vif-plugged s1 p1 completed")
	if diff := cmp.Diff([]string{"x", "xx"}, c.tokens); diff != "" {
		t.Error(diff)
	}
}

// cloud is a state whose ports have the statuses that the test says.
type cloud struct {
	*testing.T
	st *store.Store

	mu     sync.Mutex
	status map[string]string
	moved  chan struct{}
}

func (c *cloud) PortOn(p api.PortID, h api.HostID) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status[string(p)+"@"+string(h)]
}

func (c *cloud) Moved() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.moved
}

// becomes sets a status and says that something moved.
func (c *cloud) becomes(p, h, status string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status[p+"@"+h] = status
	close(c.moved)
	c.moved = make(chan struct{})
}

func (c *cloud) do(f func(*api.Txn)) {
	c.Helper()
	if _, err := c.st.Update(context.Background(), func(tx *api.Txn) error { f(tx); return nil }); err != nil {
		c.Fatal(err)
	}
}

func guest(id api.PortID, server string) *api.Port {
	return &api.Port{ID: id, DeviceOwner: "compute:nova", DeviceID: server, FixedIPs: []api.FixedIP{{SubnetID: "s", Addr: netip.MustParseAddr("10.0.0.5")}}}
}

func bound(id api.PortID, h api.HostID, since time.Time) *api.Binding {
	return &api.Binding{PortID: id, HostID: h, OFPort: 3, Since: since}
}

// watch runs a watcher of a new cloud, whose events go to a stand-in.
func watch(t *testing.T, before func(*api.Txn)) (*cloud, *compute) {
	c := &cloud{T: t, st: store.NewMemory(store.Options{}), status: map[string]string{}, moved: make(chan struct{})}
	t.Cleanup(func() { _ = c.st.Close() })
	c.do(before)
	n := newCompute(t, well)
	w := &nova.Watcher{State: c.st, Status: c, Tell: n.sender(n.with("")).Tell, Now: time.Now}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = w.Run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return c, n
}

func TestNovaIsToldWhenAPortWorksMovesAndGoes(t *testing.T) {
	c, n := watch(t, func(*api.Txn) {})
	now := time.Now()
	c.becomes("p", "h1", "BUILD")
	c.do(func(tx *api.Txn) {
		tx.Put(guest("p", "vm"))
		tx.Put(bound("p", "h1", now))
		tx.Put(&api.Port{ID: "q", DeviceID: "router", DeviceOwner: api.OwnerRouterInterface})
		tx.Put(bound("q", "h1", now))
	})
	c.becomes("q", "h1", "ACTIVE")
	c.becomes("p", "h1", "ACTIVE")
	want := []string{"network-vif-plugged vm p completed"}
	n.want(want...)

	c.becomes("p", "h2", "ACTIVE")
	c.do(func(tx *api.Txn) { b := bound("p", "h2", now); b.Standby = true; tx.Put(b) })
	want = append(want, "network-vif-plugged vm p completed") // where the migration leads
	n.want(want...)
	c.do(func(tx *api.Txn) { tx.Delete(bound("p", "h1", now)) }) // it is plugged on the other
	c.do(func(tx *api.Txn) {
		p := guest("p", "vm")
		p.FixedIPs = nil
		tx.Put(p)
	})
	want = append(want, "network-changed vm p ")
	n.want(want...)
	c.do(func(tx *api.Txn) { tx.Delete(bound("p", "h2", now)) })
	want = append(want, "network-vif-unplugged vm p completed")
	n.want(want...)
	c.do(func(tx *api.Txn) { tx.Put(&api.FloatingIP{ID: "f", PortID: "p"}) })
	want = append(want, "network-changed vm p ")
	n.want(want...)
	c.do(func(tx *api.Txn) { tx.Delete(guest("p", "vm")); tx.Delete(&api.Port{ID: "q"}) })
	n.want(append(want, "network-vif-deleted vm p ")...)
}

func TestAPortThatFailsIsToldAndSoIsThatItWorksLater(t *testing.T) {
	c, n := watch(t, func(*api.Txn) {})
	c.becomes("p", "h1", "ERROR")
	c.do(func(tx *api.Txn) { tx.Put(guest("p", "vm")); tx.Put(bound("p", "h1", time.Now())) })
	n.want("network-vif-plugged vm p failed")
	c.becomes("p", "h1", "ACTIVE")
	n.want("network-vif-plugged vm p failed", "network-vif-plugged vm p completed")
}

func TestAfterARestartOnlyWhatWasPluggedLatelyIsToldAgain(t *testing.T) {
	c, n := watch(t, func(tx *api.Txn) {
		tx.Put(guest("old", "vm1"))
		tx.Put(bound("old", "h1", time.Now().Add(-time.Hour)))
		tx.Put(guest("new", "vm2"))
		tx.Put(bound("new", "h1", time.Now()))
	})
	c.becomes("old", "h1", "ACTIVE")
	c.becomes("new", "h1", "ACTIVE")
	n.want("network-vif-plugged vm2 new completed")
	c.do(func(tx *api.Txn) { tx.Delete(bound("old", "h1", time.Time{})) })
	n.want("network-vif-plugged vm2 new completed", "network-vif-unplugged vm1 old completed")
}

func TestAServerThatLetsGoOfItsPortIsToldNothingMore(t *testing.T) {
	c, n := watch(t, func(*api.Txn) {})
	c.becomes("p", "h1", "ACTIVE")
	c.do(func(tx *api.Txn) { tx.Put(guest("p", "vm")); tx.Put(bound("p", "h1", time.Now())) })
	n.want("network-vif-plugged vm p completed")
	c.do(func(tx *api.Txn) { p := guest("p", ""); p.DeviceOwner = ""; tx.Put(p) })
	c.do(func(tx *api.Txn) { tx.Delete(bound("p", "h1", time.Now())) })
	c.do(func(tx *api.Txn) { tx.Put(guest("r", "vm9")) })
	c.becomes("r", "h1", "ACTIVE")
	c.do(func(tx *api.Txn) { tx.Put(bound("r", "h1", time.Now())) })
	n.want("network-vif-plugged vm p completed", "network-vif-plugged vm9 r completed")
}
