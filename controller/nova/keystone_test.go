package nova_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weft/controller/nova"
)

// identity is a stand-in for Keystone. The real one is asked in test/clients.
type identity struct {
	*httptest.Server
	now time.Time

	mu       sync.Mutex
	logins   int
	password string
	compute  string // address of Nova in the catalogue; "": there is none
	broken   string // answers every login, if not ""
}

func newIdentity(t *testing.T) *identity {
	f := &identity{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), password: "secret", compute: "http://nova/v2.1"}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *identity) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var body struct {
		Auth struct {
			Identity struct {
				Password struct {
					User struct {
						Name, Password string
						Domain         struct{ Name string }
					}
				}
			}
			Scope struct {
				Project struct {
					Name   string
					Domain struct{ Name string }
				}
			}
		}
	}
	if r.Method != http.MethodPost || r.URL.Path != "/v3/auth/tokens" || json.NewDecoder(r.Body).Decode(&body) != nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if f.broken != "" {
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(f.broken))
		return
	}
	u, p := body.Auth.Identity.Password.User, body.Auth.Scope.Project
	if u.Name != "weft" || u.Password != f.password || u.Domain.Name != "Default" || p.Name != "service" || p.Domain.Name != "Default" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	f.logins++
	w.Header().Set("X-Subject-Token", fmt.Sprint("token-", f.logins))
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"token": {"expires_at": %q, "catalog": [{"type": "network", "endpoints": []}%s]}}`,
		f.now.Add(time.Hour).Format(time.RFC3339), f.catalogue())
}

func (f *identity) catalogue() string {
	if f.compute == "" {
		return ""
	}
	return fmt.Sprintf(`, {"type": "compute", "endpoints": [
		{"interface": "internal", "region": "one", "region_id": "one", "url": "http://inside/v2.1"},
		{"interface": "public", "region": "one", "region_id": "one", "url": %q}]}`, f.compute)
}

func (f *identity) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *identity) config() nova.KeystoneConfig {
	return nova.KeystoneConfig{
		URL: f.URL + "/v3", User: "weft", UserDomain: "Default", Password: "secret", Project: "service", ProjectDomain: "Default",
		Interface: "public", Client: f.Client(), Now: func() time.Time { f.mu.Lock(); defer f.mu.Unlock(); return f.now },
	}
}

func TestATokenOfKeystoneIsKeptUntilItEndsOrIsRefused(t *testing.T) {
	f := newIdentity(t)
	k := nova.NewKeystone(f.config())
	want := func(what, refused, token string) {
		t.Helper()
		got, err := k.Access(t.Context(), refused)
		if diff := cmp.Diff(nova.Access{Endpoint: "http://nova/v2.1/", Token: token}, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", what, err, diff)
		}
	}
	want("first", "", "token-1")
	want("again", "", "token-1")
	want("refused", "token-1", "token-2")
	want("an old one refused", "token-1", "token-2")
	f.set(func() { f.now = f.now.Add(58 * time.Minute) })
	want("two minutes before its end", "", "token-2")
	f.set(func() { f.now = f.now.Add(90 * time.Second) })
	want("half a minute before its end", "", "token-3")
}

func TestTheEndpointOfNovaIsTheOneAskedFor(t *testing.T) {
	f := newIdentity(t)
	for _, tc := range []struct {
		name, want string
		change     func(*nova.KeystoneConfig)
	}{
		{"public", "http://nova/v2.1/", func(*nova.KeystoneConfig) {}},
		{"internal", "http://inside/v2.1/", func(c *nova.KeystoneConfig) { c.Interface = "internal" }},
		{"of-a-region", "http://nova/v2.1/", func(c *nova.KeystoneConfig) { c.Region = "one" }},
		{"given", "http://other:8774/v2.1", func(c *nova.KeystoneConfig) { c.Endpoint = "http://other:8774/v2.1" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := f.config()
			tc.change(&c)
			if got, err := nova.NewKeystone(c).Access(t.Context(), ""); err != nil || got.Endpoint != tc.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestAKeystoneOfNoUseIsAnErrorThatSaysWhatToDo(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		change     func(*identity, *nova.KeystoneConfig)
	}{
		{"wrong-password", `refuses user "weft": check its name, password, project and domains`,
			func(f *identity, _ *nova.KeystoneConfig) { f.password = "other" }},
		{"wrong-domain", "check its name", func(_ *identity, c *nova.KeystoneConfig) { c.UserDomain = "elsewhere" }},
		{"no-nova", "make one, or name Nova's address", func(f *identity, _ *nova.KeystoneConfig) { f.compute = "" }},
		{"other-region", `in region "two"`, func(_ *identity, c *nova.KeystoneConfig) { c.Region = "two" }},
		{"unknown-interface", "no side endpoint", func(_ *identity, c *nova.KeystoneConfig) { c.Interface = "side" }},
		{"no-keystone", "log in to Keystone", func(_ *identity, c *nova.KeystoneConfig) { c.URL = "http://127.0.0.1:1/v3" }},
		{"no-json", "Keystone at", func(f *identity, _ *nova.KeystoneConfig) { f.broken = "{" }},
		{"no-token", "Keystone at", func(f *identity, _ *nova.KeystoneConfig) { f.broken = `{"token": {"expires_at": 7}}` }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newIdentity(t)
			c := f.config()
			tc.change(f, &c)
			if got, err := nova.NewKeystone(c).Access(t.Context(), ""); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %+v, %v; want %q", got, err, tc.want)
			}
		})
	}
}

func TestNovaIsToldWithKeystonesTokenAndAtItsAddress(t *testing.T) {
	f := newIdentity(t)
	c := newCompute(t, func(call int, _ []nova.Event) (int, any) {
		if call == 2 { // the token was revoked
			return http.StatusUnauthorized, "no"
		}
		return well(0, nil)
	})
	f.set(func() { f.compute = strings.TrimRight(c.url, "/") })
	s := c.sender(nova.NewKeystone(f.config()))
	s.Tell(event(1))
	c.want("network-vif-plugged s1 p1 completed")
	s.Tell(event(2))
	c.want("network-vif-plugged s1 p1 completed", "network-vif-plugged s2 p2 completed")
	if diff := cmp.Diff([]string{"token-1", "token-1", "token-2"}, c.tokens); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
}
