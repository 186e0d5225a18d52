package controller

import (
	"testing"
	"time"

	"weft/api"
)

func TestWhetherAHostWorksIsJudgedFromWhatOthersHear(t *testing.T) {
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	ask, hear, unask := "ask", "hear", "nobody to ask"
	type step struct {
		at   time.Duration
		what string
	}
	for _, c := range []struct {
		name  string
		steps []step
		at    time.Duration
		want  map[api.Life]bool
	}{
		{"nobody-was-asked", nil, 0, map[api.Life]bool{api.Connected: false, api.CutOff: true, api.Dead: false}},
		{"silent-from-the-start", []step{{0, ask}, {time.Second, ask}, {2 * time.Second, ask}}, 2500 * time.Millisecond,
			map[api.Life]bool{api.Connected: false, api.CutOff: true, api.Dead: false}},
		{"silent-for-sure", []step{{0, ask}, {time.Second, ask}}, silentForSure, map[api.Life]bool{api.Connected: false, api.CutOff: false, api.Dead: false}},
		{"has-just-answered", []step{{0, ask}, {time.Second, hear}, {1100 * time.Millisecond, ask}}, 1500 * time.Millisecond,
			map[api.Life]bool{api.Connected: true, api.CutOff: true, api.Dead: false}},
		{"answers-steadily", []step{{0, ask}, {time.Second, hear}, {2 * time.Second, ask}, {2500 * time.Millisecond, hear}}, time.Second + steadyFor,
			map[api.Life]bool{api.Connected: true, api.CutOff: true, api.Dead: true}},
		{"answers-with-a-silence", []step{{0, ask}, {time.Second, hear}, {time.Second, ask}, {2500 * time.Millisecond, hear}}, time.Second + steadyFor,
			map[api.Life]bool{api.Connected: true, api.CutOff: true, api.Dead: false}},
		{"fell-silent", []step{{0, ask}, {0, hear}, {time.Second, ask}}, time.Second + silentAfter,
			map[api.Life]bool{api.Connected: false, api.CutOff: true, api.Dead: false}},
		{"witnesses-are-gone", []step{{0, ask}, {time.Second, unask}}, time.Hour, map[api.Life]bool{api.Connected: false, api.CutOff: true, api.Dead: false}},
	} {
		var s echoes
		var n nonce
		for _, step := range c.steps {
			switch at := start.Add(step.at); step.what {
			case ask:
				n = s.ask("h1", at)
			case hear:
				if !s.hear(n, at) {
					t.Errorf("%s: the answer is not known", c.name)
				}
			default:
				s.unasked("h1")
			}
		}
		for life, want := range c.want {
			if got := s.answers("h1", life, start.Add(c.at)); got != want {
				t.Errorf("%s: answers of a host with life %d: %t, want %t", c.name, life, got, want)
			}
		}
	}
}

func TestOnlyAnswersToOpenQuestionsCount(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	var s echoes
	if s.hear(nonce{}, now) {
		t.Error("an answer that nobody asked for")
	}
	n := s.ask("h1", now)
	if n == (nonce{}) || n == s.ask("h2", now) || n != s.ask("h1", now) {
		t.Error("each host has a word of its own")
	}
	gone := map[api.HostID]time.Time{"h2": now}
	if due := s.due(now, gone, nil); len(due) != 1 || due[0] != "h2" {
		t.Errorf("asked for %v", due)
	}
	if s.hear(n, now) {
		t.Error("a host that is connected again is still waited for")
	}
}

func TestHostsThatAreGoneForLongAreAskedForSeldom(t *testing.T) {
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		life api.Life
		gone time.Duration
		want int
	}{
		{"dead-just-now", api.Dead, soon - 1, seldomEvery},
		{"dead-for-long", api.Dead, soon, 1},
		{"cut-off-for-long", api.CutOff, time.Hour, seldomEvery},
	} {
		var s echoes
		s.ask("h1", start)
		times := 0
		for range seldomEvery {
			times += len(s.due(start.Add(c.gone), map[api.HostID]time.Time{"h1": start}, lives{"h1": c.life}))
		}
		if times != c.want {
			t.Errorf("%s: asked %d times of %d, want %d", c.name, times, seldomEvery, c.want)
		}
	}
}
