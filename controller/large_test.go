package controller

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"

	"weft/api"
	"weft/controller/ofp"
	"weft/pipeline"
	"weft/tables"
	"weft/test/cloud"
)

// largeCloud is one in which not all hosts know each other. Of some hosts nothing is connected.
func largeCloud(hosts int, away ...api.HostID) (*Controller, *api.Snapshot) {
	c := &Controller{hosts: map[api.HostID]*running{}}
	b := cloud.On(nil)
	for n := range hosts {
		h := *b.Host(api.HostID(fmt.Sprintf("h%03d", n)), 1)
		h.TunnelIP = netip.AddrFrom4([4]byte{10, 99, byte(n >> 8), byte(n)})
		b.Put(&h)
		rec := &host{id: h.ID, bridges: map[string]*bridge{}}
		if !slices.Contains(away, h.ID) {
			rec.bridges[tables.BridgeTun] = &bridge{name: tables.BridgeTun, session: new(ofp.Session)}
		}
		c.hosts[h.ID] = &running{host: rec}
	}
	s, _ := b.Done()
	return c, s
}

func TestAHostIsAskedForByAllInTurnWhomItKnows(t *testing.T) {
	_, s := largeCloud(200)
	known := pipeline.Known(s.View, "h007")
	away := slices.Sorted(maps.Keys(known))[3]
	c, s := largeCloud(200, away)
	for _, every := range []uint64{1, seldomEvery} {
		asked := map[api.HostID]bool{}
		for c.echoes.turn = 0; c.echoes.turn < 64*64*every; c.echoes.turn += every {
			for _, w := range c.witnessesOf(s, "h007", map[api.HostID]time.Time{"h007": {}})[:witnesses] {
				asked[w.host.ID] = true
			}
		}
		want := maps.Clone(known)
		delete(want, away)
		if !maps.Equal(asked, want) {
			t.Errorf("every %d looks: %d are asked, of %d who are known and connected", every, len(asked), len(want))
		}
	}
}

func TestOnlyTunnelsThatAreOpenAreTried(t *testing.T) {
	_, s := largeCloud(200)
	all := slices.Collect(s.Hosts())
	got := openTunnels(s, all, all)
	if len(got) != 200*2*api.Near {
		t.Errorf("%d tunnels, want %d of each of 200 hosts", len(got), 2*api.Near)
	}
	_, s = largeCloud(3)
	all = slices.Collect(s.Hosts())
	if got := openTunnels(s, all, all); len(got) != 6 {
		t.Errorf("three hosts have %d tunnels, want all six", len(got))
	}
}

func TestNobodyIsAskedForHostsThatWillCome(t *testing.T) {
	start := time.Unix(1000, 0)
	l := &liveness{start: start, gone: map[api.HostID]time.Time{}, met: map[api.HostID]bool{"met": true}}
	for _, id := range []api.HostID{"expected", "met", "dead", "cut-off"} {
		l.gone[id] = start
	}
	have := lives{"dead": api.Dead, "cut-off": api.CutOff}
	at := func(after time.Duration) []api.HostID {
		return slices.Sorted(maps.Keys(l.doubtful(start.Add(after), have)))
	}
	if got := at(time.Second); !slices.Equal(got, []api.HostID{"cut-off", "dead", "met"}) {
		t.Errorf("at first others are asked for %v", got)
	}
	if got := at(startGrace - silentForSure); len(got) != 4 {
		t.Errorf("when one may soon count as dead others are asked for %v", got)
	}
}
