package controller

import (
	"maps"
	"testing"
	"time"

	"weft/api"
)

func TestHostIsDeadOnlyAfterAWhileWithoutAnyConnection(t *testing.T) {
	type hosts = map[api.HostID]bool
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	l := &liveness{start: start, gone: map[api.HostID]time.Time{}, met: map[api.HostID]bool{}}
	for _, step := range []struct {
		name            string
		after           time.Duration // since the start
		connected, dead hosts
		want            hosts
	}{
		{"hosts-find-a-new-controller", 0, hosts{"h1": true, "h2": false}, nil, nil},
		{"and-have-time-for-it", startGrace - time.Second, hosts{"h1": true, "h2": false}, nil, nil},
		{"but-not-for-ever", startGrace, hosts{"h1": true, "h2": false}, nil, hosts{"h2": false}},
		{"said-once", startGrace + 1, hosts{"h1": true, "h2": false}, hosts{"h2": true}, nil},
		{"it-is-back", time.Minute, hosts{"h1": true, "h2": true}, hosts{"h2": true}, hosts{"h2": true}},
		{"a-connection-breaks", 2 * time.Minute, hosts{"h1": true, "h2": false}, nil, nil},
		{"and-is-there-again", 2*time.Minute + deadAfter, hosts{"h1": true, "h2": true}, nil, nil},
		{"the-next-one-counts-anew", 2*time.Minute + deadAfter + 1, hosts{"h1": true, "h2": false}, nil, nil},
		{"not-long-enough", 2*time.Minute + 2*deadAfter, hosts{"h1": true, "h2": false}, nil, nil},
		{"long-enough", 2*time.Minute + 2*deadAfter + 1, hosts{"h1": true, "h2": false}, nil, hosts{"h2": false}},
		{"the-controller-is-cut-off", 3 * time.Minute, hosts{"h1": false, "h2": false}, nil, nil},
		{"for-long", 9 * time.Minute, hosts{"h1": false, "h2": false}, nil, nil},
		{"the-first-is-back", 10 * time.Minute, hosts{"h1": true, "h2": false}, nil, nil},
		{"the-second-is-not", 10*time.Minute + deadAfter, hosts{"h1": true, "h2": false}, nil, hosts{"h2": false}},
		{"a-deleted-host", 11 * time.Minute, hosts{"h1": true}, nil, nil},
	} {
		if got := l.look(start.Add(step.after), step.connected, step.dead); !maps.Equal(got, step.want) {
			t.Errorf("%s: %v, want %v", step.name, got, step.want)
		}
	}
	if len(l.gone) != 0 {
		t.Errorf("still remembers %v", l.gone)
	}
}
