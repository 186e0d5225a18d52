package controller

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// underlay is a way on which packets take their time, and some are lost.
type underlay struct {
	fate func(sent int, size int) (delay time.Duration, lost bool) // of the nth packet of a size, from 0
	slow time.Duration                                             // of the switches, to settle
	gone error                                                     // what settling ends with
	sent map[int]int
}

func (u *underlay) send(_ context.Context, size int) (<-chan struct{}, func(), error) {
	if u.sent == nil {
		u.sent = map[int]int{}
	}
	came := make(chan struct{})
	delay, lost := u.fate(u.sent[size], size)
	u.sent[size]++
	if lost {
		return came, func() {}, nil
	}
	timer := time.AfterFunc(delay, func() { close(came) })
	return came, func() { timer.Stop() }, nil
}

func (u *underlay) settle(context.Context) error {
	time.Sleep(u.slow) // the test's own time: how long a starved switch takes
	return u.gone
}

func always(delay time.Duration) func(int, int) (time.Duration, bool) {
	return func(int, int) (time.Duration, bool) { return delay, false }
}

func TestATunnelIsJudgedByWhatPassesInTheSameMoment(t *testing.T) {
	const full = 1500
	for _, c := range []struct {
		name string
		way  underlay
		want outcome
		err  string
	}{
		{"sound", underlay{fate: always(time.Millisecond)}, outcome{true, true}, ""},
		{"sound, on a machine that takes two seconds for each step", underlay{fate: always(5 * time.Second), slow: 2 * time.Second},
			outcome{true, true}, ""},
		{"sound, and deaf for the first two pairs", underlay{fate: func(n, _ int) (time.Duration, bool) { return 0, n < 2 }},
			outcome{true, true}, ""},
		{"full packets were lost with small ones, and four small ones came", underlay{fate: func(n, size int) (time.Duration, bool) {
			return 0, n < 3 || size == full && n < 8
		}}, outcome{true, true}, ""},
		{"too narrow", underlay{fate: func(_, size int) (time.Duration, bool) { return 0, size == full }}, outcome{true, false}, ""},
		{"too narrow and slow", underlay{slow: time.Second, fate: func(_, size int) (time.Duration, bool) {
			return 700 * time.Millisecond, size == full
		}}, outcome{true, false}, ""},
		{"closed", underlay{fate: func(int, int) (time.Duration, bool) { return 0, true }}, outcome{}, ""},
		{"lossy beyond judgement", underlay{fate: func(n, size int) (time.Duration, bool) { return 0, size == full || n%2 == 0 }},
			outcome{}, "12 of 24 small packets came"},
		{"closed, and a switch goes", underlay{gone: errors.New("session closed"), fate: func(int, int) (time.Duration, bool) {
			return 0, true
		}}, outcome{}, "session closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, err := compare(t.Context(), &c.way, full)
				if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %+v, %v; want %+v, %q", got, err, c.want, c.err)
				}
			})
		})
	}
}
