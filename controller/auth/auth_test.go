package auth

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

// request is one with a token, from an address.
func request(token, from string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/v2.0/networks", nil)
	r.RemoteAddr = from
	if token != "" {
		r.Header.Set("X-Auth-Token", token)
	}
	return r
}

func TestACallerMayDoWhatItsRolesSay(t *testing.T) {
	for _, tc := range []struct {
		caller      Caller
		read, write bool
	}{
		{Caller{}, false, false},
		{Caller{Roles: []string{"reader"}}, true, false},
		{Caller{Roles: []string{"member"}}, true, true},
		{Caller{Roles: []string{"admin"}}, false, false}, // whose admin is one is for the authenticator to say
		{Caller{Roles: []string{"heat_stack_owner"}}, false, false},
		{Caller{Admin: true}, true, true},
	} {
		if tc.caller.MayRead() != tc.read || tc.caller.MayWrite() != tc.write {
			t.Errorf("%+v: read %t, write %t", tc.caller, tc.caller.MayRead(), tc.caller.MayWrite())
		}
	}
}

func TestARequestWithoutACallerMayDoNothing(t *testing.T) {
	if c := FromContext(context.Background()); c.MayRead() || c.Admin {
		t.Errorf("nobody is %+v", c)
	}
	if c := FromContext(WithCaller(context.Background(), Caller{UserID: "u"})); c.UserID != "u" {
		t.Errorf("the caller is %+v", c)
	}
}

func TestOpenIsForLoopbackListenersOnly(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:9696": true, "127.8.8.8:1": true, "[::1]:9696": true,
		"0.0.0.0:9696": false, "[::]:9696": false, "192.0.2.1:9696": false, "[::ffff:192.0.2.1]:1": false,
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(tcp); (err == nil) != want {
			t.Errorf("on %s: %v", addr, err)
		}
	}
}

func TestOpenDeniesWhatComesFromElsewhere(t *testing.T) {
	o, err := Open(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		host, header string
		want         bool
	}{
		{"localhost:9696", "", true}, {"127.0.0.1:9696", "", true}, {"[::1]:9696", "", true}, {"127.0.0.1", "", true},
		{"localhost:9696", "Origin", false}, {"localhost:9696", "X-Forwarded-For", false}, {"127.0.0.1:9696", "Forwarded", false},
		{"attacker.example:9696", "", false}, {"192.0.2.1:9696", "", false}, {"", "", false},
	} {
		r := request("", "127.0.0.1:5")
		r.Host = tc.host
		if tc.header != "" {
			r.Header.Set(tc.header, "https://attacker.example")
		}
		if c, err := o.Authenticate(r); (err == nil) != tc.want || c.Admin != tc.want {
			t.Errorf("host %q, %s: %+v, %v", tc.host, tc.header, c, err)
		}
	}
}

// clock is a time that tests move.
type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) advance(d time.Duration) { c.t = c.t.Add(d) }

func newClock() *clock { return &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

// good knows one token, and counts how often it had to look.
type good struct{ asked int }

func (g *good) Authenticate(r *http.Request) (Caller, error) {
	g.asked++
	if r.Header.Get("X-Auth-Token") == "right" {
		return Caller{UserID: "right"}, nil
	}
	return Caller{}, ErrDenied
}

func (g *good) Remember(r *http.Request) (Caller, bool) {
	return Caller{UserID: "known"}, r.Header.Get("X-Auth-Token") == "known"
}

func TestWhoShowsWrongTokensHasToWait(t *testing.T) {
	at, next := newClock(), &good{}
	b := NewBackoff(next, at.now)
	var waits []int
	for range freeMistakes + 12 {
		var busy *Busy
		for {
			_, err := b.Authenticate(request("wrong", "192.0.2.1:1000"))
			if !errors.As(err, &busy) {
				if !errors.Is(err, ErrDenied) {
					t.Fatal(err)
				}
				break
			}
			waits = append(waits, busy.Seconds())
			at.advance(busy.For)
		}
	}
	if want := []int{1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30}; !slices.Equal(waits, want) {
		t.Errorf("waited %v, want %v", waits, want)
	}
	if want := freeMistakes + 12; next.asked != want {
		t.Errorf("asked %d times, want %d: who has to wait is not listened to", next.asked, want)
	}
	if _, err := b.Authenticate(request("known", "192.0.2.1:2000")); err != nil {
		t.Errorf("a known token from the same address: %v", err)
	}
	if _, err := b.Authenticate(request("right", "192.0.2.2:1000")); err != nil {
		t.Errorf("another address: %v", err)
	}
	at.advance(forgetAfter + time.Second)
	if _, err := b.Authenticate(request("right", "192.0.2.1:1000")); err != nil {
		t.Errorf("long after: %v", err)
	}
}

func TestWhoShowsNoTokenGuessesNone(t *testing.T) {
	b := NewBackoff(&good{}, newClock().now)
	for range 3 * freeMistakes {
		if _, err := b.Authenticate(request("", "192.0.2.1:1")); !errors.Is(err, ErrDenied) {
			t.Fatal(err)
		}
	}
}

func TestMistakesAreForgottenBeforeMemoryIsFull(t *testing.T) {
	at := newClock()
	b := NewBackoff(&good{}, at.now)
	for i := range 3 * mostSenders {
		from := net.IPv4(10, byte(i>>16), byte(i>>8), byte(i)).String() + ":1"
		if _, err := b.Authenticate(request("wrong", from)); !errors.Is(err, ErrDenied) {
			t.Fatal(err)
		}
	}
	if len(b.of) > mostSenders {
		t.Errorf("%d addresses are remembered", len(b.of))
	}
}
