package controller_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/backend"
	"weft/tables"
)

func TestPortIsActiveOnlyWhenTheSwitchHasItsFlows(t *testing.T) {
	w := newWorld(t)
	ports := w.network(2)
	w.sw.AddPort(tables.BridgeInt, "tap10", 10)
	if got := w.Port(ports[0]); got != "DOWN" {
		t.Errorf("unplugged port is %s, want DOWN", got)
	}
	w.report(0, map[api.PortID]uint32{ports[0]: 10})
	if got := w.Port(ports[0]); got != "BUILD" {
		t.Errorf("plugged port without a switch is %s, want BUILD", got)
	}
	w.connect()
	w.eventually("port is ACTIVE", func() bool { return w.Port(ports[0]) == "ACTIVE" })
	if flows := strings.Join(w.sw.DumpFlows(tables.BridgeInt), "\n"); !strings.Contains(flows, "in_port=10") &&
		!strings.Contains(flows, "in_port=tap10") {
		t.Errorf("ACTIVE without flows:\n%s", flows)
	}
	d, err := w.Diff(context.Background(), hostID)
	if err != nil || len(d.MissingFlows)+len(d.ExtraFlows) != 0 {
		t.Errorf("diff = %+v, %v; want none", d, err)
	}
}

func TestSwitchThatComesBeforeItsReportIsAdopted(t *testing.T) {
	w := newWorld(t)
	w.connect()
	w.eventually("a switch waits for its host", func() bool {
		for _, e := range w.log.AllEntries() {
			if e.Message == "switch waits for its host to report it" {
				return true
			}
		}
		return false
	})
	w.report(0, nil)
	w.eventually("both bridges are in line", func() bool { return w.inLine() >= 2 })
}

func TestRestartOverUnchangedStateSendsNoFlow(t *testing.T) {
	w := newWorld(t)
	ports := w.network(3)
	w.sw.AddPort(tables.BridgeInt, "tap10", 10)
	w.report(0, map[api.PortID]uint32{ports[0]: 10})
	w.connect()
	w.eventually("port is ACTIVE, both bridges are in line", func() bool { return w.Port(ports[0]) == "ACTIVE" && w.inLine() == 2 })
	before := w.sw.DumpFlows(tables.BridgeInt)
	w.stop()
	w.start()
	w.eventually("both bridges are in line again", func() bool { return w.inLine() >= 2 })
	for _, e := range w.log.AllEntries() {
		if e.Message == "bridge is in line" && (e.Data["put"] != 0 || e.Data["drop"] != 0) {
			t.Errorf("restart changed flows: %v", e.Data)
		}
	}
	if after := w.sw.DumpFlows(tables.BridgeInt); strings.Join(before, "\n") != strings.Join(after, "\n") {
		t.Error("flows differ after the restart")
	}
}

func TestChangeWaitsForHostsAndNamesTheSilent(t *testing.T) {
	w := newWorld(t)
	ports := w.network(1)
	w.sw.AddPort(tables.BridgeInt, "tap10", 10)
	ifaces := map[api.PortID]uint32{ports[0]: 10}
	w.report(0, ifaces)
	rename := func() api.Revision {
		down := w.Port(ports[0]) != "DOWN"
		return w.update(func(tx *api.Txn) error {
			_, err := w.ops.UpdatePort(tx, ports[0], intent.PortRequest{AdminStateUp: intent.Some(!down)})
			return err
		}).Revision()
	}
	short, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	var silent *backend.Unconfirmed
	if err := w.Wait(short, rename()); !errors.As(err, &silent) || len(silent.Hosts) != 1 || silent.Hosts[0] != hostID {
		t.Fatalf("wait without switch and agent = %v, want host1 unconfirmed", err)
	}
	w.connect()
	w.listen(ifaces)
	long, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := w.Wait(long, rename()); err != nil {
		t.Fatal(err)
	}
}

func TestStrangersFlowsStayAndOursComeBack(t *testing.T) {
	w := newWorld(t)
	w.report(0, nil)
	w.connect()
	w.eventually("both bridges are in line", func() bool { return w.inLine() >= 2 })
	want := len(w.sw.DumpFlows(tables.BridgeTun))
	w.sw.AddFlows(tables.BridgeTun, "table=99,priority=7,actions=drop", "cookie=0x7701000000000001,table=98,priority=7,actions=drop")
	w.sw.Ofctl("del-flows", tables.BridgeTun, "table=10")
	d, err := w.Diff(context.Background(), hostID)
	if err != nil || len(d.MissingFlows) == 0 || len(d.ExtraFlows) != 1 {
		t.Fatalf("diff = %d missing, %d extra, %v; want some and 1", len(d.MissingFlows), len(d.ExtraFlows), err)
	}
	w.stop()
	w.start()
	w.eventually("both bridges are in line again", func() bool { return w.inLine() >= 2 })
	flows := strings.Join(w.sw.DumpFlows(tables.BridgeTun), "\n")
	if !strings.Contains(flows, "table=99") || strings.Contains(flows, "table=98") {
		t.Errorf("the stranger's flow went, or a stale one of ours stayed:\n%s", flows)
	}
	if got := len(w.sw.DumpFlows(tables.BridgeTun)); got != want+1 {
		t.Errorf("%d flows, want %d", got, want+1)
	}
}

func TestPortNumberThatNoPortHasIsNoneYet(t *testing.T) {
	w := newWorld(t)
	ports := w.network(2)
	w.sw.AddPort(tables.BridgeInt, "tap10", 10)
	w.report(0, map[api.PortID]uint32{ports[0]: 10, ports[1]: 0xffffffff})
	w.connect()
	w.eventually("the good port is ACTIVE", func() bool { return w.Port(ports[0]) == "ACTIVE" })
	if got := w.Port(ports[1]); got != "BUILD" {
		t.Errorf("port with a hostile number is %s, want BUILD", got)
	}
}

// Nobody waits for a dead host: what it holds is nobody's business until it lives again.
func TestChangeDoesNotWaitForDeadHosts(t *testing.T) {
	w := newWorld(t)
	ports := w.network(1)
	w.report(0, map[api.PortID]uint32{ports[0]: 10})
	w.update(func(tx *api.Txn) error {
		w.ops.SetLives(tx, map[api.HostID]api.Life{hostID: api.Dead})
		return nil
	})
	rev := w.update(func(tx *api.Txn) error {
		_, err := w.ops.UpdatePort(tx, ports[0], intent.PortRequest{AdminStateUp: intent.Some(false)})
		return err
	}).Revision()
	long, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := w.Wait(long, rev); err != nil {
		t.Fatalf("the change waits for a dead host: %v", err)
	}
}
