package dhcp_test

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"go.uber.org/goleak"

	"weft/agent/dhcp"
	"weft/agent/run"
	"weft/plan"
	"weft/test/ovstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a server beside a real switch, whose port 7 is the guest's and writes what it is sent to a file.
type site struct {
	t      *testing.T
	sw     *ovstest.Switch
	server *dhcp.Server
	log    *logtest.Hook
	item   plan.DHCP // of the guest
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, sw: ovstest.Start(t), item: dhcp.Item()}
	logger, hook := logtest.NewNullLogger()
	s.log = hook
	s.server = dhcp.New(dhcp.Options{Socket: s.sw.Mgmt("br-int"), Log: logrus.NewEntry(logger)})
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { s.server.Run(ctx) }) // before the switch has the bridge
	t.Cleanup(func() { cancel(); parts.Wait() })
	s.sw.AddBridge("br-int")
	s.sw.AddPort("br-int", "guest", 7)
	s.sw.Vsctl("set", "interface", "guest", "options:tx_pcap="+s.pcap())
	s.flows()
	return s
}

func (s *site) pcap() string { return filepath.Join(s.sw.Dir, "guest.pcap") }

func (s *site) flows() {
	s.sw.AddFlows("br-int", fmt.Sprintf(
		"table=0,priority=100,udp,in_port=7,tp_src=68,tp_dst=67 actions=controller(id=%d,max_len=65535)", plan.AgentController))
}

// apply makes the server hold an answer, or not.
func (s *site) apply(step run.Step) {
	s.t.Helper()
	step.Kind = plan.KindDHCP
	if r := s.server.Apply(s.t.Context(), step); len(r.Errors) > 0 {
		s.t.Fatal(r.Errors)
	}
}

func (s *site) asks() { s.t.Helper(); s.askTimes(1) }

// askTimes sends a request several times at once.
func (s *site) askTimes(n int) {
	s.t.Helper()
	m, err := dhcpv4.NewDiscovery(s.item.MAC[:])
	if err != nil {
		s.t.Fatal(err)
	}
	frame := hex.EncodeToString(dhcp.WithTag(s.item.Tag, dhcp.Frame(m)))
	s.sw.Appctl(append([]string{"netdev-dummy/receive", "guest"}, slices.Repeat([]string{frame}, n)...)...)
}

// answers counts the answers that the guest got.
func (s *site) answers() int {
	b, _ := os.ReadFile(s.pcap())
	head := s.item.MAC[:] // of the answer's frame, up to its tag
	if s.item.Tag != 0 {
		server := dhcp.Item().ServerMAC
		head = binary.BigEndian.AppendUint16(append(slices.Clone(server[:]), 0x81, 0), s.item.Tag)
	}
	offer := string([]byte{99, 130, 83, 99, 1, 4}) // the cookie, and the mask as the first option
	return min(strings.Count(string(b), offer), strings.Count(string(b), string(head)))
}

// until waits for ok, not longer than most, and reports whether it holds.
func until(most time.Duration, ok func() bool) bool {
	late := time.After(most)
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for !ok() {
		select {
		case <-late:
			return ok()
		case <-poll.C:
		}
	}
	return true
}

// answered asks, again and again as clients do, until there is a new answer.
func (s *site) answered() {
	s.t.Helper()
	before := s.answers()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		s.asks()
		if until(300*time.Millisecond, func() bool { return s.answers() > before }) {
			return
		}
	}
	s.t.Fatal("no answer came to the guest")
}

func TestAGuestIsAnsweredThroughARealSwitch(t *testing.T) {
	s := newSite(t)
	s.apply(run.Step{Put: []plan.Spec{dhcp.Item()}})
	s.answered()
	have, err := s.server.List(t.Context(), nil, run.Everywhere)
	if err != nil || len(have) != 1 || have[dhcp.Item().Key()] != plan.Spec(dhcp.Item()) {
		t.Errorf("list gives %v, %v", have, err)
	}

	t.Run("and-again-after-the-switch-was-killed", func(t *testing.T) {
		s.sw.KillVswitchd()
		s.sw.StartVswitchd()
		s.sw.Vsctl("set", "bridge", "br-int", "external_ids:again=yes") // returns once the bridge is there
		s.flows()
		s.answered()
	})
	t.Run("but-not-once-the-answer-is-dropped", func(t *testing.T) {
		s.apply(run.Step{Drop: []plan.Spec{dhcp.Item()}})
		have, err := s.server.List(t.Context(), nil, "br-int")
		if err != nil || len(have) != 0 || dhcp.Affords(s.server, 7) {
			t.Errorf("list gives %v, %v; requests are taken: %t", have, err, dhcp.Affords(s.server, 7))
		}
	})
}

func TestASubPortIsAnsweredWithItsTagAndNotItsParent(t *testing.T) {
	s := newSite(t)
	s.item.Tag = 100
	s.apply(run.Step{Put: []plan.Spec{s.item}})
	s.answered()
	if dhcp.Affords(s.server, s.item.OFPort) {
		t.Error("requests without a tag are taken for the sub-port's")
	}
	other := s.item
	other.PortID, other.Tag = "other", 0
	s.apply(run.Step{Put: []plan.Spec{other}})
	s.apply(run.Step{Drop: []plan.Spec{other}})
	s.answered()
}

func TestAGuestThatAsksTooOftenIsCutOffAndItIsSaidOnce(t *testing.T) {
	s := newSite(t)
	s.apply(run.Step{Put: []plan.Spec{dhcp.Item()}})
	begun := time.Now()
	s.answered()
	rounds := 0 // a busy switch may drop of many at once
	for late := begun.Add(time.Minute); !s.warned() && time.Now().Before(late); rounds++ {
		s.askTimes(100)
		until(time.Second, s.warned)
	}
	s.sw.Ofctl("dump-flows", "br-int") // the switch has handed over what it had
	got, passed := s.answers(), time.Since(begun).Seconds()
	if n := len(s.warnings()); n != 1 {
		t.Errorf("%d warnings after %d times 100 requests, want 1: %v", n, rounds, s.warnings())
	}
	if most := 31 + int(5*passed); got > most {
		t.Errorf("%d answers in %.1f s, want at most %d", got, passed, most)
	}
}

func (s *site) warned() bool { return len(s.warnings()) > 0 }

func (s *site) warnings() (out []string) {
	for _, e := range s.log.AllEntries() {
		if e.Level == logrus.WarnLevel {
			out = append(out, e.Message)
		}
	}
	return out
}

func TestWithoutASwitchAnAnswerDoesNotHold(t *testing.T) {
	logger, _ := logtest.NewNullLogger()
	server := dhcp.New(dhcp.Options{Socket: filepath.Join(t.TempDir(), "none"), Log: logrus.NewEntry(logger)})
	ctx, cancel := context.WithCancel(t.Context())
	var parts sync.WaitGroup
	parts.Go(func() { server.Run(ctx) })
	defer parts.Wait()
	defer cancel()
	r := server.Apply(ctx, run.Step{Kind: plan.KindDHCP, Put: []plan.Spec{dhcp.Item()}})
	if err := r.Errors[dhcp.Item().Key()]; err == nil || !strings.Contains(err.Error(), "no connection with br-int") {
		t.Errorf("got %v", err)
	}
}
