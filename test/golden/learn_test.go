package golden

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"weft/api"
	"weft/controller/ofp/wire"
	"weft/pipeline"
	"weft/tables"
	"weft/test/cloud"
	"weft/test/ovstest"
)

// learner is a switch of a host whose network has a VTEP that may teach it two MACs.
type learner struct {
	*testing.T
	sw    *ovstest.Switch
	state *api.Snapshot
	vtep  api.VTEP
}

func newLearner(t *testing.T) *learner {
	b := cloud.On(vteps())
	v, _ := b.View.VTEP("learns")
	l := &learner{T: t, sw: ovstest.Start(t), vtep: *v}
	l.vtep.LearnLimit = 2
	b.Put(&l.vtep)
	l.state, _ = b.Done()
	h, _ := l.state.Host("h1")
	plug(t, l.sw, l.state, h)
	return l
}

// hear lets a frame from a MAC behind the VTEP into br-tun, with all that follows.
func (l *learner) hear(mac string) {
	l.Helper()
	l.sw.Appctl("ofproto/trace", tables.BridgeTun, fmt.Sprintf(
		"in_port=%d,tun_src=%s,tun_id=1000,dl_src=%s,dl_dst=fa:16:3e:00:00:0a,icmp", cloud.VXLAN, l.vtep.Addr, mac), "-generate")
}

// learned lists the MACs that br-tun has learned.
func (l *learner) learned() []string {
	l.Helper()
	var out []string
	for _, f := range l.sw.DumpFlows(tables.BridgeTun, "table=20") {
		_, rest, ok := strings.Cut(f, "dl_dst=52:")
		if ok && strings.HasPrefix(f, "cookie=0x6c") {
			out = append(out, "52:"+rest[:14])
		}
	}
	slices.Sort(out)
	return out
}

func (l *learner) want(macs ...string) {
	l.Helper()
	if got := l.learned(); !slices.Equal(got, macs) {
		l.Errorf("learned %v, want %v", got, macs)
	}
}

// change loads what h1 holds for the VTEP as it is after a change, as one bundle that replaces flow by flow.
func (l *learner) change(to func(*api.VTEP)) {
	l.Helper()
	b := cloud.On(l.state)
	v := l.vtep
	to(&v)
	b.Put(&v)
	next, _ := b.Done()
	var flows []string
	for _, f := range planOf(l.T, next, "h1").Flows {
		d, err := wire.Decode(f)
		if err != nil {
			l.Fatal(err)
		}
		if f.Bridge == tables.BridgeTun {
			flows = append(flows, fmt.Sprintf("cookie=%#x, %s", f.Cookie, d))
		}
	}
	l.sw.AddFlows(tables.BridgeTun, flows...)
	l.vtep, l.state = v, next
}

func TestOpenVSwitchLearnsUpToTheLimit(t *testing.T) {
	l := newLearner(t)
	l.hear("52:54:00:00:01:01")
	l.hear("52:54:00:00:01:02")
	l.hear("52:54:00:00:01:03")
	l.hear("52:54:00:00:01:01")
	l.want("52:54:00:00:01:01", "52:54:00:00:01:02")
}

func TestOpenVSwitchSendsToALearnedMAC(t *testing.T) {
	l := newLearner(t)
	toMAC := "in_port=1,dl_vlan=1,dl_src=fa:16:3e:00:00:0a,dl_dst=52:54:00:00:01:01,icmp"
	if got := l.sw.Appctl("ofproto/trace", tables.BridgeTun, toMAC); !strings.Contains(got, "set_field:10.0.0.2->tun_dst") {
		t.Errorf("a frame for an unknown MAC is not flooded:\n%s", got)
	}
	l.hear("52:54:00:00:01:01")
	got := l.sw.Appctl("ofproto/trace", tables.BridgeTun, toMAC)
	if !strings.Contains(got, "NXM_NX_TUN_IPV4_DST") || strings.Contains(got, "set_field:10.0.0.2->tun_dst") {
		t.Errorf("a frame for a learned MAC does not go to the VTEP alone:\n%s", got)
	}
}

func TestWhatWasLearnedGoesWithItsVTEPsSettings(t *testing.T) {
	for name, to := range map[string]func(*api.VTEP){
		"age":      func(v *api.VTEP) { v.LearnAge = 7 },
		"idle":     func(v *api.VTEP) { v.LearnIdle = 7 },
		"limit":    func(v *api.VTEP) { v.LearnLimit = 7 },
		"learning": func(v *api.VTEP) { v.Learning = false },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLearner(t)
			l.hear("52:54:00:00:01:01")
			l.change(func(v *api.VTEP) { v.Entries = []api.VTEPEntry{cloud.Entry("52:54:00:00:02:02", "")} })
			l.want("52:54:00:00:01:01") // what has nothing to do with learning leaves it alone
			l.change(to)
			l.want()
		})
	}
}

func TestLearnedCookiesAreNotWeftsOwn(t *testing.T) {
	l := newLearner(t)
	c := pipeline.LearnedCookie(&l.vtep)
	if c.Ours() || !c.IsLearned() {
		t.Errorf("cookie %s: ours %t, learned %t", c, c.Ours(), c.IsLearned())
	}
	l.hear("52:54:00:00:01:01")
	for _, f := range l.sw.DumpFlows(tables.BridgeTun, "table=20") {
		if strings.Contains(f, "52:54:00:00:01:01") && !strings.HasPrefix(f, "cookie="+c.String()+",") {
			t.Errorf("learned flow %s, want cookie %s", f, c)
		}
	}
	l.want("52:54:00:00:01:01")
}
