package controller_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller/compile"
	"weft/controller/intent"
	"weft/controller/ofp"
	"weft/plan"
	"weft/tables"
)

// hear collects what the host's agent is told, and acknowledges items alone, as agents do.
func (w *world) hear(ifaces map[api.PortID]uint32) (told func() []plan.Message) {
	ctx, cancel := context.WithCancel(context.Background())
	var mu sync.Mutex
	var all []plan.Message
	var done sync.WaitGroup
	c := w.Controller
	done.Go(func() {
		_ = c.Stream(ctx, hostID, func(m plan.Message) error {
			mu.Lock()
			all = append(all, m)
			mu.Unlock()
			if m.Type == "snapshot" || len(m.Put)+len(m.Drop) > 0 {
				w.report(m.Revision, ifaces)
			}
			return nil
		})
	})
	stop := w.stop
	w.stop = func() { cancel(); done.Wait(); stop() }
	return func() []plan.Message {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

func TestAnAgentIsToldTheFlowsToo(t *testing.T) {
	w := newWorld(t)
	ports := w.network(1)
	w.sw.AddPort(tables.BridgeInt, "tap10", 10)
	ifaces := map[api.PortID]uint32{ports[0]: 10}
	w.report(0, ifaces)
	w.connect()
	told := w.hear(ifaces)
	copied := func() *plan.Plan {
		flows := map[plan.FlowKey]plan.Flow{}
		for _, m := range told() {
			for _, k := range m.DropFlows {
				delete(flows, k)
			}
			for _, f := range m.PutFlows {
				flows[f.FlowKey] = f
			}
		}
		p := &plan.Plan{}
		for _, f := range flows {
			p.Flows = append(p.Flows, f)
		}
		p.Sort()
		return p
	}
	same := func() bool {
		want, err := (&compile.Compiler{Strict: true}).Host(w.store.Snapshot(), hostID)
		return err == nil && len(want.Flows) > 0 && cmp.Equal(want.Flows, copied().Flows)
	}
	w.eventually("the agent's copy is the plan", same)
	rev := w.update(func(tx *api.Txn) error {
		_, err := w.ops.UpdatePort(tx, ports[0], intent.PortRequest{AdminStateUp: intent.Some(false)})
		return err
	}).Revision()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := w.Wait(ctx, rev); err != nil { // a change of flows alone is acknowledged by nobody, and not waited for
		t.Fatal(err)
	}
	w.eventually("the agent's copy follows", same)
}

func TestSwitchesAreComparedAgainAfterTheirHostGaveThemFlows(t *testing.T) {
	w := newWorld(t)
	w.report(0, nil)
	w.connect()
	w.eventually("both bridges are in line", func() bool { return w.inLine() >= 2 })
	w.sw.AddFlows(tables.BridgeTun, "cookie=0x7701000000000001,table=98,priority=7,actions=drop") // of an old copy
	r := plan.Report{Restored: time.Now().UTC()}
	if err := w.Report(context.Background(), hostID, r); err != nil {
		t.Fatal(err)
	}
	w.eventually("the old flow is gone", func() bool {
		return !strings.Contains(strings.Join(w.sw.DumpFlows(tables.BridgeTun), "\n"), "table=98")
	})
}

// An agent gives back what the switch had lost, from a copy that may be older than the plan. That is put right, and nobody is
// said to have changed flows, as nobody has.
func TestNobodyIsBlamedForWhatAnAgentGivesBack(t *testing.T) {
	w := newWorld(t)
	w.report(0, nil)
	w.connect()
	w.eventually("both bridges are in line", func() bool { return w.inLine() >= 2 })
	want := w.sw.DumpFlows(tables.BridgeTun)
	conn, err := net.Dial("unix", w.sw.Mgmt(tables.BridgeTun))
	if err != nil {
		t.Fatal(err)
	}
	agent, err := ofp.NewSession(t.Context(), conn, ofp.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { agent.Close(); agent.Wait() })
	have, err := agent.ReadFlows(t.Context(), tables.BridgeTun)
	if err != nil || len(have) < 4 {
		t.Fatalf("the switch holds %d flows, %v", len(have), err)
	}
	old := have[0]
	old.Table, old.Cookie, old.Instructions = 98, old.Cookie+1, nil
	have[1].Cookie++
	if err := agent.GiveBack(t.Context(), tables.BridgeTun, []plan.Flow{old, have[1]}, []plan.FlowKey{have[2].FlowKey}, nil); err != nil {
		t.Fatal(err)
	}
	w.eventually("the flows are those of the plan", func() bool { return cmp.Equal(want, w.sw.DumpFlows(tables.BridgeTun)) })
	if st := w.Host(hostID); st.Repaired != "" {
		t.Errorf("the host says that it was repaired: %s", st.Repaired)
	}
	for _, e := range w.log.AllEntries() {
		if e.Level <= logrus.WarnLevel {
			t.Errorf("the log says: %s %v", e.Message, e.Data)
		}
	}
}
