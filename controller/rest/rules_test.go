package rest

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// thing is an object of the estate, and what rules ask about it.
type thing struct {
	name             string // in the path
	owner, network   string // project that owns it, and its network
	shared, external bool
	new              bool // it is to be made, by who asks
}

// fill names a subnet of the thing's network, and an address on it.
func (o thing) fill(body string) string {
	if o.network == "b" {
		return strings.NewReplacer("SUBNET", "{b-shared-sub}", "ADDRESS", "10.0.9.88").Replace(body)
	}
	return strings.NewReplacer("SUBNET", "{a-sub}", "ADDRESS", "10.0.0.88").Replace(body)
}

// things are the objects that questions are about, by resource.
func things() map[string][]thing {
	return map[string][]thing{
		"network": {
			{name: "{a-net}", owner: "a", network: "a"}, {name: "{b-shared}", owner: "b", network: "b", shared: true}, {name: "{ext}", external: true},
		},
		"subnet": {
			{name: "{a-sub}", owner: "a", network: "a"}, {name: "{b-shared-sub}", owner: "b", network: "b", shared: true},
			{name: "{b-on-a-sub}", owner: "b", network: "a"}, {name: "{ext-sub}"},
		},
		"port": {
			{name: "{a-spare}", owner: "a", network: "a"}, {name: "{b-on-a}", owner: "b", network: "a"},
			{name: "{a-guest}", owner: "a", network: "b", shared: true},
		},
		"router":                  {{name: "{a-router}", owner: "a"}},
		"floatingip":              {{name: "{a-fip}", owner: "a"}},
		"trunk":                   {{name: "{a-trunk}", owner: "a"}},
		"subnetpool":              {{name: "{a-pool}", owner: "a"}, {name: "{b-shared-pool}", owner: "b", shared: true}},
		"address_scope":           {{name: "{a-scope}", owner: "a"}, {name: "{b-shared-scope}", owner: "b", shared: true}},
		"rbac_policy":             {{name: "{a-policy}", owner: "a"}},
		"port_forwarding":         {{name: "{a-forward}", owner: "a"}},
		"agent":                   {{name: "{agent}"}},
		"network_ip_availability": {{name: "{a-net}", owner: "a", network: "a"}},
		"availability_zone":       {{name: "network"}},
		"service_provider":        {{name: "dvr"}},
	}
}

// policies are Neutron's rules.
func policies(t *testing.T) map[string][]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/policies.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for line := range strings.Lines(string(raw)) {
		if name, who, ok := strings.Cut(strings.TrimSpace(line), " = "); ok && !strings.HasPrefix(line, "#") {
			out[name] = strings.Fields(who)
		}
	}
	return out
}

// otherwise are the rules in which weft departs from those, and why.
var otherwise = map[string]struct{ who, why string }{
	"get_availability_zone":        {"everyone", "anybody may give it as a hint, and later releases show it"},
	"get_port":                     {"reader network-owner", "as before roles, and later again: who owns a network sees what is on it"},
	"update_port:resource_request": {"", "Neutron lets nobody give it, weft takes the null of admins"},
	"get_subnet":                   {"reader shared network-owner", "later releases: who may change it can look at it"},
	"delete_port":                  {"member network-owner", "as before roles, and later again: who owns a network can clear it"},
	"get_network:router:external":  {"reader shared external", "clients look for external networks by it"},
}

// rule is who may do a thing; attributes without a rule follow that of the object.
func rule(rules map[string][]string, name string) ([]string, bool) {
	if o, ok := otherwise[name]; ok {
		return strings.Fields(o.who), true
	}
	who, ok := rules[name]
	return who, ok
}

// fits says whether a rule lets somebody do a thing to an object, where given is the value of the attribute in question.
func fits(who []string, project, role string, o thing, looks bool, given string) bool {
	member := role == "member"
	reads := member || role == "reader"
	does := member || looks && reads
	return slices.ContainsFunc(who, func(word string) bool {
		switch word {
		case "everyone":
			return reads
		case "member", "parent-owner":
			return member && o.owner == project
		case "reader":
			return reads && o.owner == project
		case "network-owner":
			return does && o.network == project
		case "shared":
			return does && o.shared
		case "external":
			return reads && o.external
		case "ordinary-owner":
			return member && !strings.Contains(given, "network:")
		case "one-project":
			return member && given != `"*"`
		}
		return false
	})
}

// particular are values of attributes that want certain ones; none of them are for others to try.
var particular = map[string][]string{
	"dns_domain": {`"x.example."`}, "prefixes": {`["10.64.0.0/16", "10.65.0.0/16", "10.66.0.0/16"]`},
	"default_prefixlen": {"26"}, "min_prefixlen": {"8"}, "max_prefixlen": {"30"}, "address_scope_id": {"null"},
	"address_scope.shared": {"true"}, "gateway_ip": {"null"}, "service_types": {`["compute:nova"]`},
	"device_owner":        {`"compute:nova"`, `"network:dhcp"`},
	"target_tenant":       {`"y"`},
	"floating_ip_address": {`"203.0.113.77"`}, "floatingip.subnet_id": {`"{ext-sub}"`}, "port_id": {"null"}, "fixed_ip_address": {"null"},
	"fixed_ips":             {`[{"subnet_id": "SUBNET"}]`, `[{"subnet_id": "SUBNET", "ip_address": "ADDRESS"}]`},
	"mac_address":           {`"fa:16:3e:00:00:99"`},
	"allowed_address_pairs": {`[{"ip_address": "10.0.0.77"}]`, `[{"ip_address": "10.0.0.77", "mac_address": "fa:16:3e:00:00:98"}]`},
	"extra_dhcp_opts":       {`[{"opt_name": "mtu", "opt_value": "1400"}]`},
	"external_gateway_info": {`{"network_id": "{ext}"}`, `{"network_id": "{ext}", "enable_snat": true}`, `{"network_id": "{ext}", "external_fixed_ips": [{"ip_address": "203.0.113.99"}]}`},
	"binding:profile":       {`{"x": 1}`},
	"binding:host_id":       {`"h1"`},
}

// beginning is what a new object needs, as members of a body, and what rules ask about it.
type beginning struct {
	members string
	thing   thing
	rule    string // that a required attribute asks for
}

var beginnings = map[string][]beginning{
	"network":       {{}},
	"subnet":        {{members: `"network_id": "{a-net}", "ip_version": 4, "cidr": "10.99.0.0/24"`, thing: thing{network: "a"}}},
	"port":          {{members: `"network_id": "{a-net}"`, thing: thing{network: "a"}}, {members: `"network_id": "{b-shared}"`, thing: thing{network: "b", shared: true}}},
	"router":        {{}},
	"floatingip":    {{members: `"floating_network_id": "{ext}"`}},
	"trunk":         {{members: `"port_id": "{a-spare}"`, thing: thing{network: "a"}}},
	"subnetpool":    {{members: `"name": "n", "prefixes": ["10.80.0.0/16"]`}},
	"address_scope": {{members: `"ip_version": 4`}},
	"rbac_policy": {
		{members: `"object_type": "network", "object_id": "{a-net}", "action": "access_as_shared", "target_tenant": "y"`, thing: thing{network: "a"}},
		{members: `"object_type": "network", "object_id": "{a-net}", "action": "access_as_shared", "target_tenant": "*"`, thing: thing{network: "a"},
			rule: "create_rbac_policy:target_tenant"},
	},
	"port_forwarding": {{
		members: `"protocol": "udp", "external_port": 9, "internal_port": 9, "internal_port_id": "{a-spare}"`, thing: thing{network: "a"},
	}},
}

// companions are attributes that can only be given together with others; those that have a rule are tried elsewhere.
var companions = []string{
	"network.provider:physical_network", "network.provider:segmentation_id", "subnet.ip_version", "subnet.cidr", "subnet.ipv6_ra_mode",
	"subnet.ipv6_address_mode", "subnet.subnetpool_id", "subnet.prefixlen", "subnet.use_default_subnetpool", "floatingip.dns_name",
	"floatingip.dns_domain", "port_forwarding.internal_ip_address", "port_forwarding.external_port", "port_forwarding.internal_port",
}
