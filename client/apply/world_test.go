package apply_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"weft/api"
	"weft/client"
	"weft/client/apply"
	"weft/controller/auth"
	"weft/controller/intent"
	"weft/controller/rest"
	"weft/controller/rest/backend"
	"weft/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fataler is what a test and a property's run have in common.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// controller is the real API over a state in memory, without hosts.
type controller struct {
	t     fataler
	c     *client.Client
	store *store.Store
	close func()
}

const token = "0123456789abcdef0123456789abcdef"

// noHosts is what the API asks about the data plane.
type noHosts struct{ backend.Inspector }

func (noHosts) Port(api.PortID) string                   { return "DOWN" }
func (noHosts) PortOn(api.PortID, api.HostID) string     { return "DOWN" }
func (noHosts) FloatingIP(api.FloatingIPID) string       { return "DOWN" }
func (noHosts) Router(api.RouterID) string               { return "ACTIVE" }
func (noHosts) Problem(api.Ref) string                   { return "" }
func (noHosts) Wait(context.Context, api.Revision) error { return nil }
func (noHosts) Host(api.HostID) backend.HostState        { return backend.HostState{Alive: true} }

func serve(t fataler, seed int) *controller {
	t.Helper()
	var n atomic.Int64
	ops := &intent.Ops{
		Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
		NewID: func() string {
			return fmt.Sprintf("%08x-%04x-4000-8000-000000000000", uint32(n.Add(1))*2654435761, seed)
		},
	}
	st := store.NewMemory(store.Options{Settle: ops.Settle})
	log := logrus.New()
	log.SetOutput(io.Discard)
	s := httptest.NewServer(rest.New(rest.Config{
		State: st, Ops: ops, Status: noHosts{}, Inspector: noHosts{}, Auth: auth.Single(token), Log: logrus.NewEntry(log),
	}))
	c, err := client.New(client.Config{Endpoint: s.URL, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return &controller{t: t, c: c, store: st, close: func() {
		c.Close()
		s.Close()
		_ = st.Close()
	}}
}

func start(t *testing.T) *controller {
	t.Helper()
	w := serve(t, 1)
	t.Cleanup(w.close)
	return w
}

// kinds are what the API declares.
func kinds(t fataler) []client.Kind {
	t.Helper()
	all, err := declared()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var declared = sync.OnceValues(func() ([]client.Kind, error) {
	raw, err := json.Marshal(map[string]any{"resources": rest.Resources()})
	if err != nil {
		return nil, err
	}
	return client.ReadKinds(raw)
})

func read(t fataler, text string) *apply.Document {
	t.Helper()
	doc, err := apply.Read(kinds(t), apply.Source{Name: "cloud.yaml", Data: []byte(text)})
	if err != nil {
		t.Fatalf("read: %v\n%s", err, text)
	}
	return doc
}

// plan compares, and gives the plan with what it says of itself.
func (w *controller) plan(text string, opts apply.Options) (*apply.Plan, string) {
	w.t.Helper()
	p, err := apply.Compare(context.Background(), w.c, read(w.t, text), opts)
	if err != nil {
		w.t.Fatalf("compare: %v\n%s", err, text)
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		w.t.Fatal(err)
	}
	return p, b.String()
}

// apply makes the cloud what the text says.
func (w *controller) apply(text string, opts apply.Options) *apply.Plan {
	w.t.Helper()
	p, said := w.plan(text, opts)
	if err := p.Run(context.Background(), w.c, func(*apply.Change) {}); err != nil {
		w.t.Fatalf("apply: %v\n%s\n%s", err, said, text)
	}
	return p
}

func (w *controller) export() string {
	w.t.Helper()
	var b bytes.Buffer
	if err := apply.Export(context.Background(), w.c, kinds(w.t), &b); err != nil {
		w.t.Fatal(err)
	}
	return b.String()
}
