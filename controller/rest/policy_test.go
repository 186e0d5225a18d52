package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"weft/controller/auth"
)

// people is an authenticator that takes the token for the caller's name.
type people map[string]auth.Caller

func (p people) Authenticate(r *http.Request) (auth.Caller, error) {
	c, ok := p[r.Header.Get("X-Auth-Token")]
	if !ok {
		return c, auth.ErrDenied
	}
	return c, nil
}

func callers() people {
	of := func(project string, roles ...string) auth.Caller {
		return auth.Caller{UserID: "someone", ProjectID: project, Roles: roles, Admin: slices.Contains(roles, auth.RoleAdmin)}
	}
	return people{
		testToken: {UserID: "admin", Admin: true},
		"admin":   of("ops", "admin"),
		"a":       of("a", "member"),
		"a-reads": of("a", "reader"),
		"a-other": of("a", "heat_stack_user"),
		"b":       of("b", "member"),
		"b-reads": of("b", "reader"),
		"nowhere": of("", "member"),
	}
}

// estate is a cloud of two projects: each has a network with a subnet, a port on it, a router and a floating IP. b also
// has a shared network, and a port on a's network. The external network belongs to nobody.
type estate struct {
	*world
	ids map[string]string
}

func newEstate(t testing.TB) *estate {
	t.Helper()
	e := &estate{newWorld(t, func(c *Config) { c.Auth = callers() }), map[string]string{}}
	e.make("ext", "network", `{"router:external": true}`)
	e.make("ext-sub", "subnet", `{"network_id": "{ext}", "ip_version": 4, "cidr": "203.0.113.0/24"}`)
	for i, p := range []string{"a", "b"} {
		own := fmt.Sprintf(`"project_id": "%s"`, p)
		e.make(p+"-net", "network", "{"+own+"}")
		e.make(p+"-sub", "subnet", fmt.Sprintf(`{%s, "network_id": "{%s-net}", "ip_version": 4, "cidr": "10.0.%d.0/24"}`, own, p, i))
		e.make(p+"-port", "port", fmt.Sprintf(`{%s, "network_id": "{%s-net}"}`, own, p))
		e.make(p+"-router", "router", fmt.Sprintf(`{%s, "external_gateway_info": {"network_id": "{ext}"}}`, own))
		e.must("PUT", e.fill("/v2.0/routers/{"+p+"-router}/add_router_interface"), e.fill(`{"subnet_id": "{`+p+`-sub}"}`))
		e.make(p+"-fip", "floatingip", fmt.Sprintf(`{%s, "floating_network_id": "{ext}", "port_id": "{%s-port}"}`, own, p))
	}
	e.make("b-shared", "network", `{"project_id": "b", "shared": true}`)
	e.make("b-shared-sub", "subnet", `{"project_id": "b", "network_id": "{b-shared}", "ip_version": 4, "cidr": "10.0.9.0/24"}`)
	e.make("b-on-a", "port", `{"project_id": "b", "network_id": "{a-net}"}`)
	e.make("a-spare", "port", `{"project_id": "a", "network_id": "{a-net}"}`)
	e.make("a-parent", "port", `{"project_id": "a", "network_id": "{a-net}"}`)
	e.make("a-guest", "port", `{"project_id": "a", "network_id": "{b-shared}"}`)
	e.make("a-trunk", "trunk", `{"project_id": "a", "port_id": "{a-parent}"}`)
	return e
}

func (e *estate) make(name, kind, attrs string) {
	e.t.Helper()
	o := e.must("POST", "/v2.0/"+kind+"s", fmt.Sprintf(`{%q: %s}`, kind, e.fill(attrs)))
	e.ids[name] = o["id"].(string)
}

// fill puts ids in the place of names in braces.
func (e *estate) fill(s string) string {
	for name, id := range e.ids {
		s = strings.ReplaceAll(s, "{"+name+"}", id)
	}
	return s
}

func (e *estate) as(who, method, path, body string) reply {
	e.t.Helper()
	return e.do(method, e.fill(path), e.fill(body), "X-Auth-Token: "+who)
}

// names turns ids of an answer back into names.
func (e *estate) names(got reply) []string {
	out := []string{}
	for _, id := range got.list("id") {
		for name, have := range e.ids {
			if have == id {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

type ruling struct {
	who, request, body string
	want               int
	kind               string // of the error
}

func TestWhoMayDoWhatToNetworksAndSubnets(t *testing.T) {
	t.Parallel()
	judge(t, []ruling{
		{"a", "GET networks/{a-net}", ``, 200, ""},
		{"a-reads", "GET networks/{a-net}", ``, 200, ""},
		{"a-other", "GET networks/{a-net}", ``, 403, "PolicyNotAuthorized"},
		{"a", "GET networks/{b-net}", ``, 404, "NetworkNotFound"},
		{"a", "GET networks/{b-shared}", ``, 200, ""},
		{"a", "GET networks/{ext}", ``, 200, ""},
		{"nowhere", "GET networks/{a-net}", ``, 404, "NetworkNotFound"},
		{"admin", "GET networks/{b-net}", ``, 200, ""},

		{"a", "POST networks", `{"network": {}}`, 201, ""},
		{"a-reads", "POST networks", `{"network": {}}`, 403, "PolicyNotAuthorized"},
		{"nowhere", "POST networks", `{"network": {}}`, 403, "PolicyNotAuthorized"},
		{"a", "POST networks", `{"network": {"project_id": "a"}}`, 201, ""},
		{"a", "POST networks", `{"network": {"project_id": "b"}}`, 400, "HTTPBadRequest"},
		{"a", "POST networks", `{"network": {"tenant_id": "b"}}`, 400, "HTTPBadRequest"},
		{"admin", "POST networks", `{"network": {"project_id": "b"}}`, 201, ""},
		{"a", "POST networks", `{"network": {"shared": true}}`, 403, "PolicyNotAuthorized"},
		{"a", "POST networks", `{"network": {"shared": "yes"}}`, 403, "PolicyNotAuthorized"},
		{"a", "POST networks", `{"network": {"shared": false, "router:external": "False"}}`, 201, ""},
		{"a", "POST networks", `{"network": {"router:external": true}}`, 403, "PolicyNotAuthorized"},
		{"a", "POST networks", `{"network": {"provider:network_type": "vxlan"}}`, 403, "PolicyNotAuthorized"},
		{"a", "POST networks", `{"network": {"provider:segmentation_id": 7}}`, 403, "PolicyNotAuthorized"},
		{"a", "POST networks", `{"networks": [{}, {"shared": true}]}`, 403, "PolicyNotAuthorized"},
		{"a", "PUT networks/{a-net}", `{"network": {"name": "x"}}`, 200, ""},
		{"a", "PUT networks/{a-net}", `{"network": {"shared": true}}`, 403, "PolicyNotAuthorized"},
		{"a-reads", "PUT networks/{a-net}", `{"network": {"name": "x"}}`, 403, "PolicyNotAuthorized"},
		{"a", "PUT networks/{b-net}", `{"network": {"name": "x"}}`, 404, "NetworkNotFound"},
		{"a", "PUT networks/{b-shared}", `{"network": {"name": "x"}}`, 403, "PolicyNotAuthorized"},
		{"a", "DELETE networks/{b-shared}", ``, 403, "PolicyNotAuthorized"},
		{"a", "DELETE networks/{ext}", ``, 403, "PolicyNotAuthorized"},
		{"a-reads", "DELETE networks/{a-net}", ``, 403, "PolicyNotAuthorized"},
		{"a", "DELETE networks/{a-net}", ``, 409, "NetworkInUse"},
		{"admin", "DELETE networks/{b-shared}", ``, 409, "NetworkInUse"},
		{"b", "DELETE ports/{a-guest}", ``, 204, ""}, // it owns the network

		{"a", "GET subnets/{a-sub}", ``, 200, ""},
		{"a", "GET subnets/{b-sub}", ``, 404, "SubnetNotFound"},
		{"a", "GET subnets/{b-shared-sub}", ``, 200, ""},
		{"a", "GET subnets/{ext-sub}", ``, 404, "SubnetNotFound"},
		{"a", "POST subnets", `{"subnet": {"network_id": "{a-net}", "ip_version": 4, "cidr": "10.9.0.0/24"}}`, 201, ""},
		{"a", "POST subnets", `{"subnet": {"network_id": "{b-net}", "ip_version": 4, "cidr": "10.9.0.0/24"}}`, 404, "NetworkNotFound"},
		{"a", "POST subnets", `{"subnet": {"network_id": "{b-shared}", "ip_version": 4, "cidr": "10.9.0.0/24"}}`, 403, "PolicyNotAuthorized"},
		{"a", "PUT subnets/{b-shared-sub}", `{"subnet": {"name": "x"}}`, 403, "PolicyNotAuthorized"},
		{"a", "PUT subnets/{a-sub}", `{"subnet": {"name": "x"}}`, 200, ""},

		{"a", "GET networks/{a-net}/tags", ``, 200, ""},
		{"a", "GET networks/{b-net}/tags", ``, 404, "TagResourceNotFound"},
		{"a", "GET networks/{b-net}/tags/x", ``, 404, "TagResourceNotFound"},
		{"a", "PUT networks/{a-net}/tags/x", ``, 201, ""},
		{"a-reads", "PUT networks/{a-net}/tags/x", ``, 403, "PolicyNotAuthorized"},
		{"a", "PUT networks/{b-shared}/tags/x", ``, 404, "HTTPNotFound"},
	})
}

func TestWhoMayDoWhatToPorts(t *testing.T) {
	t.Parallel()
	on := func(net, rest string) string { return `{"port": {"network_id": "{` + net + `}"` + rest + `}}` }
	judge(t, []ruling{
		{"a", "GET ports/{a-port}", ``, 200, ""},
		{"a", "GET ports/{b-port}", ``, 404, "PortNotFound"},
		{"a", "GET ports/{b-on-a}", ``, 200, ""}, // it owns the network
		{"b", "GET ports/{b-on-a}", ``, 200, ""},
		{"b", "GET ports/{a-port}", ``, 404, "PortNotFound"},
		{"a", "POST ports", on("a-net", ``), 201, ""},
		{"a-reads", "POST ports", on("a-net", ``), 403, "PolicyNotAuthorized"},
		{"a", "POST ports", on("b-net", ``), 404, "NetworkNotFound"},
		{"a", "POST ports", on("b-shared", ``), 201, ""},
		{"a", "POST ports", on("b-shared", `, "project_id": "b"`), 400, "HTTPBadRequest"},
		{"a", "POST ports", on("b-shared", `, "fixed_ips": [{"subnet_id": "{b-shared-sub}"}]`), 201, ""},
		{"a", "POST ports", on("b-shared", `, "fixed_ips": [{"ip_address": "10.0.9.9"}]`), 403, "PolicyNotAuthorized"},
		{"a", "POST ports", on("a-net", `, "fixed_ips": [{"ip_address": "10.0.0.99"}]`), 201, ""},
		{"a", "POST ports", on("b-shared", `, "mac_address": "fa:16:3e:00:00:99"`), 403, "PolicyNotAuthorized"},
		{"a", "POST ports", on("a-net", `, "mac_address": "fa:16:3e:00:00:99"`), 201, ""},
		{"a", "POST ports", on("b-shared", `, "port_security_enabled": false`), 403, "PolicyNotAuthorized"},
		{"a", "POST ports", on("a-net", `, "port_security_enabled": false`), 201, ""},
		{"a", "POST ports", on("b-shared", `, "allowed_address_pairs": [{"ip_address": "10.0.9.9"}]`), 403, "PolicyNotAuthorized"},
		{"a", "POST ports", on("a-net", `, "allowed_address_pairs": [{"ip_address": "10.0.0.9"}]`), 201, ""},
		{"a", "POST ports", on("b-shared", `, "device_owner": "network:dhcp"`), 403, "PolicyNotAuthorized"},
		{"a", "POST ports", on("b-shared", `, "device_owner": "compute:nova"`), 201, ""},
		{"a", "POST ports", on("a-net", `, "binding:host_id": "h1"`), 403, "PolicyNotAuthorized"},
		{"a", "POST ports", on("a-net", `, "binding:profile": {}`), 403, "PolicyNotAuthorized"},
		{"a", "POST ports", on("a-net", `, "binding:vnic_type": "normal"`), 201, ""},
		{"admin", "POST ports", on("a-net", `, "binding:host_id": "h1"`), 201, ""},
		{"a", "PUT ports/{a-port}", `{"port": {"name": "x"}}`, 200, ""},
		{"a", "PUT ports/{a-port}", `{"port": {"mac_address": "fa:16:3e:00:00:99"}}`, 403, "PolicyNotAuthorized"},
		{"a", "PUT ports/{b-on-a}", `{"port": {"name": "x"}}`, 403, "PolicyNotAuthorized"},
		{"b", "PUT ports/{b-on-a}", `{"port": {"fixed_ips": [{"ip_address": "10.0.0.77"}]}}`, 403, "PolicyNotAuthorized"},
		{"b", "PUT ports/{b-on-a}", `{"port": {"allowed_address_pairs": [{"ip_address": "0.0.0.0/0"}]}}`, 403, "PolicyNotAuthorized"},
		{"b", "PUT ports/{b-on-a}", `{"port": {"device_owner": "network:router_gateway"}}`, 403, "PolicyNotAuthorized"},
		{"a", "DELETE ports/{b-on-a}", ``, 204, ""},
		{"a", "DELETE ports/{b-port}", ``, 404, "PortNotFound"},
		{"a-reads", "DELETE ports/{a-spare}", ``, 403, "PolicyNotAuthorized"},
		{"a", "DELETE ports/{a-spare}", ``, 204, ""},
	})
}

func TestWhoMayDoWhatToRoutersFloatingIPsAndTrunks(t *testing.T) {
	t.Parallel()
	judge(t, []ruling{
		{"a", "GET routers/{b-router}", ``, 404, "RouterNotFound"},
		{"a", "POST routers", `{"router": {"external_gateway_info": {"network_id": "{ext}"}}}`, 201, ""},
		{"a", "POST routers", `{"router": {"external_gateway_info": {"network_id": "{b-net}"}}}`, 404, "NetworkNotFound"},
		{"a", "POST routers", `{"router": {"external_gateway_info": {"network_id": "{ext}", "enable_snat": false}}}`, 403, "PolicyNotAuthorized"},
		{"a", "POST routers", `{"router": {"external_gateway_info": {"network_id": "{ext}", "external_fixed_ips": [{"ip_address": "203.0.113.9"}]}}}`, 403, "PolicyNotAuthorized"},
		{"a", "POST routers", `{"router": {"distributed": true}}`, 403, "PolicyNotAuthorized"},
		{"admin", "POST routers", `{"router": {"distributed": true, "ha": false}}`, 201, ""},
		{"a", "PUT routers/{a-router}", `{"router": {"external_gateway_info": {"network_id": "{ext}", "enable_snat": true}}}`, 403, "PolicyNotAuthorized"},
		{"a", "PUT routers/{b-router}", `{"router": {"name": "x"}}`, 404, "RouterNotFound"},
		{"a", "PUT routers/{a-router}/add_router_interface", `{"subnet_id": "{b-sub}"}`, 404, "SubnetNotFound"},
		{"a", "PUT routers/{a-router}/add_router_interface", `{"port_id": "{b-port}"}`, 404, "PortNotFound"},
		{"a", "PUT routers/{a-router}/add_router_interface", `{"port_id": "{b-on-a}"}`, 404, "HTTPNotFound"},
		{"a", "PUT routers/{a-router}/add_router_interface", `{"subnet_id": "{b-shared-sub}"}`, 400, "BadRequest"},
		{"a", "PUT routers/{a-router}", `{"router": {"weft:interfaces": [{"subnet_id": "{b-shared-sub}"}]}}`, 400, "BadRequest"},
		{"admin", "PUT routers/{a-router}/add_router_interface", `{"subnet_id": "{b-shared-sub}"}`, 200, ""},
		{"a", "POST routers", `{"router": {"external_gateway_info": {"network_id": "{ext}", "external_fixed_ips": [{"subnet_id": "{b-sub}"}]}}}`, 403, "PolicyNotAuthorized"},
		{"a", "POST floatingips", `{"floatingip": {"floating_network_id": "{ext}", "floating_ip_address": null}}`, 201, ""},
		{"a-reads", "PUT routers/{a-router}/add_router_interface", `{"subnet_id": "{b-shared-sub}"}`, 403, "PolicyNotAuthorized"},
		{"a", "PUT routers/{b-router}/remove_router_interface", `{"subnet_id": "{b-sub}"}`, 404, "RouterNotFound"},
		{"a", "PUT routers/{b-router}/add_extraroutes", `{"router": {"routes": []}}`, 404, "RouterNotFound"},
		{"a", "PUT /v1/routers/{a-router}/gateway-host", `{"host": "h1"}`, 403, "PolicyNotAuthorized"},
		{"a", "DELETE routers/{b-router}", ``, 404, "RouterNotFound"},

		{"a", "GET floatingips/{a-fip}", ``, 200, ""},
		{"a", "GET floatingips/{b-fip}", ``, 404, "FloatingIPNotFound"},
		{"a", "POST floatingips", `{"floatingip": {"floating_network_id": "{ext}"}}`, 201, ""},
		{"a", "POST floatingips", `{"floatingip": {"floating_network_id": "{b-net}"}}`, 404, "NetworkNotFound"},
		{"a", "POST floatingips", `{"floatingip": {"floating_network_id": "{ext}", "floating_ip_address": "203.0.113.9"}}`, 403, "PolicyNotAuthorized"},
		{"a", "POST floatingips", `{"floatingip": {"floating_network_id": "{ext}", "port_id": "{b-port}"}}`, 404, "PortNotFound"},
		{"a", "POST floatingips", `{"floatingip": {"floating_network_id": "{ext}", "subnet_id": "{ext-sub}"}}`, 201, ""},
		{"a", "PUT routers/{a-router}", `{"router": {"weft:interfaces": [{"subnet_id": "{b-sub}"}]}}`, 404, "SubnetNotFound"},
		{"a", "PUT floatingips/{a-fip}", `{"floatingip": {"port_id": "{a-spare}"}}`, 200, ""},
		{"a", "PUT floatingips/{a-fip}", `{"floatingip": {"port_id": "{b-on-a}"}}`, 400, "BadRequest"},
		{"a", "PUT floatingips/{b-fip}", `{"floatingip": {"port_id": null}}`, 404, "FloatingIPNotFound"},
		{"a", "DELETE floatingips/{b-fip}", ``, 404, "FloatingIPNotFound"},
		{"a-reads", "DELETE floatingips/{a-fip}", ``, 403, "PolicyNotAuthorized"},

		{"a", "GET trunks/{a-trunk}", ``, 200, ""},
		{"b", "GET trunks/{a-trunk}", ``, 404, "TrunkNotFound"},
		{"b", "GET trunks/{a-trunk}/get_subports", ``, 404, "TrunkNotFound"},
		{"a", "PUT trunks/{a-trunk}/add_subports", `{"sub_ports": [{"port_id": "{a-guest}", "segmentation_id": 5}]}`, 200, ""},
		{"a", "PUT trunks/{a-trunk}/add_subports", `{"sub_ports": [{"port_id": "{b-port}", "segmentation_id": 5}]}`, 404, "PortNotFound"},
		{"a", "PUT trunks/{a-trunk}/add_subports", `{"sub_ports": [{"port_id": "{b-on-a}", "segmentation_id": 5}]}`, 404, "HTTPNotFound"},
		{"b", "PUT trunks/{a-trunk}/remove_subports", `{"sub_ports": [{"port_id": "{b-port}"}]}`, 404, "TrunkNotFound"},
		{"b", "POST trunks", `{"trunk": {"port_id": "{a-spare}"}}`, 404, "PortNotFound"},
	})
}

func TestWhoMayDoWhatToTheRest(t *testing.T) {
	t.Parallel()
	judge(t, []ruling{
		{"a", "GET quotas/a", ``, 200, ""},
		{"a-reads", "GET quotas/a/details", ``, 200, ""},
		{"a", "GET quotas/b", ``, 403, "PolicyNotAuthorized"},
		{"a", "GET quotas/b/details", ``, 403, "AdminRequired"},
		{"a", "GET quotas", ``, 403, "PolicyNotAuthorized"},
		{"a", "PUT quotas/a", `{"quota": {"network": 1}}`, 403, "PolicyNotAuthorized"},
		{"a", "DELETE quotas/a", ``, 403, "PolicyNotAuthorized"},
		{"admin", "PUT quotas/a", `{"quota": {"network": 9}}`, 200, ""},
		{"a", "GET extensions", ``, 200, ""},
		{"a", "GET /v1/resources", ``, 200, ""},
		{"a", "GET /v1/status", ``, 403, "PolicyNotAuthorized"},
		{"a", "GET /v1/hosts", ``, 403, "PolicyNotAuthorized"},
		{"a", "POST /v1/hosts", `{"host": {"name": "h9"}}`, 403, "PolicyNotAuthorized"},
		{"a", "GET /v1/hosts/h1/flows", ``, 403, "PolicyNotAuthorized"},
		{"a", "GET /v1/vteps", ``, 403, "PolicyNotAuthorized"},
		{"a", "GET /v1/check/tunnels", ``, 403, "PolicyNotAuthorized"},
		{"a", "GET /v1/trace", ``, 403, "PolicyNotAuthorized"},
		{"admin", "GET /v1/hosts", ``, 200, ""},
		{"a", "GET availability_zones", ``, 200, ""},
		{"a", "GET agents/5d9b3b2c-0000-5000-8000-000000000000", ``, 404, "AgentNotFound"},
		{"a", "GET network-ip-availabilities/{a-net}", ``, 404, "NetworkNotFound"},
		{"nobody", "GET networks", ``, 401, ""},
		{"a-other", "GET networks", ``, 403, "PolicyNotAuthorized"},
	})
}

// judge holds each ruling against a fresh estate.
func judge(t *testing.T, rulings []ruling) {
	for _, r := range rulings {
		e := newEstate(t)
		method, path, _ := strings.Cut(r.request, " ")
		if !strings.HasPrefix(path, "/") {
			path = "/v2.0/" + path
		}
		before := e.store.Snapshot().Revision()
		got := e.as(r.who, method, path, r.body)
		if kind, message := got.fault(); got.status != r.want || kind != r.kind {
			t.Errorf("%s: %s %s: %d %s %q, want %d %s", r.who, r.request, r.body, got.status, kind, message, r.want, r.kind)
		}
		if got.status >= 400 && e.store.Snapshot().Revision() != before {
			t.Errorf("%s: %s %s: refused, and yet something changed", r.who, r.request, r.body)
		}
	}
}

func TestARefusalNamesTheRulesAsNeutronDoes(t *testing.T) {
	e := newEstate(t)
	for _, tc := range []struct{ who, body, want string }{
		{"a-reads", `{"network": {}}`, "rule:create_network is disallowed by policy"},
		{"a", `{"network": {"shared": true}}`, "(rule:create_network and rule:create_network:shared) is disallowed by policy"},
		{"a", `{"network": {"project_id": "b"}}`, "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin privileges"},
	} {
		if _, got := e.as(tc.who, "POST", "/v2.0/networks", tc.body).fault(); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.body, got, tc.want)
		}
	}
}

func TestListsHaveWhatTheirCallerMaySee(t *testing.T) {
	e := newEstate(t)
	for _, tc := range []struct{ who, path, want string }{
		{"a", "networks", "a-net b-shared ext"},
		{"b", "networks", "b-net b-shared ext"},
		{"nowhere", "networks", "b-shared ext"},
		{"a", "networks?id={b-net}", ""},
		{"a", "networks?project_id=b", "b-shared"},
		{"a", "subnets", "a-sub b-shared-sub"},
		{"a", "ports?device_owner=", "a-guest a-parent a-port a-spare b-on-a"},
		{"b", "ports?device_owner=", "a-guest b-on-a b-port"},
		{"b", "ports?network_id={a-net}&device_owner=", "b-on-a"},
		{"nowhere", "ports", ""},
		{"a", "routers", "a-router"},
		{"a", "floatingips", "a-fip"},
		{"b", "floatingips?floating_network_id={ext}", "b-fip"},
		{"a", "trunks", "a-trunk"},
		{"b", "trunks", ""},
		{"a", "agents", ""},
		{"a", "network-ip-availabilities", ""},
		{"admin", "routers", "a-router b-router"},
	} {
		got := e.as(tc.who, "GET", "/v2.0/"+tc.path, "")
		if names := strings.Join(e.names(got), " "); got.status != 200 || names != tc.want {
			t.Errorf("%s: GET %s: %d %q, want %q", tc.who, tc.path, got.status, names, tc.want)
		}
	}
	if got := e.as("a", "GET", "/v2.0/networks?limit=1&marker={b-net}", ""); got.status != http.StatusNotFound {
		t.Errorf("a marker that a may not see: %d", got.status)
	}
}

func TestWhatIsInternalIsForAdmins(t *testing.T) {
	e := newEstate(t)
	for path, attrs := range map[string][]string{
		"/v2.0/networks/{a-net}":    {"provider:network_type", "provider:segmentation_id"},
		"/v2.0/ports/{a-port}":      {"binding:host_id", "binding:vif_type", "binding:profile", "weft:problem"},
		"/v2.0/routers/{a-router}":  {"distributed", "ha", "weft:gateway_host"},
		"/v2.0/floatingips/{a-fip}": {"weft:problem"},
	} {
		for who, want := range map[string]bool{"a": false, "admin": true} {
			got := e.must("GET", e.fill(path), nil, "X-Auth-Token: "+who)
			for _, a := range attrs {
				if _, shown := got[a]; shown != want {
					t.Errorf("%s as %s: %s is shown: %t", path, who, a, shown)
				}
			}
		}
	}
	for _, q := range []string{"weft:asked_host_id=h1", "sort_key=binding:host_id"} {
		if got := e.as("a", "GET", "/v2.0/ports?"+q, ""); got.status != http.StatusBadRequest {
			t.Errorf("GET ports?%s: %d, want 400: it would tell what is hidden", q, got.status)
		}
	}
	if got := e.as("a", "GET", "/v2.0/ports/{a-port}?fields=binding:host_id&fields=id", ""); strings.Contains(got.text, "binding") {
		t.Errorf("asked for by name: %s", got.text)
	}
}

func TestWhatACallerMakesIsItsProjects(t *testing.T) {
	e := newEstate(t)
	got := e.must("POST", "/v2.0/networks", `{"network": {}}`, "X-Auth-Token: a")
	if got["project_id"] != "a" || got["tenant_id"] != "a" {
		t.Errorf("made by a: %v", got)
	}
	e.must("POST", "/v2.0/rbac-policies", e.fill(`{"rbac_policy": {"object_type": "network", "object_id": "{b-shared}", "action": "access_as_shared",
		"target_tenant": "a"}}`))
	leg := e.must("PUT", e.fill("/v2.0/routers/{a-router}/add_router_interface"), e.fill(`{"subnet_id": "{b-shared-sub}"}`), "X-Auth-Token: a")
	port := e.must("GET", "/v2.0/ports/"+leg["port_id"].(string), nil)
	if port["project_id"] != "a" {
		t.Errorf("the port of a's router belongs to %v", port["project_id"])
	}
}
