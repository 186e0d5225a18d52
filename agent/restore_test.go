package agent

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"weft/agent/hosttest"
	"weft/api"
	"weft/plan"
)

// hostFlows are flows for hostPlan: the base of each bridge, and one for a guest's port.
func hostFlows(ofport uint32) []plan.Flow {
	inPort := binary.BigEndian.AppendUint32([]byte{0x80, 0, 0, 4}, ofport)
	next := []byte{0, 1, 0, 8, 60, 0, 0, 0} // goto_table:60
	return []plan.Flow{
		{FlowKey: plan.FlowKey{Bridge: "br-int"}, Cookie: 0x7701000000000001},
		{FlowKey: plan.FlowKey{Bridge: "br-int", Priority: 100, Match: string(inPort)}, Cookie: 0x7704000000000002, Instructions: next},
		{FlowKey: plan.FlowKey{Bridge: "br-tun"}, Cookie: 0x7701000000000003},
	}
}

// whole is a plan with flows.
func whole(rev uint64, fs []plan.Flow, xs ...plan.Spec) plan.Message {
	m := snapshot(rev, xs...)
	m.PutFlows = fs
	return m
}

// change has a stranger change flows of br-int.
func change(t *testing.T, o *hosttest.OVS, words ...string) {
	t.Helper()
	socket := "unix:" + filepath.Join(filepath.Dir(strings.TrimPrefix(o.Endpoint(), "unix:")), "br-int.mgmt")
	hosttest.Run(t, "ovs-ofctl", "-O", "OpenFlow13", words[0], socket, words[1])
}

// holdsUp wants the agent to undo what a stranger does.
func holdsUp(t *testing.T, o *hosttest.OVS) {
	t.Helper()
	change(t, o, "del-flows", "in_port=5")
	hosttest.Eventually(t, "they are as they were", func() bool {
		if dump(o, "br-int") == wantFlows(5) {
			return true
		}
		change(t, o, "add-flow", "cookie=0x7701000000000009,table=98,actions=drop") // it may have seen no change yet
		return false
	})
}

// dump gives the flows of a bridge, "" while there is no such bridge.
func dump(o *hosttest.OVS, bridge string) string {
	dir := filepath.Dir(strings.TrimPrefix(o.Endpoint(), "unix:"))
	out, err := hosttest.Try("ovs-ofctl", "-O", "OpenFlow13", "--no-stats", "dump-flows", "unix:"+filepath.Join(dir, bridge+".mgmt"))
	if err != nil {
		return ""
	}
	lines := strings.Split(out, "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return !strings.Contains(l, "cookie=") })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func wantFlows(ofport uint32) string {
	return fmt.Sprintf("cookie=0x7701000000000001, priority=0 actions=drop\n"+
		"cookie=0x7704000000000002, priority=100,in_port=%d actions=goto_table:60", ofport)
}

func eventuallyHolds(t *testing.T, o *hosttest.OVS, ofport uint32) {
	t.Helper()
	hosttest.Eventually(t, "the flows are there, last seen:\n"+dump(o, "br-int"), func() bool {
		return dump(o, "br-int") == wantFlows(ofport) && dump(o, "br-tun") != ""
	})
}

func TestWithoutAControllerARestartedSwitchHasItsFlowsAgain(t *testing.T) {
	hosttest.Need(t)
	o, c, id, first := hosttest.StartOVS(t), newController(t), uuid.NewString(), hostFlows(5)
	sweep(t)
	delta := plan.Message{Type: typeDelta, Revision: 8, PutFlows: hostFlows(5)[1:2]}
	c.serve(say(whole(7, append(first[:1:1], first[2]), hostPlan(id)...), delta))
	conf := config(c, o.Endpoint(), t.TempDir())
	conf.sure = 50 * time.Millisecond
	a := start(t, conf)
	reported(t, c, 7)
	// The bridge may have been given its flows before the delta came, and then the delta's is the controller's to bring.
	hosttest.Eventually(t, "all flows are kept", func() bool {
		k, err := loadCache(conf.file(planFile))
		return err == nil && len(k.flows) == len(first)
	})
	hosttest.Eventually(t, "it says that it gave them", func() bool { return !c.last().Restored.IsZero() })
	c.stop()
	for range 2 {
		o.StopSwitch()
		o.StartSwitch()
		eventuallyHolds(t, o, 5)
	}
	t.Run("and-when-others-remove-them", func(t *testing.T) { holdsUp(t, o) })
	t.Run("though-it-waits-for-them", func(t *testing.T) {
		o.StopSwitch()
		o.Vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:flow-restore-wait=true")
		o.StartSwitch()
		hosttest.Eventually(t, "it waits no more", func() bool {
			return !strings.Contains(o.Vsctl("get", "Open_vSwitch", ".", "other_config"), "flow-restore-wait")
		})
		eventuallyHolds(t, o, 5)
	})
	t.Run("and-a-dead-one-is-reported", func(t *testing.T) {
		c.start(c.addr)
		c.serve(say(whole(8, first, hostPlan(id)...)))
		o.StopSwitch()
		hosttest.Eventually(t, "the problem is reported", func() bool { return c.last().Problem == switchAway })
		o.StartSwitch()
		reported(t, c, 8)
		c.stop()
	})
	t.Run("and-its-agent-too", func(t *testing.T) {
		a.stop()
		o.StopSwitch()
		o.StartSwitch()
		a = start(t, conf)
		eventuallyHolds(t, o, 5)
	})
	a.stop()
}

func TestAHostThatBootsWithoutAControllerHasItsFlowsAndPortNumbersAgain(t *testing.T) {
	hosttest.Need(t)
	o, c, id, guest := hosttest.StartOVS(t), newController(t), uuid.NewString(), uuid.NewString()
	sweep(t)
	plug := func() {
		hosttest.Run(t, "ip", "link", "add", "tap0", "type", "veth", "peer", "name", "guest0")
		o.Vsctl("add-port", "br-int", "tap0", "--", "set", "Interface", "tap0", "external_ids:iface-id="+guest)
	}
	c.serve(say(snapshot(6, hostPlan(id)...)))
	conf := config(c, o.Endpoint(), t.TempDir())
	a := start(t, conf)
	reported(t, c, 6)
	o.Vsctl("add-port", "br-int", "occupant", "--", "set", "Interface", "occupant", "type=internal") // so that numbers differ later
	plug()
	var ofport uint32
	hosttest.Eventually(t, "the guest is reported", func() bool {
		ofport = numberOf(c, guest)
		return ofport != 0
	})
	leg := numberOf(c, id)
	c.serve(say(whole(7, hostFlows(ofport), hostPlan(id)...)))
	a.stop()
	a = start(t, conf)
	reported(t, c, 7)
	eventuallyHolds(t, o, ofport)
	a.stop()
	c.stop()

	o.StopSwitch() // the host goes down, and comes up with its database
	o.StopServer()
	hosttest.Run(t, "ip", "netns", "del", "qrouter-"+id)
	hosttest.Run(t, "ip", "link", "del", "tap0")
	o.StartServer()
	o.Vsctl("--no-wait", "del-port", "br-int", "occupant")
	o.Vsctl("--no-wait", "del-port", "br-int", "tap0")
	o.StartSwitch()
	plug()
	a = start(t, conf)
	eventuallyHolds(t, o, ofport)
	hosttest.Eventually(t, "the ports have their numbers", func() bool {
		return o.Vsctl("get", "Interface", "tap0", "ofport") == fmt.Sprint(ofport) &&
			o.Vsctl("get", "Interface", "tqr-"+id[:10], "ofport") == fmt.Sprint(leg)
	})
	a.stop()
	hosttest.Run(t, "ip", "link", "del", "tap0")
}

// numberOf gives the port number that was reported for an iface-id.
func numberOf(c *controller, id string) uint32 {
	for _, i := range c.last().Interfaces {
		if i.IfaceID == api.PortID(id) {
			return i.OFPort
		}
	}
	return 0
}
