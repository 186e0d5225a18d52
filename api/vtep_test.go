package api

import (
	"net/netip"
	"testing"
	"time"
)

func TestARouterServesVTEPsOnAHostThatLives(t *testing.T) {
	tx := NewSnapshot().Txn()
	end, v := netip.MustParseAddr("10.0.0.1"), &VTEP{Addr: netip.MustParseAddr("10.9.0.1")}
	for _, h := range []HostID{"h1", "h2", "h3"} {
		tx.Put(&Host{ID: h, MAC: MAC{2, 0, 0, 0, 0, h[1]}, TunnelIP: end})
		tx.Put(&Placement{RouterID: "r1", HostID: h})
	}
	for _, step := range []struct {
		dead []HostID
		want HostID
	}{
		{nil, "h1"}, {[]HostID{"h1"}, "h2"}, {[]HostID{"h1", "h2"}, "h3"}, {[]HostID{"h2", "h3"}, "h1"},
		{[]HostID{"h1", "h2", "h3"}, "h1"},
	} {
		for _, id := range []HostID{"h1", "h2", "h3"} {
			tx.Put(&Host{ID: id, MAC: MAC{2, 0, 0, 0, 0, id[1]}, TunnelIP: end})
		}
		for _, id := range step.dead {
			tx.Put(&Host{ID: id, MAC: MAC{2, 0, 0, 0, 0, id[1]}, TunnelIP: end, Down: time.Unix(1, 0)})
		}
		if got := tx.RouterHostForVTEP("r1", v); got != step.want {
			t.Errorf("with %v dead it is %s, want %s", step.dead, got, step.want)
		}
	}
	if got := tx.RouterHostForVTEP("r2", v); got != "" {
		t.Errorf("a router that is nowhere is served on %s", got)
	}
}

func TestARouterServesAVTEPOnAHostWhoseTunnelsReachIt(t *testing.T) {
	tx := NewSnapshot().Txn()
	for i, addr := range []string{"10.0.0.1", "fd00::2", "fd00::3"} {
		id := HostID("h" + string(rune('1'+i)))
		tx.Put(&Host{ID: id, MAC: MAC{2, 0, 0, 0, 0, byte(i)}, TunnelIP: netip.MustParseAddr(addr)})
		tx.Put(&Placement{RouterID: "r1", HostID: id})
	}
	for addr, want := range map[string]HostID{"10.9.0.1": "h1", "fd09::1": "h2"} {
		if got := tx.RouterHostForVTEP("r1", &VTEP{Addr: netip.MustParseAddr(addr)}); got != want {
			t.Errorf("VTEP %s is served on %q, want %s", addr, got, want)
		}
	}
}
