package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"weft/api"
	"weft/controller/compile"
	"weft/controller/rest/noun"
)

// knock is a request that somebody sends, and what came of it.
type knock struct {
	who, method, path, query string
	body                     []byte
	got                      reply
}

func (s *stranger) knock(resources []noun.Description) knock {
	method, path, body := s.request(resources[rapid.IntRange(0, len(resources)-1).Draw(s.T, "resource")])
	k := knock{method: method, path: path, who: s.pick("who", testToken, "a", "b", "a-reads", "nowhere", "nobody")}
	if method == http.MethodGet {
		k.query = s.query(resources[0])
	}
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			s.Fatal(err)
		}
		k.body = raw
	}
	return k
}

func (k *knock) send(w *world) {
	r := httptest.NewRequest(http.MethodGet, "/", bytes.NewReader(k.body))
	r.Method, r.URL = k.method, &url.URL{Path: k.path, RawQuery: k.query}
	r.Header.Set("X-Auth-Token", k.who)
	k.got = w.send(r)
}

// TestStrangersOfAllRolesAtOnceBreakNothing has four clients send requests at the same time, as people of all roles: none may
// get a 5xx, each answer is as it is declared to be, and what is left can be listed and compiled.
func TestStrangersOfAllRolesAtOnceBreakNothing(t *testing.T) {
	t.Parallel()
	resources := Resources()
	rapid.Check(t, func(rt *rapid.T) {
		s := &stranger{rt, newWorld(t, func(c *Config) { c.Auth = callers() }), map[string][]string{}}
		s.settled()
		clients := make([][]knock, 4)
		for i := range clients {
			for range rapid.IntRange(1, 8).Draw(rt, "requests") {
				clients[i] = append(clients[i], s.knock(resources))
			}
		}
		var all sync.WaitGroup
		for _, mine := range clients {
			all.Go(func() {
				for i := range mine {
					mine[i].send(s.w)
				}
			})
		}
		all.Wait()
		for _, mine := range clients {
			for _, k := range mine {
				if k.got.status >= 500 && k.got.status != http.StatusNotImplemented || k.got.status == 0 {
					rt.Fatalf("%s: %s %s?%s %s: %d %s\n%s", k.who, k.method, k.path, k.query, k.body, k.got.status, k.got.text, s.w.log)
				}
			}
		}
		if err := s.whole(resources); err != nil {
			rt.Fatal(err)
		}
	})
}

// whole says what is wrong with the state that is left.
func (s *stranger) whole(resources []noun.Description) error {
	for _, r := range resources {
		if r.Parent != "" {
			continue
		}
		if got := s.w.do(http.MethodGet, r.Path, nil); got.status != http.StatusOK {
			return fmt.Errorf("GET %s: %d %s", r.Path, got.status, got.text)
		}
	}
	snap := s.w.store.Snapshot()
	for h := range snap.All(api.KindHost) {
		if _, err := (&compile.Compiler{Strict: true}).Host(snap, api.HostID(h.Ref().ID)); err != nil {
			return fmt.Errorf("compile %s: %w", h.Ref().ID, err)
		}
	}
	return nil
}
