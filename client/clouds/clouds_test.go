package clouds

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"weft/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// env is an environment whose clouds.yaml is a file of the test's.
func env(t *testing.T, file string, vars map[string]string) func(string) string {
	t.Helper()
	home := t.TempDir()
	dir := filepath.Join(home, ".config", "openstack")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if file != "" {
		if err := os.WriteFile(filepath.Join(dir, "clouds.yaml"), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(name string) string {
		if name == "HOME" {
			return home
		}
		return vars[name]
	}
}

const file = `
clouds:
  nobody: {auth_type: none, auth: {endpoint: "http://one:9696"}}
  bare: {auth_type: none, network_endpoint_override: "http://two:9696/v2.0"}
  admin: {auth_type: admin_token, auth: {endpoint: "http://three:9696", token: secret}}
  nowhere: {auth_type: admin_token, auth: {token: secret}}
  strange: {auth_type: v3kerberos, auth: {auth_url: "http://x"}}
  half: {auth: {username: ann, password: p}}
  empty:
`

func TestACloudWithoutKeystoneSaysWhereAndWithWhat(t *testing.T) {
	tests := map[string]struct {
		name            string
		vars            map[string]string
		cfg             client.Config
		endpoint, token string
		anonymous       bool
		wrong           string
	}{
		"nothing":             {},
		"none":                {name: "nobody", endpoint: "http://one:9696", anonymous: true},
		"none-by-override":    {name: "bare", endpoint: "http://two:9696/v2.0", anonymous: true},
		"admin-token":         {name: "admin", endpoint: "http://three:9696", token: "secret"},
		"by-environment":      {vars: map[string]string{"OS_CLOUD": "admin"}, endpoint: "http://three:9696", token: "secret"},
		"name-goes-first":     {name: "nobody", vars: map[string]string{"OS_CLOUD": "admin"}, endpoint: "http://one:9696", anonymous: true},
		"own-words-go-first":  {vars: map[string]string{"OS_CLOUD": "admin", "WEFT_ENDPOINT": "http://w"}},
		"own-flag-goes-first": {vars: map[string]string{"OS_CLOUD": "admin"}, cfg: client.Config{Endpoint: "http://w"}, endpoint: "http://w"},
		"flag-and-cloud":      {name: "admin", cfg: client.Config{Endpoint: "http://w"}, endpoint: "http://w", token: "secret"},
		"left-to-the-client":  {vars: map[string]string{"OS_AUTH_TYPE": "admin_token", "OS_ENDPOINT": "http://e", "OS_TOKEN": "t"}},
		"no-such-cloud":       {name: "other", wrong: `has no cloud "other"; there are admin, bare, empty, half, nobody, nowhere, strange`},
		"no-endpoint":         {name: "nowhere", wrong: "needs the controller's URL"},
		"unknown-type":        {name: "strange", wrong: "auth_type v3kerberos is not known"},
		"no-keystone":         {name: "half", wrong: "auth_url is missing"},
		"empty":               {name: "empty", wrong: `has no cloud "empty"`},
		"lost-file":           {name: "x", vars: map[string]string{"OS_CLIENT_CONFIG_FILE": "/nowhere/clouds.yaml"}, wrong: "looked for as /nowhere/clouds.yaml"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.cfg.Getenv = env(t, file, tt.vars)
			got, err := Fill(t.Context(), tt.cfg, tt.name)
			if tt.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wrong) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || got.Endpoint != tt.endpoint || got.Token != tt.token || got.Anonymous != tt.anonymous {
				t.Errorf("%q %q %t, %v", got.Endpoint, got.Token, got.Anonymous, err)
			}
		})
	}
}

// A hostile or broken file ends in words, not in a panic.
func FuzzCloudsDoNoHarm(f *testing.F) {
	for _, s := range []string{file, "clouds: {x: {auth: }}", "clouds: [x]", "clouds: {x: {profile: y, auth: {}}}", "\x00", "clouds: {x: {auth: {endpoint: [a]}}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		getenv := env(t, text, nil)
		for _, name := range append(Names(getenv), "x") {
			e, err := find(getenv, name)
			if err == nil && e != nil {
				_, _, _, _ = e.options(getenv)
			}
		}
	})
}

// keystone is one that takes ann with her password, and knows a service of networks.
func keystone(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet { // the controller's own versions
			_, _ = fmt.Fprintf(w, `{"versions": [{"id": "v2.0", "status": "CURRENT", "links": [{"rel": "self", "href": "http://%s/net/v2.0/"}]}]}`, r.Host)
			return
		}
		body := make([]byte, 4096)
		n, _ := r.Body.Read(body)
		if !strings.Contains(string(body[:n]), `"password":"of ann"`) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("X-Subject-Token", "of-keystone")
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"token": {"expires_at": "2099-01-01T00:00:00.000000Z", "catalog": [{"type": "network", "name": "weft", "id": "1",
			"endpoints": [{"interface": "public", "region": "RegionOne", "region_id": "RegionOne", "url": "http://%s/net", "id": "2"}]}]}}`, r.Host)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/v3"
}

func TestAPasswordGetsATokenAndTheCatalogueSaysWhere(t *testing.T) {
	url := keystone(t)
	byFile := "clouds: {k: {region_name: RegionOne, auth: {auth_url: '" + url + "', username: ann, password: of ann, project_name: blue, user_domain_name: Default, project_domain_name: Default}}}"
	vars := map[string]string{
		"OS_AUTH_URL": url, "OS_USERNAME": "ann", "OS_PASSWORD": "of ann", "OS_PROJECT_NAME": "blue", "OS_USER_DOMAIN_NAME": "Default", "OS_PROJECT_DOMAIN_NAME": "Default",
	}
	for name, cfg := range map[string]client.Config{
		"file": {Getenv: env(t, byFile, map[string]string{"OS_CLOUD": "k"})}, "environment": {Getenv: env(t, "", vars)},
	} {
		got, err := Fill(t.Context(), cfg, "")
		if err != nil || got.Token != "of-keystone" || strings.TrimSuffix(got.Endpoint, "/v2.0") != strings.TrimSuffix(url, "/v3")+"/net" {
			t.Errorf("%s: %q %q %v", name, got.Token, got.Endpoint, err)
		}
	}
	vars["OS_PASSWORD"] = "of somebody"
	_, err := Fill(t.Context(), client.Config{Getenv: env(t, "", vars)}, "")
	if err == nil || !strings.Contains(err.Error(), `does not take user "ann"`) || strings.Contains(err.Error(), "of somebody") {
		t.Errorf("%v", err)
	}
	delete(vars, "OS_USER_DOMAIN_NAME")
	if _, err := Fill(t.Context(), client.Config{Getenv: env(t, "", vars)}, ""); err == nil || !strings.Contains(err.Error(), "OS_USER_DOMAIN_NAME") {
		t.Errorf("a user of no domain: %v", err)
	}
	vars["OS_USER_DOMAIN_NAME"] = "Default"
	vars["OS_PASSWORD"], vars["OS_REGION_NAME"] = "of ann", "elsewhere"
	if _, err := Fill(t.Context(), client.Config{Getenv: env(t, "", vars)}, ""); err == nil || !strings.Contains(err.Error(), "--endpoint") {
		t.Errorf("a region without a controller: %v", err)
	}
}
