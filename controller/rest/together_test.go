package rest

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// together sends requests at the same time, as many clients do, and gives the answers in their order.
func (w *world) together(n int, ask func(i int) (method, path, body string, headers []string)) []reply {
	w.t.Helper()
	out, start := make([]reply, n), make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			method, path, body, headers := ask(i)
			out[i] = w.do(method, "/v2.0/"+path, body, headers...)
		})
	}
	close(start)
	all.Wait()
	return out
}

// outcomes counts answers by status and type of error.
func outcomes(all []reply) map[string]int {
	n := map[string]int{}
	for _, r := range all {
		kind, _ := r.fault()
		n[fmt.Sprintf("%d %s", r.status, kind)]++
	}
	return n
}

// deep gives an attribute of the object in an answer, or of what is first in one of its lists.
func deep(v any, attr string) string {
	switch v := v.(type) {
	case []any:
		if len(v) > 0 {
			return deep(v[0], attr)
		}
	case map[string]any:
		if own, there := v[attr]; there {
			return fmt.Sprint(own)
		}
		for _, member := range v {
			if found := deep(member, attr); found != "" {
				return found
			}
		}
	}
	return ""
}

// shared has clients compete for what there is enough of for some, and fails unless as many got one each, all different.
func (w *world) shared(t *testing.T, enough, clients int, attr, refusal string, ask func(i int) (path, body string)) {
	t.Helper()
	answers := w.together(clients, func(i int) (string, string, string, []string) {
		path, body := ask(i)
		return http.MethodPost, path, body, nil
	})
	got := map[string]bool{}
	for _, r := range answers {
		if value := deep(r.body, attr); r.status == http.StatusCreated && got[value] {
			t.Errorf("two got %s", value)
		} else if r.status == http.StatusCreated {
			got[value] = true
		}
	}
	if n := outcomes(answers); len(got) != enough || n["201 "] != enough || n[refusal] != clients-enough {
		t.Errorf("%d different ones of %d for %d clients: %v", len(got), enough, clients, n)
	}
}

func TestClientsAtTheSameTimeGetOneEachOrAreRefused(t *testing.T) {
	w := newWorld(t)
	net, ext := w.network("n"), w.must("POST", "/v2.0/networks", `{"network": {"router:external": true}}`)["id"].(string)
	subnet := w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": net, "ip_version": 4, "cidr": "10.0.0.0/27"}})["id"].(string)
	w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": ext, "ip_version": 4, "cidr": "2.2.2.0/28"}})
	pool := w.must("POST", "/v2.0/subnetpools", `{"subnetpool": {"name": "p", "prefixes": ["10.64.0.0/24"], "default_prefixlen": 28}}`)["id"].(string)
	nets := make([]string, 40)
	for i := range nets {
		nets[i] = w.network("x")
	}
	t.Run("addresses-of-a-subnet", func(t *testing.T) {
		w.shared(t, 29, 50, "ip_address", "409 IpAddressGenerationFailure", func(int) (string, string) {
			return "ports", fmt.Sprintf(`{"port": {"network_id": %q}}`, net)
		})
	})
	t.Run("floating-addresses", func(t *testing.T) {
		w.shared(t, 13, 50, "floating_ip_address", "409 IpAddressGenerationFailure", func(int) (string, string) {
			return "floatingips", fmt.Sprintf(`{"floatingip": {"floating_network_id": %q}}`, ext)
		})
	})
	t.Run("parts-of-a-pool", func(t *testing.T) {
		w.shared(t, 16, len(nets), "cidr", "409 SubnetAllocationError", func(i int) (string, string) {
			return "subnets", fmt.Sprintf(`{"subnet": {"network_id": %q, "ip_version": 4, "subnetpool_id": %q}}`, nets[i], pool)
		})
	})
	t.Run("vnis", func(t *testing.T) {
		w.shared(t, 50, 50, "provider:segmentation_id", "", func(int) (string, string) { return "networks", `{"network": {}}` })
	})
	t.Run("one-vni", func(t *testing.T) {
		w.shared(t, 1, 50, "provider:segmentation_id", "409 TunnelIdInUse", func(int) (string, string) {
			return "networks", `{"network": {"provider:network_type": "vxlan", "provider:segmentation_id": 4242}}`
		})
	})
	t.Run("a-quota", func(t *testing.T) {
		w.must("PUT", "/v2.0/quotas/few", `{"quota": {"router": 7}}`)
		w.shared(t, 7, 50, "id", "409 OverQuota", func(int) (string, string) { return "routers", `{"router": {"project_id": "few"}}` })
	})
	t.Run("one-address", func(t *testing.T) {
		id := w.do("GET", "/v2.0/ports?network_id="+net, nil).list("id")[0]
		address := deep(w.must("GET", "/v2.0/ports/"+id, nil), "ip_address")
		w.must("DELETE", "/v2.0/ports/"+id, nil)
		w.shared(t, 1, 50, "ip_address", "409 IpAddressAlreadyAllocated", func(int) (string, string) {
			return "ports", fmt.Sprintf(`{"port": {"network_id": %q, "fixed_ips": [{"subnet_id": %q, "ip_address": %q}]}}`, net, subnet, address)
		})
	})
}

func TestOfChangesAtTheSameTimeOneWins(t *testing.T) {
	w := newWorld(t)
	id, other := w.network("n"), w.network("m")
	subnet := w.must("POST", "/v2.0/subnets", fieldsOf{"subnet": fieldsOf{"network_id": other, "ip_version": 4, "cidr": "10.0.0.0/24"}})["id"].(string)
	router := w.must("POST", "/v2.0/routers", `{"router": {}}`)["id"].(string)
	revision := fmt.Sprintf("If-Match: revision_number=%v", w.must("GET", "/v2.0/networks/"+id, nil)["revision_number"])
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		won, lost                string
	}{
		{"a-revision-is-changed-once", "PUT", "networks/" + id, `{"network": {"name": "n%d"}}`, []string{revision}, "200 ", "412 RevisionNumberConstraintFailed"},
		{"an-interface-is-added-once", "PUT", "routers/" + router + "/add_router_interface", `{"subnet_id": "` + subnet + `"}`, nil, "200 ", "400 BadRequest"},
		{"an-interface-is-removed-once", "PUT", "routers/" + router + "/remove_router_interface", `{"subnet_id": "` + subnet + `"}`, nil, "200 ", "404 RouterInterfaceNotFoundForSubnet"},
		{"a-network-is-deleted-once", "DELETE", "networks/" + id, ``, nil, "204 ", "404 NetworkNotFound"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := outcomes(w.together(50, func(i int) (string, string, string, []string) {
				body := c.body
				if c.headers != nil {
					body = fmt.Sprintf(body, i)
				}
				return c.method, c.path, body, c.headers
			}))
			if n[c.won] != 1 || n[c.lost] != 49 {
				t.Errorf("%v, want one %q and 49 %q", n, c.won, c.lost)
			}
		})
	}
}

// Many at once that fail in their midst leave nothing, whatever others make meanwhile.
func TestRequestsForManyAreWholeAmongOthers(t *testing.T) {
	w := newWorld(t)
	net := w.network("n")
	port := fmt.Sprintf(`{"network_id": %q, "fixed_ips": []}`, net)
	bad := fmt.Sprintf(`{"network_id": %q, "fixed_ips": [{"ip_address": "10.9.9.9"}]}`, net)
	n := outcomes(w.together(50, func(i int) (string, string, string, []string) {
		middle := port
		if i%2 == 0 {
			middle = bad
		}
		return http.MethodPost, "ports", fmt.Sprintf(`{"ports": [%s, %s, %s]}`, port, middle, port), nil
	}))
	if ports := len(w.do("GET", "/v2.0/ports", nil).list("id")); ports != 75 || n["201 "] != 25 || n["400 InvalidInput"] != 25 {
		t.Errorf("%d ports, want 75: %v", ports, n)
	}
}
