package flows_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"go.uber.org/goleak"

	"weft/agent/flows"
	"weft/controller/ofp"
	"weft/plan"
	"weft/test/ovstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const bridge = "br-int"

// Flows of weft's, by their cookies, as a dump shows them.
var ours = []string{
	"cookie=0x7701000000000001, table=0, priority=0 actions=drop",
	"cookie=0x7704000000000002, table=0, priority=100,in_port=7 actions=write_metadata:0x7,goto_table:60",
	"cookie=0x7703000000000003, table=60, priority=200,dl_dst=fa:16:3e:00:00:01 actions=output:7",
	"cookie=0x7704000000000004, table=60, priority=300,udp,in_port=7,tp_src=68,tp_dst=67 actions=controller(id=30561,max_len=65535)",
}

// site is a keeper beside a real switch.
type site struct {
	t      *testing.T
	sw     *ovstest.Switch
	keeper *flows.Keeper
	log    *logtest.Hook

	mu       sync.Mutex
	unready  error
	ports    map[string]uint32
	released int
	restored int
	heard    []bool
	alone    bool
	asked    int // whether it is
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, sw: ovstest.Start(t)}
	logger, hook := logtest.NewNullLogger()
	s.log = hook
	s.keeper = flows.New(flows.Options{
		Dir: s.sw.Dir, Log: logrus.NewEntry(logger),
		Ready: s.ready, Release: s.release, Restored: s.note, Silent: s.hear,
		Alone: s.isAlone, Sure: 50 * time.Millisecond,
		Settle: func(context.Context) error { s.sw.Vsctl("set", "Open_vSwitch", ".", "external_ids:x=y"); return nil },
	})
	s.sw.AddBridge(bridge)
	s.sw.AddPort(bridge, "guest", 7)
	return s
}

func (s *site) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { s.keeper.Run(ctx) })
	s.t.Cleanup(func() { cancel(); parts.Wait() })
}

func (s *site) ready(_ context.Context, _ string, ports map[string]uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ports = ports
	return s.unready
}

func (s *site) release(context.Context) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.released++
	return false, nil
}

func (s *site) hear(silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, silent)
}

func (s *site) note() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restored++
}

func (s *site) isAlone(context.Context, string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.alone
}

// leave says whether there is a controller, and returns once the keeper acts upon it.
func (s *site) leave(alone bool) {
	s.t.Helper()
	s.mu.Lock()
	s.alone = alone
	seen := s.asked + 3 // it makes sure by asking twice, and asks anew once it watches
	s.mu.Unlock()
	s.eventually("the keeper has seen whether there is a controller", func() bool { return s.count(&s.asked) >= seen })
}

func (s *site) count(what *int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *what
}

// read gives the flows of the switch as the controller would send them.
func (s *site) read() []plan.Flow {
	s.t.Helper()
	conn, err := net.Dial("unix", s.sw.Mgmt(bridge))
	if err != nil {
		s.t.Fatal(err)
	}
	session, err := ofp.NewSession(s.t.Context(), conn, ofp.Config{Log: quiet()})
	if err != nil {
		s.t.Fatal(err)
	}
	defer session.Wait()
	defer session.Close()
	fs, err := session.ReadFlows(s.t.Context(), bridge)
	if err != nil {
		s.t.Fatal(err)
	}
	return fs
}

func quiet() *logrus.Entry {
	l, _ := logtest.NewNullLogger()
	return logrus.NewEntry(l)
}

// learn makes the keeper know what the switch has been given.
func (s *site) learn(lines ...string) {
	s.t.Helper()
	s.sw.AddFlows(bridge, lines...)
	s.keeper.Replace(s.read())
}

// again kills the switch and starts it.
func (s *site) again() {
	s.t.Helper()
	s.sw.KillVswitchd()
	s.sw.StartVswitchd()
}

func (s *site) eventually(what string, ok func() bool) {
	s.t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for end := time.Now().Add(time.Minute); !ok(); <-poll.C {
		if time.Now().After(end) {
			for _, e := range s.log.AllEntries() {
				line, _ := e.String()
				s.t.Log(line)
			}
			s.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// dump waits until the bridge is there, and gives its flows.
func (s *site) dump() []string {
	out, err := s.sw.Try("", "ovs-ofctl", "-O", "OpenFlow13", "--no-stats", "dump-flows", bridge)
	if err != nil {
		return nil
	}
	var lines []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "cookie") {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}

func (s *site) holds(want []string) func() bool {
	return func() bool { return cmp.Equal(want, s.dump()) }
}

func TestABridgeThatLostItsFlowsHasThemAgainAsTheyWere(t *testing.T) {
	s := newSite(t)
	s.learn(ours...)
	want := s.dump()
	if len(want) != len(ours) {
		t.Fatalf("the switch took %d flows of %d", len(want), len(ours))
	}
	s.run()
	for range 3 {
		s.again()
		s.eventually("the flows are back", s.holds(want))
	}
	if n := s.count(&s.restored); n != 3 {
		t.Errorf("flows were given back %d times, want 3", n)
	}
	if diff := cmp.Diff(s.keeper.All(), s.sorted()); diff != "" {
		t.Errorf("the controller would find a difference (-copy +switch):\n%s", diff)
	}
}

func (s *site) sorted() []plan.Flow {
	fs := s.read()
	slices.SortFunc(fs, func(a, b plan.Flow) int { return a.FlowKey.Compare(b.FlowKey) })
	return fs
}

func TestABridgeThatHoldsFlowsIsLeftAlone(t *testing.T) {
	s := newSite(t)
	s.learn(ours...)
	s.sw.Ofctl("del-flows", bridge, "table=60") // what the controller has changed meanwhile is the controller's business
	want := s.dump()
	s.run()
	s.eventually("the bridge was looked at", func() bool { return s.count(&s.released) > 0 })
	if got := s.dump(); !cmp.Equal(want, got) || s.count(&s.restored) != 0 {
		t.Errorf("the keeper changed a bridge that had flows:\n%s", cmp.Diff(want, got))
	}
}

func TestASwitchThatAnswersNowhereIsTold(t *testing.T) {
	s := newSite(t)
	s.learn(ours...)
	s.run()
	s.sw.KillVswitchd()
	heard := func(want ...bool) func() bool {
		return func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return cmp.Equal(want, s.heard)
		}
	}
	s.eventually("it is told", heard(true))
	s.sw.StartVswitchd()
	s.eventually("and its return too", heard(true, false))
}

func TestStrangersFlowsDoNotCountAndStay(t *testing.T) {
	s := newSite(t)
	s.learn(ours...)
	s.sw.Ofctl("del-flows", bridge)
	stranger := "cookie=0x5, table=9, priority=7 actions=drop"
	s.sw.AddFlows(bridge, "cookie=5,table=9,priority=7,actions=drop")
	s.run()
	s.eventually("all are there", func() bool {
		got := s.dump()
		return len(got) == len(ours)+1 && slices.Contains(got, stranger)
	})
}

func TestFlowsWaitUntilPortsHaveTheirNumbers(t *testing.T) {
	s := newSite(t)
	s.learn(ours...)
	want := s.dump()
	s.unready = errors.New("port guest has the number 9 yet, not 7")
	s.run()
	s.again()
	s.eventually("the keeper says why it waits", func() bool {
		return slices.ContainsFunc(s.log.AllEntries(), func(e *logrus.Entry) bool {
			err, _ := e.Data["err"].(error)
			return e.Level == logrus.WarnLevel && err != nil && strings.Contains(err.Error(), "number 9 yet")
		})
	})
	if got := s.dump(); len(got) != 0 {
		t.Fatalf("flows for wrong port numbers:\n%s", strings.Join(got, "\n"))
	}
	s.mu.Lock()
	if s.ports["guest"] != 7 {
		t.Errorf("ports that were told: %v, want guest with 7", s.ports)
	}
	s.unready = nil
	s.mu.Unlock()
	s.eventually("the flows are back", s.holds(want))
}

func TestWhatChangedSinceIsGivenBackToo(t *testing.T) {
	s := newSite(t)
	s.learn(ours...)
	s.run()
	fs := s.keeper.All()
	s.keeper.Change(fs[:1], []plan.FlowKey{fs[2].FlowKey, fs[3].FlowKey})
	s.again()
	s.eventually("two flows are back", func() bool { return len(s.dump()) == 2 })
	s.keeper.Replace(nil)
	s.keeper.Replace(fs) // the bridge came and went in the plan
	s.again()
	s.eventually("all flows are back", func() bool { return len(s.dump()) == len(ours) })
}

func TestOneRefusedFlowDoesNotKeepTheOthersOut(t *testing.T) {
	s := newSite(t)
	s.learn(ours...)
	bad := s.keeper.All()[0]
	bad.Priority, bad.Instructions = 77, []byte{0, 1, 0, 8, 0, 0, 0, 0} // back to its own table
	s.keeper.Change([]plan.Flow{bad}, nil)
	s.run()
	s.again()
	s.eventually("the others are back", func() bool { return len(s.dump()) == len(ours) })
}

func TestFlowsThatABridgesFirstControllerTakesAlongComeBack(t *testing.T) {
	s := newSite(t)
	s.learn(ours...)
	want := s.dump()
	s.run()
	s.eventually("the bridge was looked at", func() bool { return s.count(&s.released) > 0 })
	s.sw.Vsctl("set-controller", bridge, "tcp:127.0.0.1:1")
	if got := s.dump(); len(got) != 0 {
		t.Fatalf("Open vSwitch keeps flows now; is Doubt still needed?\n%s", strings.Join(got, "\n"))
	}
	s.keeper.Doubt()
	s.eventually("the flows are back", s.holds(want))
}

func TestASwitchThatWaitsForFlowsIsReleasedWithThem(t *testing.T) {
	s := newSite(t)
	s.sw.Vsctl("set-controller", bridge, "tcp:127.0.0.1:1")
	s.learn(ours...)
	want := s.dump()
	s.keeper = flows.New(flows.Options{
		Dir: s.sw.Dir, Log: quiet(), Ready: s.ready, Restored: s.note, Silent: s.hear, Alone: s.isAlone,
		Settle: func(context.Context) error { s.sw.Vsctl("set", "Open_vSwitch", ".", "external_ids:x=y"); return nil },
		Release: func(context.Context) (bool, error) {
			if len(s.dump()) != len(want) {
				t.Error("released before the flows were there")
			}
			s.sw.Vsctl("remove", "Open_vSwitch", ".", "other_config", "flow-restore-wait")
			return true, nil
		},
	})
	s.keeper.Replace(s.read())
	s.sw.KillVswitchd()
	s.sw.Vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:flow-restore-wait=true")
	s.sw.StartVswitchd()
	s.run()
	s.eventually("it is released", func() bool { return s.sw.Vsctl("get", "Open_vSwitch", ".", "other_config") == "{}\n" })
	s.eventually("and holds its flows", func() bool { return s.count(&s.restored) == 2 && cmp.Equal(want, s.dump()) })
}

func TestASwitchThatWaitsIsReleasedThoughABridgeIsMissing(t *testing.T) {
	s := newSite(t)
	s.learn(ours...)
	other := s.keeper.All()[0]
	other.Bridge = "br-gone"
	s.keeper.Change([]plan.Flow{other}, nil)
	s.run()
	s.eventually("it is released all the same", func() bool { return s.count(&s.released) > 0 })
}

// Whatever else happens in between, as bridges that come and go do while the database is away.
func TestWhatCannotBeReleasedIsTriedOnceASecond(t *testing.T) {
	s := newSite(t)
	s.learn(ours...)
	var mu sync.Mutex
	var tries []time.Time
	s.keeper = flows.New(flows.Options{
		Dir: s.sw.Dir, Log: quiet(), Ready: s.ready, Restored: s.note, Silent: s.hear, Alone: s.isAlone,
		Settle: func(context.Context) error { return nil },
		Release: func(context.Context) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			tries = append(tries, time.Now())
			return false, errors.New("no database")
		},
	})
	s.keeper.Replace(s.read())
	s.run()
	s.eventually("two attempts", func() bool {
		s.keeper.Doubt()
		mu.Lock()
		defer mu.Unlock()
		return len(tries) >= 2
	})
	if apart := tries[1].Sub(tries[0]); apart < time.Second {
		t.Errorf("attempts are %v apart", apart)
	}
}
