package ovstest_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/test/ovstest"
)

func TestSwitchHoldsFlowsAndTracesPackets(t *testing.T) {
	sw := ovstest.Start(t)
	sw.AddBridge("br-int")
	sw.AddPort("br-int", "p1", 1)
	sw.AddPort("br-int", "p2", 2)
	sw.AddFlows("br-int", "table=0,priority=5,in_port=1 actions=output:2", "table=3,priority=1 actions=drop")

	want := []string{"priority=5,in_port=1 actions=output:2", "table=3, priority=1 actions=drop"}
	if diff := cmp.Diff(want, sw.DumpFlows("br-int")); diff != "" {
		t.Errorf("flows (-want +got):\n%s", diff)
	}
	if trace := sw.Appctl("ofproto/trace", "br-int", "in_port=1"); !strings.Contains(trace, "output:2") {
		t.Errorf("trace does not reach port 2:\n%s", trace)
	}
	if sw.DatapathID("br-int") == 0 {
		t.Error("datapath id is 0")
	}
}

func TestNothingIsLeftAfterTheTest(t *testing.T) {
	var dir string
	var pid int
	t.Run("inner", func(t *testing.T) {
		sw := ovstest.Start(t)
		sw.AddBridge("br0")
		dir, pid = sw.Dir, sw.VswitchdPID()
	})
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("directory %s: %v, want not to exist", dir, err)
	}
	if _, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid))); !os.IsNotExist(err) {
		t.Errorf("process %d is still there", pid)
	}
}

func TestRestartedVswitchdKeepsBridgesAndLosesFlows(t *testing.T) {
	sw := ovstest.Start(t)
	sw.AddBridge("br0")
	sw.AddFlows("br0", "priority=5 actions=drop")
	sw.KillVswitchd()
	sw.StartVswitchd()
	sw.Vsctl("set", "bridge", "br0", "external_ids:again=1") // returns once ovs-vswitchd has configured the bridge
	if got := sw.DumpFlows("br0"); len(got) != 0 {
		t.Errorf("flows after a restart: %q, want none", got)
	}
}
