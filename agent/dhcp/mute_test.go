package dhcp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"weft/agent/dhcp"
	"weft/agent/run"
	"weft/plan"
)

// inPipeline has requests pass the table in which guests ask, as br-int does.
func (s *site) inPipeline() {
	s.sw.AddFlows("br-int", "table=0,priority=200,udp,in_port=7,tp_src=68,tp_dst=67 actions=goto_table:77",
		fmt.Sprintf("table=77,priority=100,udp actions=controller(id=%d,max_len=65535)", plan.AgentController))
}

// muted reports whether the switch drops what the guest asks.
func (s *site) muted() bool {
	for _, f := range s.sw.DumpFlows("br-int", "table=77") {
		if strings.HasPrefix(f, "cookie=0x6c") && strings.Contains(f, "in_port=7") && strings.Contains(f, "actions=drop") {
			return true
		}
	}
	return false
}

func TestTheSwitchDropsWhatIsAskedTooOftenForAMoment(t *testing.T) {
	s := newSite(t)
	s.inPipeline()
	s.apply(run.Step{Put: []plan.Spec{dhcp.Item()}})
	s.answered()
	if s.muted() {
		t.Fatal("muted for one request")
	}
	late := time.Now().Add(time.Minute)
	for !s.muted() {
		if time.Now().After(late) {
			t.Fatalf("not muted; table 77 holds %v", s.sw.DumpFlows("br-int", "table=77"))
		}
		s.askTimes(50)
	}
	if !until(time.Minute, func() bool { return !s.muted() }) {
		t.Fatal("muted for ever")
	}
	s.answered()
}

func TestPortsBehindOneInterfaceAreNotMutedForEachOther(t *testing.T) {
	s := newSite(t)
	s.inPipeline()
	other := dhcp.Item()
	other.PortID, other.Tag = "other", 100
	s.apply(run.Step{Put: []plan.Spec{dhcp.Item(), other}})
	s.answered()
	for late := time.Now().Add(time.Minute); !s.warned() && time.Now().Before(late); {
		s.askTimes(50)
		until(time.Second, s.warned)
	}
	s.answered() // whatever the agent would have sent to the switch before, it has
	if s.muted() {
		t.Error("the parent's requests mute the sub-port's")
	}
}
