package controller

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller/compile"
	"weft/controller/rest/backend"
	"weft/store"
)

// small is a controller of a few joined hosts that nothing connects to. It is not run: the test hands out what it likes.
func small(t *testing.T, hosts ...api.HostID) *Controller {
	t.Helper()
	st := store.NewMemory(store.Options{History: 4})
	t.Cleanup(func() { _ = st.Close() })
	c := New(Config{Store: st, Compiler: &compile.Compiler{}, Log: logrus.NewEntry(quietLogger()), Now: time.Now})
	for _, id := range hosts {
		put(t, c, &api.Host{ID: id, CertHash: "joined"})
	}
	at := st.Snapshot()
	for _, id := range hosts {
		c.startHost(t.Context(), id, at)
	}
	c.affected.begin(at.Revision())
	t.Cleanup(c.stopHosts)
	return c
}

func quietLogger() *logrus.Logger {
	l := logrus.New()
	l.SetLevel(logrus.PanicLevel)
	return l
}

func put(t *testing.T, c *Controller, o api.Object) *api.Snapshot {
	t.Helper()
	s, err := c.store.Update(t.Context(), func(tx *api.Txn) error { tx.Put(o); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// holds makes a host confirm all until a revision.
func holds(h *host, rev api.Revision) {
	h.mu.Lock()
	h.flowsRev, h.itemsRev = rev, rev
	h.mu.Unlock()
	h.progress.moved()
}

// unconfirmed gives whom a wait that is given up at once names.
func unconfirmed(c *Controller, rev api.Revision) []api.HostID {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var who *backend.Unconfirmed
	if err := c.Wait(ctx, rev); errors.As(err, &who) {
		return who.Hosts
	}
	return nil
}

func TestARevisionThatIsNotRememberedAnyMoreIsNotConfirmedUnseen(t *testing.T) {
	c := small(t, "h1", "h2")
	first := c.store.Snapshot().Revision() + 1
	c.affected.record(first, []api.HostID{"h1"})
	if got := unconfirmed(c, first); !slices.Equal(got, []api.HostID{"h1"}) {
		t.Fatalf("waits for %v, want h1", got)
	}
	for rev := first + 1; rev <= first+keepAffected+1; rev++ {
		c.affected.record(rev, nil)
	}
	if got := unconfirmed(c, first); !slices.Equal(got, []api.HostID{"h1", "h2"}) {
		t.Fatalf("nobody remembers whom the revision touched: waits for %v, want both hosts", got)
	}
	for _, id := range []api.HostID{"h1", "h2"} {
		holds(c.host(id), first)
	}
	if got := unconfirmed(c, first); len(got) != 0 {
		t.Errorf("waits for %v, want nobody", got)
	}
}

func TestHostThatNoRevisionTouchedSinceIsNotWaitedFor(t *testing.T) {
	c := small(t, "h1")
	holds(c.host("h1"), c.store.Snapshot().Revision())
	c.affected.begin(c.store.Snapshot().Revision() + 9)
	if got := unconfirmed(c, c.store.Snapshot().Revision()+9); len(got) != 0 {
		t.Errorf("waits for %v, which has nothing to confirm", got)
	}
}

func TestAControllerThatFellBehindConfirmsNothingThatItMissed(t *testing.T) {
	c := small(t, "h1")
	h := c.host("h1")
	holds(h, c.store.Snapshot().Revision())
	missed := put(t, c, &api.Network{ID: "n"}).Revision()
	if got := c.catchUp(t.Context()).Revision(); got < missed {
		t.Fatalf("caught up until %d, want %d", got, missed)
	}
	if c.host("h1") != h {
		t.Error("the host was started anew: its connections are gone")
	}
	if got := unconfirmed(c, missed); !slices.Equal(got, []api.HostID{"h1"}) {
		t.Errorf("waits for %v, want h1, of which nobody knows whether the revision touched it", got)
	}
}

func TestADeletedHostsNumberIsNotAnothersPast(t *testing.T) {
	a := newAffected()
	a.record(1, []api.HostID{"old", "stays"})
	a.forget("old")
	a.record(2, []api.HostID{"new"})
	if got, _ := a.by(1); !slices.Equal(got, []api.HostID{"stays"}) {
		t.Errorf("revision 1 touched %v, want the host that is left", got)
	}
	if got, _ := a.by(2); !slices.Equal(got, []api.HostID{"new"}) {
		t.Errorf("revision 2 touched %v, want the new host", got)
	}
}

// With 3,000 hosts on one network each change touches all of them.
func TestWhomThousandsOfRevisionsTouchedTakesLittleMemory(t *testing.T) {
	ids := make([]api.HostID, 3000)
	for i := range ids {
		ids[i] = api.HostID(fmt.Sprintf("host%d", i))
	}
	a := newAffected()
	before := inUse()
	const revisions = keepAffected + 100
	for rev := range api.Revision(revisions) {
		a.record(rev+1, ids)
	}
	if took := inUse() - before; took > 8<<20 {
		t.Errorf("takes %d bytes, want less than 8 MiB", took)
	}
	if got, known := a.by(revisions); known != touchKnown || len(got) != len(ids) {
		t.Errorf("the last revision touched %d hosts, want %d", len(got), len(ids))
	}
}

func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestAQuietHostKeepsNoOldStateInMemory(t *testing.T) {
	for name, tc := range map[string]struct {
		revisions, changes int
		behind             api.Revision // how far the host may be
	}{
		"after-many-revisions": {2 * bringAlong, 1, bringAlong},
		"after-large-ones":     {6, bringAlongChanges, 1},
		"after-middling-ones":  {12, bringAlongChanges / 2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			c := small(t, "quiet")
			old := weak.Make(c.store.Snapshot())
			c.host("quiet").follow(c.store.Snapshot())
			ctx, cancel := context.WithCancel(t.Context())
			var done sync.WaitGroup
			from := c.store.Snapshot()
			done.Go(func() { _ = c.dispatch(ctx, from) })
			defer done.Wait()
			defer cancel()
			last := c.store.Snapshot().Revision()
			for i := range tc.revisions { // none of which touches a host
				last = putNetworks(t, c, tc.changes, fmt.Sprint(i))
				if err := c.progress.until(ctx, func() bool { _, now := c.affected.by(last); return now == touchKnown }); err != nil {
					t.Fatal(err)
				}
			}
			if at := c.host("quiet").current().Revision(); at+tc.behind < last {
				t.Errorf("the host is at revision %d of %d", at, last)
			}
			runtime.GC()
			if tc.revisions > 2*4 && old.Value() != nil { // the store keeps some commits, too
				t.Error("the first state is still in memory")
			}
		})
	}
}

func putNetworks(t *testing.T, c *Controller, n int, name string) api.Revision {
	t.Helper()
	s, err := c.store.Update(t.Context(), func(tx *api.Txn) error {
		for i := range n {
			tx.Put(&api.Network{ID: api.NetworkID(fmt.Sprint("n", i)), Meta: api.Meta{Name: name}})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.Revision()
}

func TestAHostInTheMiddleOfAStepStaysAtItsState(t *testing.T) {
	s := states(2)
	h := idleHost(s[0])
	h.setBusy(true)
	h.follow(s[1])
	if h.current() != s[0] {
		t.Error("the state that a plan may be compiled from was taken away")
	}
	h.setBusy(false)
	h.follow(s[1])
	if h.current() != s[1] {
		t.Error("an idle host does not follow")
	}
}
