package apply_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"weft/client"
	"weft/client/apply"
)

// Whatever cloud people may have built: an export of it builds the same on a controller without objects, of which an
// export is the same bytes; and applied where it comes from, it changes nothing.
func TestAnExportMakesTheSameCloudAgain(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := serve(rt, 1), serve(rt, 2)
		defer a.close()
		defer b.close()
		(&builder{t: rt, w: a, c: a.c, ids: map[string][]string{}}).build()
		sameAgain(rt, a, b)
	})
}

// sameAgain wants that an export of a changes nothing in a, and makes the same in b, which has no objects.
func sameAgain(t fataler, a, b *controller) {
	t.Helper()
	text := a.export()
	if p, said := a.plan(text, apply.Options{}); !p.Empty() {
		t.Fatalf("applied where it comes from, it would change:\n%s\n%s", said, text)
	}
	b.apply(text, apply.Options{})
	if diff := cmp.Diff(text, b.export()); diff != "" {
		t.Fatalf("-exported +of what was made of it:\n%s", diff)
	}
	if p, said := b.plan(text, apply.Options{}); !p.Empty() {
		t.Fatalf("a second time it would change:\n%s\n%s", said, text)
	}
}

// builder makes a cloud by random requests; what the API refuses is not in it.
type builder struct {
	t   *rapid.T
	w   *controller
	c   *client.Client
	ids map[string][]string
	n   int
}

func (b *builder) build() {
	steps := []func(){b.network, b.network, b.subnet, b.subnet, b.subnet, b.port, b.port, b.port, b.router, b.router, b.leg, b.leg,
		b.floatingIP, b.floatingIP, b.trunk, b.vtep, b.quota, b.routes, b.tags, b.share, b.share,
		b.scope, b.pool, b.pool, b.cut, b.cut, b.forwarding, b.forwarding, b.forwarding, b.odd, b.odd, b.odd, b.odd, b.odd}
	b.network()
	b.external()
	for range rapid.IntRange(0, 40).Draw(b.t, "steps") {
		steps[rapid.IntRange(0, len(steps)-1).Draw(b.t, "step")]()
	}
}

func (b *builder) make(r client.Resource, attrs client.Object) string {
	o, err := b.c.Create(context.Background(), r, attrs)
	if !b.allowed(err) {
		return ""
	}
	id := r.IDOf(o)
	b.ids[r.Singular] = append(b.ids[r.Singular], id)
	return id
}

// allowed reports whether a request was done; a refusal is fine, anything else ends the test.
func (b *builder) allowed(err error) bool {
	var refused *client.Error
	if err != nil && (!errors.As(err, &refused) || refused.Status >= 500) {
		b.t.Fatal(err)
	}
	return err == nil
}

func (b *builder) pick(r client.Resource) string {
	ids := b.ids[r.Singular]
	if len(ids) == 0 {
		return "00000000-0000-4000-8000-00000000dead"
	}
	return rapid.SampledFrom(ids).Draw(b.t, r.Singular)
}

func (b *builder) flip(what string) bool { return rapid.Bool().Draw(b.t, what) }

// named starts an object with a name that is none, is another's too, or looks like something else.
func (b *builder) named() client.Object {
	o := client.Object{"name": rapid.SampledFrom([]string{
		"", "", "web", "web", "x", "null", "true", "1", "0x10", "# c", "a: b", "- y", "web#1", "é\u0085\u2028", "line\nline", " pad ", "~", "2001:db8::1",
		"{}", "[", "'", "\"", "\\", "%", "@", "!!str", "&a", "*a", "port#1", "router#1", "network#1", "<<", "=", "1_000", "2026-01-01", "0o7",
	}).Draw(b.t, "name")}
	if b.flip("described") {
		o["description"] = rapid.SampledFrom([]string{"for all", "\ttab", "trailing ", "multi\n\nline\n"}).Draw(b.t, "description")
	}
	if b.flip("tagged") {
		o["tags"] = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "weft", "null", "x y"}), 0, 3, rapid.ID).Draw(b.t, "tags")
	}
	if b.flip("owned") {
		o["project_id"] = rapid.SampledFrom([]string{"p1", "p2"}).Draw(b.t, "project")
	}
	return o
}

func (b *builder) network() {
	o := b.named()
	o["admin_state_up"], o["port_security_enabled"], o["shared"] = b.flip("up"), b.flip("secure"), b.flip("shared")
	if b.flip("vlan") {
		o["provider:network_type"], o["provider:physical_network"] = "vlan", "physnet1"
		o["provider:segmentation_id"] = rapid.IntRange(1, 4094).Draw(b.t, "vlan id")
	}
	if b.flip("smaller") {
		o["mtu"] = rapid.IntRange(1280, 1400).Draw(b.t, "mtu")
	}
	b.make(client.Networks, o)
}

func (b *builder) external() {
	o := b.named()
	o["router:external"], o["provider:network_type"], o["provider:physical_network"] = true, "flat", fmt.Sprint("ext", len(b.ids["network"]))
	id := b.make(client.Networks, o)
	b.make(client.Subnets, client.Object{"network_id": id, "ip_version": 4, "cidr": "203.0.113.0/24", "enable_dhcp": false})
}

func (b *builder) subnet() {
	o := b.named()
	b.n++
	o["network_id"], o["ip_version"], o["cidr"] = b.pick(client.Networks), 4, fmt.Sprintf("10.%d.%d.0/24", b.n/200, b.n%200)
	if b.flip("v6") {
		o["ip_version"], o["cidr"] = 6, fmt.Sprintf("fd00:0:0:%x::/64", b.n)
		if mode := rapid.SampledFrom([]string{"", "slaac", "dhcpv6-stateful", "dhcpv6-stateless"}).Draw(b.t, "mode"); mode != "" {
			o["ipv6_ra_mode"], o["ipv6_address_mode"] = mode, mode
		}
	} else {
		o["dns_nameservers"] = rapid.SampledFrom([][]string{{}, {"9.9.9.9"}, {"9.9.9.9", "1.1.1.1"}}).Draw(b.t, "dns")
		if b.flip("hosts' routes") {
			o["host_routes"] = []any{client.Object{"destination": "9.0.0.0/8", "nexthop": "10.0.0.9"}, client.Object{"destination": "8.0.0.0/8", "nexthop": "10.0.0.9"}}
		}
		if b.flip("pools") {
			base := strings.TrimSuffix(o["cidr"].(string), "0/24")
			o["allocation_pools"] = []any{client.Object{"start": base + "100", "end": base + "150"}, client.Object{"start": base + "10", "end": base + "20"}}
		}
	}
	if b.flip("no gateway") {
		o["gateway_ip"] = nil
	}
	o["enable_dhcp"] = b.flip("dhcp")
	b.make(client.Subnets, o)
}

func (b *builder) port() {
	o := b.named()
	o["network_id"] = b.pick(client.Networks)
	switch rapid.IntRange(0, 3).Draw(b.t, "addresses") {
	case 0:
		o["fixed_ips"] = []any{}
	case 1:
		o["fixed_ips"] = []any{client.Object{"subnet_id": b.pick(client.Subnets)}, client.Object{"subnet_id": b.pick(client.Subnets)}}
	}
	if b.flip("pairs") {
		o["allowed_address_pairs"] = []any{client.Object{"ip_address": "10.9.0.0/16"}, client.Object{"ip_address": "10.8.0.1", "mac_address": "fa:16:3e:0:0:1"}}
	}
	if b.flip("options") {
		o["extra_dhcp_opts"] = []any{client.Object{"opt_name": "ntp-server", "opt_value": "10.0.0.1"}, client.Object{"opt_name": "tftp-server", "opt_value": "x"}}
	}
	if b.flip("used") {
		o["device_id"], o["device_owner"] = "vm", rapid.SampledFrom([]string{"", "compute:nova", "appliance"}).Draw(b.t, "owner")
		o["binding:profile"] = client.Object{"k": []any{1, "x", nil, client.Object{}}}
		o["binding:host_id"] = "h1"
	}
	o["admin_state_up"], o["port_security_enabled"] = b.flip("up"), b.flip("secure")
	b.make(client.Ports, o)
}

func (b *builder) router() {
	o := b.named()
	if b.flip("gateway") {
		o["external_gateway_info"] = client.Object{"network_id": b.ids["network"][1], "enable_snat": b.flip("snat")}
	}
	b.make(client.Routers, o)
}

func (b *builder) leg() {
	with := client.Object{"subnet_id": b.pick(client.Subnets)}
	if b.flip("by port") {
		with = client.Object{"port_id": b.pick(client.Ports)}
	}
	o, err := b.c.Action(context.Background(), client.Routers, b.pick(client.Routers), "add_router_interface", with)
	if b.allowed(err) { // what is asked for ports may be asked for legs
		b.ids["port"] = append(b.ids["port"], o.Text("port_id"))
	}
}

func (b *builder) routes() {
	_, err := b.c.Update(context.Background(), client.Routers, b.pick(client.Routers), client.Object{"routes": []any{
		client.Object{"destination": "7.0.0.0/8", "nexthop": fmt.Sprintf("10.0.%d.77", rapid.IntRange(0, b.n).Draw(b.t, "next hop"))}}})
	b.allowed(err)
}

func (b *builder) floatingIP() {
	o := b.named()
	o["floating_network_id"] = b.ids["network"][1]
	if b.flip("associated") {
		o["port_id"] = b.pick(client.Ports)
	}
	b.make(client.FloatingIPs, o)
}

func (b *builder) trunk() {
	o := b.named()
	o["port_id"] = b.pick(client.Ports)
	if b.flip("subs") {
		o["sub_ports"] = []any{client.Object{"port_id": b.pick(client.Ports), "segmentation_id": 7, "segmentation_type": "vlan"}}
	}
	b.make(client.Trunks, o)
}

func (b *builder) vtep() {
	o := b.named()
	o["network_id"], o["address"] = b.pick(client.Networks), fmt.Sprint("192.0.2.", len(b.ids["vtep"])+1)
	o["learning"], o["learn_age"] = b.flip("learning"), 60
	o["entries"] = []any{client.Object{"mac_address": "02:00:00:00:00:01"}, client.Object{"mac_address": "02:00:00:00:00:02", "ip_address": "10.0.0.200"}}
	b.make(client.VTEPs, o)
}

func (b *builder) quota() {
	r := client.Resource{Singular: "quota", Plural: "quotas", Path: "/v2.0/quotas"}
	_, err := b.c.Update(context.Background(), r, rapid.SampledFrom([]string{"p1", "p2", "p3"}).Draw(b.t, "project"),
		client.Object{"port": 100, "network": rapid.IntRange(-1, 200).Draw(b.t, "limit")})
	b.allowed(err)
}

func (b *builder) scope() {
	o := b.named()
	o["ip_version"], o["shared"] = rapid.SampledFrom([]int{4, 6}).Draw(b.t, "version"), b.flip("shared")
	b.make(client.AddressScopes, o)
}

func (b *builder) pool() {
	o := b.named()
	b.n++
	o["prefixes"] = []any{fmt.Sprintf("172.16.%d.0/24", b.n), fmt.Sprintf("10.%d.0.0/16", 200+b.n%50)}
	if b.flip("v6") {
		o["prefixes"] = []any{fmt.Sprintf("fd01:%x::/48", b.n)}
	}
	if b.flip("sized") {
		o["default_prefixlen"], o["min_prefixlen"], o["default_quota"] = 26, 20, 4096
	}
	if b.flip("scoped") {
		o["address_scope_id"] = b.pick(client.AddressScopes)
	}
	o["is_default"], o["shared"] = b.flip("default"), b.flip("shared")
	b.make(client.SubnetPools, o)
}

// cut makes a subnet of a pool.
func (b *builder) cut() {
	o := b.named()
	o["network_id"], o["subnetpool_id"] = b.pick(client.Networks), b.pick(client.SubnetPools)
	o["ip_version"] = rapid.SampledFrom([]int{4, 6}).Draw(b.t, "version")
	b.make(client.Subnets, o)
}

func (b *builder) forwarding() {
	b.make(client.PortForwardings.Under(b.pick(client.FloatingIPs)), client.Object{
		"protocol": rapid.SampledFrom([]string{"tcp", "udp", "sctp"}).Draw(b.t, "protocol"), "internal_port_id": b.pick(client.Ports),
		"external_port_range": rapid.SampledFrom([]string{"1", "2", "3", "4:6", "5"}).Draw(b.t, "outside"),
		"internal_port_range": rapid.SampledFrom([]string{"80", "90:92"}).Draw(b.t, "inside"), "description": "x",
	})
}

func (b *builder) share() {
	r := rapid.SampledFrom([]client.Resource{client.Networks, client.SubnetPools, client.AddressScopes}).Draw(b.t, "what")
	b.make(client.Resource{Singular: "rbac_policy", Plural: "rbac_policies", Path: "/v2.0/rbac-policies"}, client.Object{
		"object_type": r.Singular, "object_id": b.pick(r),
		"action":        rapid.SampledFrom([]string{"access_as_shared", "access_as_external"}).Draw(b.t, "action"),
		"target_tenant": rapid.SampledFrom([]string{"p1", "p2", "*"}).Draw(b.t, "target"),
	})
}

func (b *builder) tags() {
	r := rapid.SampledFrom([]client.Resource{client.Networks, client.Ports, client.Routers, client.Trunks, client.VTEPs}).Draw(b.t, "tagged")
	_, err := b.c.Action(context.Background(), r, b.pick(r), "tags", client.Object{"tags": []any{"late", "weft:apply=gone"}})
	b.allowed(err)
}
