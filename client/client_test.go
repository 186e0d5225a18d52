package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const webID = "11111111-1111-4111-8111-111111111111"

// asked is what a server saw of a request.
type asked struct {
	Method, URI, Body string
}

// server answers each request with the next of the answers ("STATUS body") and keeps what was asked.
func server(t *testing.T, answers ...string) (*httptest.Server, *[]asked, *http.Header) {
	t.Helper()
	var seen []asked
	var header http.Header
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		header = r.Header.Clone()
		seen = append(seen, asked{r.Method, r.URL.RequestURI(), string(b)})
		if len(seen) > len(answers) {
			t.Errorf("unexpected request %v", seen[len(seen)-1])
			return
		}
		status, body, _ := strings.Cut(answers[len(seen)-1], " ")
		var code int
		if err := json.Unmarshal([]byte(status), &code); err != nil {
			t.Error(err)
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s, &seen, &header
}

func dial(t *testing.T, cfg Config) *Client {
	t.Helper()
	if cfg.Getenv == nil {
		cfg.Getenv = func(string) string { return "" }
	}
	if cfg.TokenFile == "" {
		cfg.TokenFile = filepath.Join(t.TempDir(), "token")
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestCallsSendWhatNeutronExpects(t *testing.T) {
	one := `200 {"network":{"id":"n1","name":"blue","mtu":1450}}`
	tests := map[string]struct {
		call   func(context.Context, *Client) error
		answer string
		want   asked
	}{
		"list": {func(ctx context.Context, c *Client) error {
			_, err := c.List(ctx, Networks, url.Values{"name": {"a b"}})
			return err
		}, `200 {"networks":[]}`, asked{"GET", "/v2.0/networks?name=a+b", ""}},
		"show": {func(ctx context.Context, c *Client) error {
			_, err := c.Show(ctx, Networks, "a/b")
			return err
		}, one, asked{"GET", "/v2.0/networks/a%2Fb", ""}},
		"create": {func(ctx context.Context, c *Client) error {
			_, err := c.Networks().Create(ctx, Network{Name: "blue", AdminStateUp: new(bool)})
			return err
		}, one, asked{"POST", "/v2.0/networks", `{"network":{"name":"blue","admin_state_up":false}}`}},
		"update": {func(ctx context.Context, c *Client) error {
			_, err := c.Networks().Update(ctx, "n1", Object{"description": nil})
			return err
		}, one, asked{"PUT", "/v2.0/networks/n1", `{"network":{"description":null}}`}},
		"delete": {func(ctx context.Context, c *Client) error {
			return c.Networks().Delete(ctx, "n1")
		}, `204 `, asked{"DELETE", "/v2.0/networks/n1", ""}},
		"action": {func(ctx context.Context, c *Client) error {
			return c.AddRouterInterface(ctx, "r1", "s1")
		}, `200 {"id":"r1"}`, asked{"PUT", "/v2.0/routers/r1/add_router_interface", `{"subnet_id":"s1"}`}},
		"flows": {func(ctx context.Context, c *Client) error {
			_, err := c.Flows(ctx, "h1", FlowQuery{Bridge: "br-int", Table: new(uint8)})
			return err
		}, `200 {"flows":[]}`, asked{"GET", "/v1/hosts/h1/flows?bridge=br-int&table=0", ""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, seen, header := server(t, tt.answer)
			if err := tt.call(t.Context(), dial(t, Config{Endpoint: s.URL, Token: "secret"})); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]asked{tt.want}, *seen); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			if got := header.Get("X-Auth-Token"); got != "secret" {
				t.Errorf("token = %q", got)
			}
			if got := header.Get("X-Weft-Wait"); got != "" {
				t.Errorf("waits for %q without being told", got)
			}
		})
	}
}

func TestAnIDThatWouldLeaveTheCollectionIsNotSent(t *testing.T) {
	s, _, _ := server(t)
	c := dial(t, Config{Endpoint: s.URL})
	for _, id := range []string{"", ".", ".."} {
		if err := c.Delete(t.Context(), Networks, id); err == nil {
			t.Errorf("delete of %q succeeded", id)
		}
	}
}

func TestOnlyChangesWaitForHosts(t *testing.T) {
	s, _, header := server(t, `200 {"ports":[]}`, `204 `)
	c := dial(t, Config{Endpoint: s.URL, Wait: true, Timeout: 40 * time.Second})
	if _, err := c.Ports().List(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := header.Get("X-Weft-Wait"); got != "" {
		t.Errorf("a list waits for %q", got)
	}
	if err := c.Ports().Delete(t.Context(), "p1"); err != nil {
		t.Fatal(err)
	}
	if got := header.Get("X-Weft-Wait") + " " + header.Get("X-Weft-Wait-Timeout"); got != "hosts 30" {
		t.Errorf("a delete waits %q, want hosts, 30 seconds", got)
	}
}

func TestAChangeThatHostsHaveNotConfirmedGivesItsResultAndSaysWho(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Weft-Confirmed", "false")
		w.Header().Set("X-Weft-Unconfirmed", "host1,host3")
		_, _ = io.WriteString(w, `{"port":{"id":"p1"}}`)
	}))
	defer s.Close()
	p, err := dial(t, Config{Endpoint: s.URL, Wait: true}).Ports().Create(t.Context(), Port{NetworkID: "n1"})
	var u *Unconfirmed
	if !errors.As(err, &u) || p.ID != "p1" {
		t.Fatalf("got %+v and %v, want p1 and Unconfirmed", p, err)
	}
	if diff := cmp.Diff([]string{"host1", "host3"}, u.Hosts); diff != "" {
		t.Error(diff)
	}
}

func TestRefusalsAreTypedWhateverTheirShape(t *testing.T) {
	tests := map[string]struct {
		answer string
		want   Error
	}{
		"neutron": {`409 {"NeutronError":{"type":"NetworkInUse","message":"Unable …","detail":""}}`,
			Error{409, "NetworkInUse", "Unable …", -1}},
		"keystone":       {`403 {"error":{"code":403,"title":"Forbidden","message":"no"}}`, Error{403, "Forbidden", "no", -1}},
		"proxy":          {"502 <html>\n bad  gateway</html>", Error{502, "", "<html> bad gateway</html>", -1}},
		"nothing":        {`500 `, Error{500, "", "Internal Server Error", -1}},
		"null":           {`500 null`, Error{500, "", "null", -1}},
		"redirect":       {`302 `, Error{302, "", "Found", -1}},
		"terminal codes": {"400 {\"NeutronError\":{\"type\":\"X\",\"message\":\"a\\u001b[2Jb\"}}", Error{400, "X", "a\uFFFD[2Jb", -1}},
		"flood":          {"500 " + strings.Repeat("é", 5000), Error{500, "", strings.Repeat("é", 200) + "…", -1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, _, _ := server(t, tt.answer)
			_, err := dial(t, Config{Endpoint: s.URL}).Show(t.Context(), Networks, "n1")
			var got *Error
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Error(diff)
			}
			if !strings.HasPrefix(err.Error(), "show network n1: ") {
				t.Errorf("error %q does not say what was tried", err)
			}
		})
	}
}

func TestARefusedTokenSaysWhereItCameFrom(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(vars ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(vars); i += 2 {
				if vars[i] == name {
					return vars[i+1]
				}
			}
			return ""
		}
	}
	tests := map[string]struct {
		cfg         Config
		token, says string
	}{
		"config":   {Config{Token: "t", TokenFile: file}, "t", "the caller"},
		"weft":     {Config{TokenFile: file, Getenv: env("OS_TOKEN", "o", "WEFT_TOKEN", "w")}, "w", "WEFT_TOKEN"},
		"openstck": {Config{TokenFile: file, Getenv: env("OS_TOKEN", "o")}, "o", "OS_TOKEN"},
		"file":     {Config{TokenFile: file}, "from-file", file},
		"none":     {Config{TokenFile: filepath.Join(dir, "no")}, "", "there is no file " + filepath.Join(dir, "no")},
		"a folder": {Config{TokenFile: dir}, "", dir},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, _, header := server(t, `401 {"error":{"code":401,"title":"Unauthorized","message":"no"}}`)
			tt.cfg.Endpoint = s.URL
			err := dial(t, tt.cfg).Delete(t.Context(), Networks, "n1")
			var got *Unauthorized
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want an *Unauthorized", err)
			}
			if !strings.Contains(got.Error(), tt.says) || !strings.Contains(got.Error(), s.URL) {
				t.Errorf("error does not name %q and the endpoint:\n%v", tt.says, got)
			}
			if sent := header.Get("X-Auth-Token"); sent != tt.token {
				t.Errorf("sent token %q, want %q", sent, tt.token)
			}
		})
	}
}

func TestATokenWithABrokenLineIsRefusedAtOnce(t *testing.T) {
	if _, err := New(Config{Token: "a\nb"}); err == nil {
		t.Error("New took a token with a line break")
	}
}

func TestTheTokenDoesNotFollowARedirect(t *testing.T) {
	other, seen, _ := server(t)
	s := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer s.Close()
	if _, err := dial(t, Config{Endpoint: s.URL, Token: "secret"}).List(t.Context(), Networks, nil); err == nil {
		t.Error("a redirect counted as an answer")
	}
	if len(*seen) != 0 {
		t.Errorf("the client followed to %v", *seen)
	}
}

func TestEndpointComesFromWhereOpenStackClientsLook(t *testing.T) {
	vars := map[string]string{}
	getenv := func(k string) string { return vars[k] }
	check := func(cfg Config, want string) {
		t.Helper()
		cfg.Getenv = getenv
		if got := dial(t, cfg).Endpoint(); got != want {
			t.Errorf("endpoint = %s, want %s", got, want)
		}
	}
	check(Config{}, DefaultEndpoint)
	vars["OS_ENDPOINT"] = "http://os:9696/v2.0/"
	check(Config{}, "http://os:9696")
	vars["WEFT_ENDPOINT"] = "https://weft/net"
	check(Config{}, "https://weft/net")
	check(Config{Endpoint: "http://[::1]:1"}, "http://[::1]:1")
	for _, bad := range []string{"localhost:9696", "ftp://x", "http://", "::"} {
		if _, err := New(Config{Endpoint: bad, Getenv: getenv}); err == nil {
			t.Errorf("New took endpoint %q", bad)
		}
	}
}

func TestNobodyAtTheEndpointIsToldWithWhatToDo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = dial(t, Config{Endpoint: addr}).List(t.Context(), Networks, nil)
	var got *Unreachable
	if !errors.As(err, &got) || got.Endpoint != addr || !strings.Contains(err.Error(), "weft controller") {
		t.Errorf("got %v", err)
	}
}

func TestASilentControllerEndsWithTheTimeout(t *testing.T) {
	hang := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer s.Close()
	defer close(hang)
	_, err := dial(t, Config{Endpoint: s.URL, Timeout: 20 * time.Millisecond}).List(t.Context(), Networks, nil)
	var got *Unreachable
	if !errors.As(err, &got) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want an *Unreachable after the deadline", err)
	}
}

func TestCancellingIsNotAnUnreachableController(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer s.Close()
	_, err := dial(t, Config{Endpoint: s.URL}).List(ctx, Networks, nil)
	var not *Unreachable
	if !errors.Is(err, context.Canceled) || errors.As(err, &not) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestAnAnswerThatIsNotTheAPIsIsAnError(t *testing.T) {
	for name, body := range map[string]string{
		"no json": "200 hello", "empty": "200 ", "other key": `200 {"x":1}`, "wrong type": `200 {"networks":5}`, "list": `200 []`,
	} {
		t.Run(name, func(t *testing.T) {
			s, _, _ := server(t, body)
			if _, err := dial(t, Config{Endpoint: s.URL}).List(t.Context(), Networks, nil); err == nil {
				t.Error("no error")
			}
		})
	}
}
