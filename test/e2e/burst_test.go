package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"weft/client"
	"weft/lab"
)

const perBulk = 3

// answered is what a burst of requests was told.
type answered struct {
	mu    sync.Mutex
	names map[string]bool
	half  chan struct{} // closed at the answer number enough
}

// The controller is killed in the middle of a burst of creates: after its restart every answered one is there, and none is
// half there: each request made several ports at once, and each port has its address.
func controllerDiesInABurst(t *testing.T, c *cloud) {
	got := &answered{names: map[string]bool{}, half: make(chan struct{})}
	token, err := os.ReadFile(c.lab.TokenFile())
	if err != nil {
		t.Fatal(err)
	}
	var burst sync.WaitGroup
	for worker := range 8 {
		burst.Go(func() { c.burst(worker, strings.TrimSpace(string(token)), got) })
	}
	<-got.half
	c.kill(t, lab.MachineController, lab.ServiceController)
	burst.Wait()
	c.start(t, lab.MachineController, lab.ServiceController)
	ports, err := c.api.Ports().List(t.Context(), url.Values{"device_id": {"burst"}})
	if err != nil {
		t.Fatal(err)
	}
	checkBurst(t, ports, got.names)
	for i := range ports {
		if i%10 == 0 { // each delete waits for hosts: one for all is enough
			continue
		}
		if code, err := c.request(http.MethodDelete, "/v2.0/ports/"+ports[i].ID, string(token), ""); err != nil || code != http.StatusNoContent {
			t.Fatalf("delete port: %d %v", code, err)
		}
	}
}

// burst makes ports, several at a time, until the controller is gone.
func (c *cloud) burst(worker int, token string, got *answered) {
	for i := 0; ; i++ {
		name := fmt.Sprintf("burst-%d-%d", worker, i)
		one := fmt.Sprintf(`{"network_id":%q,"name":%q,"device_id":"burst"}`, c.network.ID, name)
		body := `{"ports":[` + strings.Join([]string{one, one, one}, ",") + `]}`
		code, err := c.request(http.MethodPost, "/v2.0/ports", token, body)
		if err != nil || code != http.StatusCreated {
			got.mu.Lock()
			defer got.mu.Unlock()
			if len(got.names) < enough { // it failed for another reason
				got.names[fmt.Sprintf("%s got %d %v", name, code, err)] = true
			}
			return
		}
		got.add(name)
	}
}

const enough = 20

func (a *answered) add(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.names[name] = true
	if len(a.names) == enough {
		close(a.half)
	}
}

func (c *cloud) request(method, path, token, body string) (int, error) {
	req, err := http.NewRequest(method, c.lab.Endpoint()+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("X-Auth-Token", strings.TrimSpace(token))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

func checkBurst(t *testing.T, ports []client.Port, want map[string]bool) {
	t.Helper()
	have, addresses := map[string]int{}, map[string]bool{}
	for _, p := range ports {
		have[p.Name]++
		if len(p.FixedIPs) != 1 || p.MACAddress == "" || addresses[p.FixedIPs[0].IPAddress] {
			t.Errorf("port %s is half there, or has another's address: %+v", p.Name, p)
			continue
		}
		addresses[p.FixedIPs[0].IPAddress] = true
	}
	for name := range want {
		if have[name] != perBulk {
			t.Errorf("%d ports are there of the answered request %s, want %d", have[name], name, perBulk)
		}
	}
	for name, n := range have {
		if n != perBulk {
			t.Errorf("%d ports of request %s are there, want all %d or none", n, name, perBulk)
		}
	}
	t.Logf("%d requests were answered, %d are there", len(want), len(have))
}
