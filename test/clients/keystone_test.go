package clients

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weft/test/keystone"
)

// identity is a running Keystone of Debian's.
type identity struct {
	*keystone.Server
	t testing.TB
}

type object = keystone.Object

// serveKeystone starts a Keystone in a folder of its own, and stops it when the test ends.
func serveKeystone(t testing.TB) *identity {
	t.Helper()
	need(t, "keystone-manage")
	k, err := keystone.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Stop)
	return &identity{k, t}
}

// make makes a thing and gives its id.
func (k *identity) make(kind string, attrs object) string {
	k.t.Helper()
	id, err := k.Make(k.t.Context(), kind, attrs)
	if err != nil {
		k.t.Fatal(err)
	}
	return id
}

// project makes a project and gives its id.
func (k *identity) project(name string) string {
	k.t.Helper()
	return k.make("project", object{"name": name, "domain_id": "default"})
}

// person makes a user with a role in a project.
func (k *identity) person(name, role, project string) {
	k.t.Helper()
	if err := k.Person(k.t.Context(), name, role, project); err != nil {
		k.t.Fatal(err)
	}
}

// login gives the token of whom person made.
func (k *identity) login(user, project string) string {
	k.t.Helper()
	token, err := k.Login(k.t.Context(), user, keystone.PasswordOf(user), project)
	if err != nil {
		k.t.Fatal(err)
	}
	return token
}

// behind starts a controller that asks the Keystone, which has it in its catalogue.
func (k *identity) behind(t testing.TB, flags ...string) controller {
	t.Helper()
	ask, err := k.Flags(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := serve(t, append(ask, flags...)...)
	if err := k.Service(t.Context(), "network", c.url); err != nil {
		t.Fatal(err)
	}
	return c
}

// as is the environment of somebody who types openstack.
func (k *identity) as(t testing.TB, user, project string) []string {
	return []string{
		"OS_AUTH_URL=" + k.URL, "OS_USERNAME=" + user, "OS_PASSWORD=" + keystone.PasswordOf(user), "OS_PROJECT_NAME=" + project,
		"OS_USER_DOMAIN_NAME=Default", "OS_PROJECT_DOMAIN_NAME=Default", "OS_IDENTITY_API_VERSION=3",
		"HOME=" + t.TempDir(), "LC_ALL=C.UTF-8", "PYTHONWARNINGS=ignore", "PYTHONUNBUFFERED=1", "PATH=" + os.Getenv("PATH"),
	}
}

// status is what a controller answers to a GET with a token, and the answer.
func (c controller) status(t testing.TB, path, token string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestKeystoneSaysWhoMayDoWhat has people of two projects type openstack with their passwords, against Debian's Keystone.
func TestKeystoneSaysWhoMayDoWhat(t *testing.T) {
	need(t, "openstack")
	k := serveKeystone(t)
	blue := k.project("blue")
	green := k.project("green")
	k.person("ann", "member", blue)
	k.person("bob", "member", green)
	k.person("rea", "reader", blue)
	c := k.behind(t, "--keystone-cache", "200ms", "--keystone-outage", "1h")
	t.Run("people", func(t *testing.T) {
		for _, who := range []struct{ user, project, session string }{
			{"ann", "blue", `
				network create a-net
				> project_id +\| ` + blue + `
				subnet create --network a-net --subnet-range 10.0.0.0/24 a-sub
				port create --network a-net a-port
				router create a-router
				router add subnet a-router a-sub
				! network create --share everybodys
				> HTTP (Exception|403)|403|disallowed by policy
				! network create --provider-network-type vlan --provider-physical-network p --provider-segment 7 wire
				> disallowed by policy`},
			{"rea", "blue", `
				network list -f value -c Name
				> ^a-net
				! network create b-net
				> disallowed by policy
				! network delete a-net`},
			{"bob", "green", `
				network list -f value -c Name
				! network show a-net
				! port show a-port
				network create a-net
				> project_id +\| ` + green + `
				network delete a-net`},
		} {
			if err := converse(k.as(t, who.user, who.project), readSteps(who.session)); err != nil {
				t.Errorf("%s: %v", who.user, err)
			}
		}
	})
	t.Run("admin", func(t *testing.T) {
		if code, body := c.status(t, "/v2.0/networks", k.Token); code != http.StatusOK || strings.Count(body, `"name":"a-net"`) != 1 {
			t.Errorf("the administrator: %d %s", code, body)
		}
		if code, _ := c.status(t, "/v1/status", k.login("ann", "blue")); code != http.StatusForbidden {
			t.Errorf("a member at /v1/status: %d", code)
		}
		if code, _ := c.status(t, "/v1/status", c.token); code != http.StatusOK {
			t.Errorf("the controller's own token: %d", code)
		}
	})
	t.Run("weft", func(t *testing.T) { typeWeft(t, k) })
	t.Run("revoked", func(t *testing.T) { revoke(t, k, c) })
	t.Run("away", func(t *testing.T) { outage(t, k, c) })
}

func revoke(t *testing.T, k *identity, c controller) {
	token := k.login("ann", "blue")
	if code, body := c.status(t, "/v2.0/networks", token); code != http.StatusOK {
		t.Fatalf("a good token: %d %s", code, body)
	}
	if _, _, err := k.Call(t.Context(), http.MethodDelete, "/auth/tokens", nil, "X-Subject-Token: "+token); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		code, _ := c.status(t, "/v2.0/networks", token)
		if code == http.StatusUnauthorized {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("a minute after it was revoked: %d", code)
		}
	}
}

func outage(t *testing.T, k *identity, c controller) {
	known, unknown := k.login("rea", "blue"), k.login("bob", "green")
	if code, body := c.status(t, "/v2.0/networks", known); code != http.StatusOK {
		t.Fatalf("a good token: %d %s", code, body)
	}
	k.Stop()
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) { // five times what is cached
		if code, body := c.status(t, "/v2.0/networks", known); code != http.StatusOK {
			t.Fatalf("known before Keystone went away: %d %s", code, body)
		}
	}
	if code, body := c.status(t, "/v2.0/networks", unknown); code != http.StatusServiceUnavailable || !strings.Contains(body, "Keystone does not answer") {
		t.Errorf("a token that nobody knows: %d %s", code, body)
	}
	if code, _ := c.status(t, "/v2.0/networks", c.token); code != http.StatusOK {
		t.Errorf("the controller's own token: %d", code)
	}
}

// typeWeft has ann type weft with the same words in the environment, and with a clouds.yaml that has them.
func typeWeft(t *testing.T, k *identity) {
	env := k.as(t, "ann", "blue")
	file := filepath.Join(t.TempDir(), "clouds.yaml")
	if err := os.WriteFile(file, []byte(fmt.Sprintf(`clouds:
  mine: {region_name: RegionOne, auth: {auth_url: %q, username: ann, password: %q, project_name: blue, user_domain_name: Default, project_domain_name: Default}}
  wrong: {auth: {auth_url: %q, username: ann, password: x, project_name: blue, user_domain_name: Default, project_domain_name: Default}}
`, k.URL, keystone.PasswordOf("ann"), k.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	weft := func(env []string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), binary, args...)
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := weft(env, "network", "create", "typed", "-o", "value", "-c", "name"); err != nil || out != "typed\n" {
		t.Errorf("by the environment: %s %v", out, err)
	}
	bare := []string{"HOME=" + t.TempDir(), "OS_CLIENT_CONFIG_FILE=" + file}
	if out, err := weft(bare, "network", "list", "--os-cloud", "mine", "--name", "typed", "-o", "value", "-c", "name"); err != nil || out != "typed\n" {
		t.Errorf("by clouds.yaml: %s %v", out, err)
	}
	if out, err := weft(append(bare, "OS_CLOUD=wrong"), "network", "list"); err == nil || !strings.Contains(out, "does not take user \"ann\"") {
		t.Errorf("with another password: %s %v", out, err)
	}
}
