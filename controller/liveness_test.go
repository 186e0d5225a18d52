package controller

import (
	"maps"
	"testing"
	"time"

	"weft/api"
)

func TestHostIsDeadOnlyAfterAWhileWithoutAnyConnection(t *testing.T) {
	type hosts = map[api.HostID]bool
	const dead, cut, back = api.Dead, api.CutOff, api.Connected
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	l := &liveness{start: start, gone: map[api.HostID]time.Time{}, met: map[api.HostID]bool{}}
	for _, step := range []struct {
		name      string
		after     time.Duration // since the start
		connected hosts
		have      lives
		answers   bool // h2 answers others
		want      lives
	}{
		{"hosts-find-a-new-controller", 0, hosts{"h1": true, "h2": false}, nil, false, nil},
		{"and-have-time-for-it", startGrace - time.Second, hosts{"h1": true, "h2": false}, nil, true, nil},
		{"but-not-for-ever", startGrace, hosts{"h1": true, "h2": false}, nil, false, lives{"h2": dead}},
		{"said-once", startGrace + 1, hosts{"h1": true, "h2": false}, lives{"h2": dead}, false, nil},
		{"it-is-back", time.Minute, hosts{"h1": true, "h2": true}, lives{"h2": dead}, false, lives{"h2": back}},
		{"a-connection-breaks", 2 * time.Minute, hosts{"h1": true, "h2": false}, nil, false, nil},
		{"and-is-there-again", 2*time.Minute + deadAfter, hosts{"h1": true, "h2": true}, nil, false, nil},
		{"the-next-one-counts-anew", 2*time.Minute + deadAfter + 1, hosts{"h1": true, "h2": false}, nil, true, nil},
		{"not-long-enough", 2*time.Minute + 2*deadAfter, hosts{"h1": true, "h2": false}, nil, true, nil},
		{"long-enough", 2*time.Minute + 2*deadAfter + 1, hosts{"h1": true, "h2": false}, nil, false, lives{"h2": dead}},
		{"it-answers-others", 2*time.Minute + 2*deadAfter + 1, hosts{"h1": true, "h2": false}, nil, true, lives{"h2": cut}},
		{"also-once-it-counts-as-dead", 2*time.Minute + 2*deadAfter + 1, hosts{"h1": true, "h2": false}, lives{"h2": dead}, true, lives{"h2": cut}},
		{"it-is-silent", 2*time.Minute + 2*deadAfter + 1, hosts{"h1": true, "h2": false}, lives{"h2": cut}, false, lives{"h2": dead}},
		{"it-goes-on", 2*time.Minute + 2*deadAfter + 1, hosts{"h1": true, "h2": false}, lives{"h2": cut}, true, nil},
		{"it-is-connected", 2*time.Minute + 2*deadAfter + 1, hosts{"h1": true, "h2": true}, lives{"h2": cut}, true, lives{"h2": back}},
		{"the-controller-is-cut-off", 3 * time.Minute, hosts{"h1": false, "h2": false}, nil, false, nil},
		{"for-long", 9 * time.Minute, hosts{"h1": false, "h2": false}, lives{"h2": cut}, false, nil},
		{"the-first-is-back", 10 * time.Minute, hosts{"h1": true, "h2": false}, nil, false, nil},
		{"the-second-is-not", 10*time.Minute + deadAfter, hosts{"h1": true, "h2": false}, nil, false, lives{"h2": dead}},
		{"a-deleted-host", 11 * time.Minute, hosts{"h1": true}, nil, false, nil},
	} {
		got := l.look(start.Add(step.after), step.connected, step.have, func(api.HostID, api.Life) bool { return step.answers })
		if !maps.Equal(got, step.want) {
			t.Errorf("%s: %v, want %v", step.name, got, step.want)
		}
	}
	if len(l.gone) != 0 {
		t.Errorf("still remembers %v", l.gone)
	}
}
