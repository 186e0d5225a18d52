package agent

import (
	"context"
	"fmt"
	"testing"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"

	"weft/agent/run"
	"weft/plan"
)

// absent is a driver whose side of the host can be away.
type absent struct {
	*run.Fake
	away error
}

func (a *absent) Apply(ctx context.Context, s run.Step) run.Result {
	if a.away == nil {
		return a.Fake.Apply(ctx, s)
	}
	var r run.Result
	r.FailAll(s, fmt.Errorf("%w (attempt)", a.away))
	return r
}

func TestWhatIsAwayIsToldOnceAndNotOfEachItem(t *testing.T) {
	logger, hook := logtest.NewNullLogger()
	d := &absent{run.NewFake(), run.Away("open vswitch is not running")}
	e := newEngine(logrus.NewEntry(logger), check, d)
	xs := leg(1, 1, 0)
	e.take(context.Background(), message(1, union(xs)))
	e.relist(context.Background(), d)
	if n := len(e.errors()); n != len(xs) {
		t.Errorf("%d items are reported, want all %d", n, len(xs))
	}
	told := func() (out []string) {
		for _, l := range hook.AllEntries() {
			out = append(out, l.Level.String()+" "+l.Message)
		}
		return out
	}
	if got := told(); len(got) != 1 || got[0] != "warning nothing can be changed there now; it is waited for" {
		t.Errorf("told while it is away: %q, want one warning", got)
	}
	hook.Reset()
	d.away = nil
	e.relist(context.Background(), d)
	if got := told(); len(got) != 1 || got[0] != "info what was away is there again" || len(e.errors()) != 0 {
		t.Errorf("told when it is back: %q, want one sentence; errors: %v", got, e.errors())
	}
	hook.Reset()
	bad := plan.Namespace{Name: "blue"}
	e.take(context.Background(), plan.Message{Type: typeDelta, Revision: 2, Put: []plan.Item{{Spec: bad}}})
	if got := told(); len(got) != 1 || got[0] != "warning item does not hold" {
		t.Errorf("told of an item's own failure: %q", got)
	}
}
