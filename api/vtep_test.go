package api

import (
	"testing"
	"time"
)

func TestARouterServesVTEPsOnAHostThatLives(t *testing.T) {
	tx := NewSnapshot().Txn()
	for _, h := range []HostID{"h1", "h2", "h3"} {
		tx.Put(&Host{ID: h, MAC: MAC{2, 0, 0, 0, 0, h[1]}})
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
			tx.Put(&Host{ID: id, MAC: MAC{2, 0, 0, 0, 0, id[1]}})
		}
		for _, id := range step.dead {
			tx.Put(&Host{ID: id, MAC: MAC{2, 0, 0, 0, 0, id[1]}, Down: time.Unix(1, 0)})
		}
		if got := tx.RouterHostForVTEPs("r1"); got != step.want {
			t.Errorf("with %v dead it is %s, want %s", step.dead, got, step.want)
		}
	}
	if got := tx.RouterHostForVTEPs("r2"); got != "" {
		t.Errorf("a router that is nowhere is served on %s", got)
	}
}
