package clients

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// keystone is a running Keystone of Debian's, and its administrator's token.
type keystone struct {
	t          testing.TB
	url, token string
	log        string // its file
	stop       func()
}

const keystonePassword = "a password of the administrator's"

// serveKeystone starts a Keystone in a folder of its own. It ends with its standard input.
func serveKeystone(t testing.TB) *keystone {
	t.Helper()
	need(t, "keystone-manage")
	dir := t.TempDir()
	cmd := exec.Command("/usr/bin/python3", "-W", "ignore", "keystone/serve.py", dir, keystonePassword) // where Debian's packages are
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	k := &keystone{t: t, log: filepath.Join(dir, "keystone.log")}
	stopped := false
	k.stop = func() {
		if !stopped {
			stopped = true
			_ = in.Close()
			_, _ = io.Copy(io.Discard, out)
			_ = cmd.Wait() // whatever it says of being ended
		}
	}
	t.Cleanup(k.stop)
	var port int
	line, _ := bufio.NewReader(out).ReadString('\n')
	if _, err := fmt.Sscanf(line, "ready %d", &port); err != nil {
		k.stop()
		log, _ := os.ReadFile(k.log)
		t.Fatalf("keystone did not come up: %q\n%s\n%s", line, said.String(), log)
	}
	k.url = fmt.Sprintf("http://127.0.0.1:%d/v3", port)
	k.token = k.login("admin", keystonePassword, "admin")
	return k
}

// call does one request as the administrator and gives the status, the header and the answer.
func (k *keystone) call(method, path string, body any, headers ...string) (*http.Response, map[string]any) {
	k.t.Helper()
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			k.t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(k.t.Context(), method, k.url+path, in)
	if err != nil {
		k.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Auth-Token", k.token)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		k.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	_ = json.NewDecoder(resp.Body).Decode(&answer) // some have none
	if resp.StatusCode > 299 {
		log, _ := os.ReadFile(k.log)
		k.t.Fatalf("keystone: %s %s: %d %v\n%s", method, path, resp.StatusCode, answer, log[max(0, len(log)-3000):])
	}
	return resp, answer
}

type object = map[string]any

// make makes a project, user, service or endpoint, and gives its id.
func (k *keystone) make(kind string, attrs object) string {
	k.t.Helper()
	_, answer := k.call(http.MethodPost, "/"+kind+"s", object{kind: attrs})
	return answer[kind].(object)["id"].(string)
}

// person makes a user with a role in a project.
func (k *keystone) person(name, role, project string) {
	k.t.Helper()
	user := k.make("user", object{"name": name, "password": "of " + name, "domain_id": "default"})
	_, found := k.call(http.MethodGet, "/roles?name="+role, nil)
	id := found["roles"].([]any)[0].(object)["id"].(string)
	k.call(http.MethodPut, "/projects/"+project+"/users/"+user+"/roles/"+id, nil)
}

// login gives a user's token in a project.
func (k *keystone) login(user, password, project string) string {
	k.t.Helper()
	here := object{"name": "Default"}
	resp, _ := k.call(http.MethodPost, "/auth/tokens", object{"auth": object{
		"identity": object{"methods": []string{"password"}, "password": object{"user": object{"name": user, "domain": here, "password": password}}},
		"scope":    object{"project": object{"name": project, "domain": here}},
	}})
	return resp.Header.Get("X-Subject-Token")
}

// behind starts a controller that asks the Keystone, which has it in its catalogue.
func (k *keystone) behind(t testing.TB, flags ...string) controller {
	t.Helper()
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte(keystonePassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := serve(t, append([]string{
		"--auth", "keystone", "--keystone-url", k.url, "--keystone-user", "admin", "--keystone-project", "admin",
		"--keystone-password-file", password,
	}, flags...)...)
	service := k.make("service", object{"type": "network", "name": "weft"})
	k.make("endpoint", object{"service_id": service, "interface": "public", "url": c.url, "region_id": "RegionOne"})
	return c
}

// as is the environment of somebody who types openstack.
func (k *keystone) as(t testing.TB, user, project string) []string {
	return []string{
		"OS_AUTH_URL=" + k.url, "OS_USERNAME=" + user, "OS_PASSWORD=of " + user, "OS_PROJECT_NAME=" + project,
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
	blue := k.make("project", object{"name": "blue", "domain_id": "default"})
	green := k.make("project", object{"name": "green", "domain_id": "default"})
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
		if code, body := c.status(t, "/v2.0/networks", k.token); code != http.StatusOK || strings.Count(body, `"name":"a-net"`) != 1 {
			t.Errorf("the administrator: %d %s", code, body)
		}
		if code, _ := c.status(t, "/v1/status", k.login("ann", "of ann", "blue")); code != http.StatusForbidden {
			t.Errorf("a member at /v1/status: %d", code)
		}
		if code, _ := c.status(t, "/v1/status", c.token); code != http.StatusOK {
			t.Errorf("the controller's own token: %d", code)
		}
	})
	t.Run("revoked", func(t *testing.T) { revoke(t, k, c) })
	t.Run("away", func(t *testing.T) { outage(t, k, c) })
}

func revoke(t *testing.T, k *keystone, c controller) {
	token := k.login("ann", "of ann", "blue")
	if code, body := c.status(t, "/v2.0/networks", token); code != http.StatusOK {
		t.Fatalf("a good token: %d %s", code, body)
	}
	k.call(http.MethodDelete, "/auth/tokens", nil, "X-Subject-Token: "+token)
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

func outage(t *testing.T, k *keystone, c controller) {
	known, unknown := k.login("rea", "of rea", "blue"), k.login("bob", "of bob", "green")
	if code, body := c.status(t, "/v2.0/networks", known); code != http.StatusOK {
		t.Fatalf("a good token: %d %s", code, body)
	}
	k.stop()
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
