package auth

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// fakeKeystone answers as a Keystone does. The real one is asked in test/clients.
type fakeKeystone struct {
	*httptest.Server
	clock *clock

	mu       sync.Mutex
	tokens   map[string]string // token to the role of its bearer in project p1
	scopes   map[string]string // what a token says of its scope, where that is not project p1
	logins   int
	asked    int
	own      string           // weft's own token; "" until it logs in
	instead  http.HandlerFunc // answers in its place
	password string           // of weft's own user
	hold     chan struct{}    // answers wait until it is closed
}

func newFakeKeystone(t *testing.T) *fakeKeystone {
	f := &fakeKeystone{clock: newClock(), tokens: map[string]string{}, password: "s3cret-of-weft"}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeKeystone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	instead, hold := f.instead, f.hold
	f.mu.Unlock()
	if instead != nil {
		instead(w, r)
		return
	}
	if hold != nil {
		<-hold
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case r.URL.Path != "/v3/auth/tokens":
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodPost:
		f.login(w, r)
	default:
		f.validate(w, r)
	}
}

func (f *fakeKeystone) login(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Auth struct {
			Identity struct {
				Password struct{ User struct{ Password string } }
			}
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Auth.Identity.Password.User.Password != f.password {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	f.logins++
	f.own = fmt.Sprintf("own-%d", f.logins)
	w.Header().Set("X-Subject-Token", f.own)
	w.WriteHeader(http.StatusCreated)
	f.say(w, "weft", "service")
}

func (f *fakeKeystone) validate(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Auth-Token") != f.own {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	f.asked++
	role, ok := f.tokens[r.Header.Get("X-Subject-Token")]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	f.sayOf(w, "ann", role, cmp.Or(f.scopes[r.Header.Get("X-Subject-Token")], scopeP1))
}

const scopeP1 = `"project": {"id": "p1", "name": "blue"}`

func (f *fakeKeystone) say(w http.ResponseWriter, user, role string) {
	f.sayOf(w, user, role, scopeP1)
}

func (f *fakeKeystone) sayOf(w http.ResponseWriter, user, role, scope string) {
	ends := f.clock.now().Add(time.Hour).Format("2006-01-02T15:04:05.000000Z")
	fmt.Fprintf(w, `{"token": {"expires_at": %q, "user": {"id": "u-%s", "name": %[2]q}, %[4]s,
		"roles": [{"id": "r1", "name": %[3]q}]}}`, ends, user, role, scope)
}

// set changes what the Keystone is like.
func (f *fakeKeystone) set(change func(*fakeKeystone)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func (f *fakeKeystone) authenticator() *Keystone {
	return NewKeystone(KeystoneConfig{
		URL: f.URL + "/v3/", User: "weft", Password: "s3cret-of-weft", Project: "service", UserDomain: "Default", ProjectDomain: "Default",
		Believe: time.Minute, Outage: 10 * time.Minute, Client: f.Client(), Now: f.clock.now,
	})
}

func TestKeystoneSaysWhoABearerIs(t *testing.T) {
	f := newFakeKeystone(t)
	k := f.authenticator()
	for role, want := range map[string]Caller{
		"member":   {Roles: []string{"member"}},
		"_member_": {Roles: []string{"member"}},
		"Admin":    {Roles: []string{"admin"}, Admin: true},
		"reader":   {Roles: []string{"reader"}},
		"other":    {Roles: []string{"other"}},
	} {
		f.set(func(f *fakeKeystone) { f.tokens["of-"+role] = role })
		want.UserID, want.UserName, want.ProjectID, want.ProjectName = "u-ann", "ann", "p1", "blue"
		got, err := k.Authenticate(request("of-"+role, "192.0.2.1:1"))
		if diff := gocmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", role, err, diff)
		}
	}
	if _, err := k.Authenticate(request("unknown", "192.0.2.1:1")); !errors.Is(err, ErrDenied) {
		t.Errorf("an unknown token: %v", err)
	}
	if _, err := k.Authenticate(request("", "192.0.2.1:1")); !errors.Is(err, ErrDenied) {
		t.Errorf("no token: %v", err)
	}
	if f.logins != 1 {
		t.Errorf("weft logged in %d times", f.logins)
	}
}

// A token that is for no project is for nothing that a project has; only the whole system's administrator is weft's.
func TestATokensScopeSaysWhereItsRolesHold(t *testing.T) {
	f := newFakeKeystone(t)
	k := f.authenticator()
	f.scopes = map[string]string{}
	for name, c := range map[string]struct {
		scope, role string
		want        Caller
	}{
		"system":           {`"system": {"all": true}`, "admin", Caller{Roles: []string{"admin"}, Admin: true}},
		"system-reader":    {`"system": {"all": true}`, "reader", Caller{Roles: []string{"reader"}}},
		"domain":           {`"domain": {"id": "default", "name": "Default"}`, "admin", Caller{Roles: []string{"admin"}}},
		"domain-of-others": {`"domain": {"id": "d2", "name": "d"}, "project": null`, "member", Caller{Roles: []string{"member"}}},
	} {
		f.set(func(f *fakeKeystone) { f.tokens[name], f.scopes[name] = c.role, c.scope })
		c.want.UserID, c.want.UserName = "u-ann", "ann"
		got, err := k.Authenticate(request(name, "192.0.2.1:1"))
		if diff := gocmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	ends := f.clock.now().Add(time.Hour).Format(time.RFC3339)
	f.set(func(f *fakeKeystone) { // without a scope there are no roles
		f.instead = after(f, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"token": {"expires_at": %q, "user": {"id": "u-ann", "name": "ann"}}}`, ends)
		})
	})
	got, err := k.Authenticate(request("unscoped", "192.0.2.1:1"))
	if diff := gocmp.Diff(Caller{UserID: "u-ann", UserName: "ann"}, got); err != nil || diff != "" {
		t.Errorf("unscoped: %v\n%s", err, diff)
	}
	ends = f.clock.now().Add(-time.Second).Format(time.RFC3339)
	if _, err := k.Authenticate(request("expired", "192.0.2.1:1")); !errors.Is(err, ErrDenied) {
		t.Errorf("a token that ended: %v", err)
	}
}

func TestKeystoneIsAskedAgainAfterAWhile(t *testing.T) {
	f := newFakeKeystone(t)
	k := f.authenticator()
	f.tokens["t"] = "member"
	ask := func() error {
		_, err := k.Authenticate(request("t", "192.0.2.1:1"))
		return err
	}
	for range 10 {
		if err := ask(); err != nil {
			t.Fatal(err)
		}
	}
	if f.asked != 1 {
		t.Errorf("asked %d times for ten requests", f.asked)
	}
	f.set(func(f *fakeKeystone) { delete(f.tokens, "t") }) // revoked
	if err := ask(); err != nil {
		t.Errorf("within the minute: %v", err)
	}
	f.clock.advance(time.Minute)
	if err := ask(); !errors.Is(err, ErrDenied) {
		t.Errorf("revoked a minute ago: %v", err)
	}
	if err := ask(); !errors.Is(err, ErrDenied) || f.asked != 2 {
		t.Errorf("a wrong token is asked about each time: %v, %d", err, f.asked)
	}
	f.set(func(f *fakeKeystone) { f.tokens["t"] = "member" })
	f.clock.advance(deniedFor)
	if err := ask(); err != nil {
		t.Errorf("good again: %v", err)
	}
}

func TestWhatWasGoodIsBelievedWhileKeystoneIsAway(t *testing.T) {
	f := newFakeKeystone(t)
	k := f.authenticator()
	f.tokens["t"] = "member"
	ask := func(token string) error {
		_, err := k.Authenticate(request(token, "192.0.2.1:1"))
		return err
	}
	if err := ask("t"); err != nil {
		t.Fatal(err)
	}
	f.set(func(f *fakeKeystone) {
		f.instead = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	})
	f.clock.advance(9 * time.Minute)
	if err := ask("t"); err != nil {
		t.Errorf("nine minutes into the outage: %v", err)
	}
	var away *Unavailable
	if err := ask("new"); !errors.As(err, &away) || !strings.Contains(err.Error(), "answers 502") {
		t.Errorf("a token that nobody knows: %v", err)
	}
	f.clock.advance(time.Minute)
	if err := ask("t"); !errors.As(err, &away) {
		t.Errorf("after ten minutes: %v", err)
	}
	f.Close()
	if err := ask("new"); !errors.As(err, &away) || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("with nobody at the address: %v", err)
	}
}

func TestATokenDoesNotOutliveItsEnd(t *testing.T) {
	f := newFakeKeystone(t)
	k := f.authenticator()
	k.cfg.Believe, k.cfg.Outage = 24*time.Hour, 24*time.Hour
	f.tokens["t"] = "member"
	if _, err := k.Authenticate(request("t", "192.0.2.1:1")); err != nil {
		t.Fatal(err)
	}
	f.set(func(f *fakeKeystone) { delete(f.tokens, "t") })
	f.clock.advance(time.Hour)
	if _, ok := k.Remember(request("t", "192.0.2.1:1")); ok {
		t.Error("it is remembered")
	}
	if _, err := k.Authenticate(request("t", "192.0.2.1:1")); !errors.Is(err, ErrDenied) {
		t.Errorf("after its end: %v", err)
	}
}

func TestWeftGetsAnotherTokenOfItsOwn(t *testing.T) {
	f := newFakeKeystone(t)
	k := f.authenticator()
	for i := range 3 {
		token := fmt.Sprint("t", i)
		f.set(func(f *fakeKeystone) { f.tokens[token] = "member" })
		if _, err := k.Authenticate(request(token, "192.0.2.1:1")); err != nil {
			t.Errorf("%s: %v", token, err)
		}
		f.set(func(f *fakeKeystone) { f.own = "another" }) // as if it was revoked
	}
	if f.logins != 3 {
		t.Errorf("logged in %d times, want 3", f.logins)
	}
	f.clock.advance(59*time.Minute + time.Second)
	if err := k.Check(t.Context()); err != nil || f.logins != 4 {
		t.Errorf("shortly before its end: %v, %d logins", err, f.logins)
	}
}

func TestWhatIsWrongWithKeystoneIsSaid(t *testing.T) {
	answers := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Subject-Token", "own-x")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	for says, change := range map[string]func(*fakeKeystone){
		"check its name, password":    func(f *fakeKeystone) { f.password = "changed" },
		"none of a Keystone v3":       func(f *fakeKeystone) { f.instead = answers(201, "<html>") },
		"answers 500":                 func(f *fakeKeystone) { f.instead = answers(500, "") },
		"answers 302":                 func(f *fakeKeystone) { f.instead = answers(302, "") },
		"give it the role":            func(f *fakeKeystone) { f.instead = forbids(f) },
		"it has no user or no end":    func(f *fakeKeystone) { f.instead = after(f, answers(200, `{"token": {}}`)) },
		"unexpected end":              func(f *fakeKeystone) { f.instead = after(f, answers(200, `{"token": `)) },
		"does not accept the token":   func(f *fakeKeystone) { f.instead = after(f, answers(401, "")) },
		"cannot unmarshal array into": func(f *fakeKeystone) { f.instead = after(f, answers(200, `{"token": []}`)) },
	} {
		f := newFakeKeystone(t)
		change(f)
		_, err := f.authenticator().Authenticate(request("user-s-token", "192.0.2.1:1"))
		var away *Unavailable
		if !errors.As(err, &away) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
		if err != nil && (strings.Contains(err.Error(), "s3cret-of-weft") || strings.Contains(err.Error(), "user-s-token")) {
			t.Errorf("a secret is in %v", err)
		}
	}
}

// after lets weft log in, and answers everything else by h.
func after(f *fakeKeystone, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			f.set(func(f *fakeKeystone) { f.login(w, r) })
			return
		}
		h(w, r)
	}
}

func forbids(f *fakeKeystone) http.HandlerFunc {
	return after(f, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
}

func TestRequestsAtTheSameTimeAskOnce(t *testing.T) {
	f := newFakeKeystone(t)
	k := f.authenticator()
	f.tokens["t"] = "member"
	if err := k.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	hold := make(chan struct{})
	f.set(func(f *fakeKeystone) { f.hold = hold })
	var wg sync.WaitGroup
	started := make(chan struct{}, 32)
	for range 32 {
		wg.Go(func() {
			started <- struct{}{}
			if _, err := k.Authenticate(request("t", "192.0.2.1:1")); err != nil {
				t.Error(err)
			}
		})
	}
	for range 32 {
		<-started
	}
	close(hold)
	wg.Wait()
	if f.asked != 1 {
		t.Errorf("asked %d times", f.asked)
	}
}

func TestOwnTokensWorkBesideKeystone(t *testing.T) {
	f := newFakeKeystone(t)
	f.tokens["t"] = "reader"
	path := filepath.Join(t.TempDir(), "tokens.json")
	tokens, err := NewTokens(path, first, f.clock.now, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, secret := add(t, path, "blue", RoleMember, never)
	b := NewBackoff(Either(tokens, f.authenticator()), f.clock.now)
	for token, want := range map[string]string{first: "admin", secret: "member", "t": "reader"} {
		if c, err := b.Authenticate(request(token, "192.0.2.1:1")); err != nil || !c.has(want) {
			t.Errorf("%s: %+v, %v", want, c, err)
		}
	}
	f.Close()
	if _, err := b.Authenticate(request(secret, "192.0.2.1:1")); err != nil {
		t.Errorf("while Keystone is away: %v", err)
	}
}
