package apply_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/client"
	"weft/client/apply"
)

// demo is the cloud of two networks, a router, and a floating IP, by names alone.
const demo = `scope: demo
networks:
- name: blue
- name: green
- name: outside
  router:external: true
  provider:network_type: flat
  provider:physical_network: public
subnets:
- {name: blue4, network: blue, ip_version: 4, cidr: 192.168.10.0/24}
- {name: green4, network: green, ip_version: 4, cidr: 10.10.10.0/24, dns_nameservers: [9.9.9.9, 1.1.1.1]}
- name: outside4
  network: outside
  ip_version: 4
  cidr: 2.2.2.0/24
  enable_dhcp: false
  allocation_pools: [{start: 2.2.2.10, end: 2.2.2.200}]
ports:
- name: web
  network: blue
  fixed_ips: [{subnet: blue4, ip_address: 192.168.10.222}]
  tags: [a, b]
- name: db
  network: green
routers:
- name: r1
  external_gateway_info: {network: outside}
  interfaces: [blue4, green4]
  routes: [{destination: 9.0.0.0/8, nexthop: 10.10.10.9}]
floatingips:
- floating_ip_address: 2.2.2.100
  floating_network: outside
  port: web
quotas:
- {project_id: demo, port: 5}
`

func TestACloudIsMadeByNamesAndASecondTimeChangesNothing(t *testing.T) {
	w := start(t)
	p, said := w.plan(demo, apply.Options{})
	if p.Count(apply.Create) != 10 || p.Count(apply.Update) != 1 {
		t.Errorf("%d to make, %d to change:\n%s", p.Count(apply.Create), p.Count(apply.Update), said)
	}
	if got := w.export(); got != "" {
		t.Fatalf("a plan alone has made:\n%s", got)
	}
	w.apply(demo, apply.Options{})
	f, err := w.c.FloatingIPs().Find(t.Context(), "2.2.2.100")
	if err != nil || f.FixedIPAddress != "192.168.10.222" || f.RouterID == "" {
		t.Errorf("floating IP %+v, %v", f, err)
	}
	p, said = w.plan(demo, apply.Options{Prune: true})
	if !p.Empty() || p.Same != 11 {
		t.Errorf("a second time, with %d the same:\n%s", p.Same, said)
	}
}

func TestADifferenceIsShownAndMadeUp(t *testing.T) {
	w := start(t)
	w.apply(demo, apply.Options{})
	change := strings.NewReplacer(
		"[9.9.9.9, 1.1.1.1]", "[1.1.1.1, 9.9.9.9]",
		"interfaces: [blue4, green4]", "interfaces: [blue4, {subnet: green4, ip_address: 10.10.10.77}]",
		"tags: [a, b]", "tags: [b, c]\n- {name: app, network: blue, fixed_ips: [{ip_address: 192.168.10.50}]}",
		"- name: db\n  network: green\n", "", "port: web", "port: app", "port: 5", "port: 7, network: 3",
	).Replace(demo)
	_, said := w.plan(change, apply.Options{Prune: true})
	want := `~ subnet green4  (cloud.yaml:11)
    dns_nameservers: 9.9.9.9, 1.1.1.1 → 1.1.1.1, 9.9.9.9
~ port web  (cloud.yaml:19)
    tags:
      - a
      + c
+ port app  (cloud.yaml:23)
    network: blue
    fixed_ips: ip_address=192.168.10.50
~ router r1  (cloud.yaml:25)
    interfaces:
      - subnet=green4
      + ip_address=10.10.10.77 subnet=green4
~ floatingip 2.2.2.100  (cloud.yaml:30)
    port: web → app
~ quota demo  (cloud.yaml:34)
    network: -1 → 3
    port: 5 → 7
- port db
`
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, said)
	}
	w.apply(change, apply.Options{Prune: true})
	if p, said := w.plan(change, apply.Options{Prune: true}); !p.Empty() {
		t.Errorf("still different:\n%s", said)
	}
	if _, err := w.c.Ports().Find(t.Context(), "db"); !client.NotFound(err) {
		t.Errorf("db is still there: %v", err)
	}
}

func TestPruneTakesOnlyWhatWasMadeUnderTheScope(t *testing.T) {
	w := start(t)
	ctx := context.Background()
	byHand, err := w.c.Networks().Create(ctx, client.Network{Name: "by-hand"})
	if err != nil {
		t.Fatal(err)
	}
	w.apply("scope: other\nnetworks: [{name: theirs}]", apply.Options{})
	w.apply("networks: [{name: unmarked}]", apply.Options{})
	w.apply(demo, apply.Options{})
	if _, err := apply.Compare(ctx, w.c, read(t, "networks: []"), apply.Options{Prune: true}); err == nil || !strings.Contains(err.Error(), "scope: NAME") {
		t.Errorf("pruning without a scope: %v", err)
	}
	w.apply("scope: demo\nnetworks: [{name: by-hand}]", apply.Options{Prune: true})
	if got := w.export(); !strings.Contains(got, "by-hand") || !strings.Contains(got, "theirs") || !strings.Contains(got, "unmarked") ||
		strings.Contains(got, "blue") || strings.Contains(got, "router") || strings.Contains(got, "2.2.2") {
		t.Errorf("left:\n%s", got)
	}
	w.apply("scope: demo", apply.Options{Prune: true, PruneAll: true})
	if _, err := w.c.Networks().Show(ctx, byHand.ID); err != nil {
		t.Errorf("what the files once named, but others made, is gone: %v", err)
	}
	w.apply("scope: demo\nnetworks: [{name: by-hand}]", apply.Options{Adopt: true})
	w.apply("scope: demo", apply.Options{Prune: true, PruneAll: true})
	if _, err := w.c.Networks().Show(ctx, byHand.ID); !client.NotFound(err) {
		t.Errorf("what was adopted is still there: %v", err)
	}
}

// A policy has no tags: it goes with the object that it is about, and only one that the files do not name.
func TestPruneTakesPoliciesAboutWhatTheScopeMade(t *testing.T) {
	w := start(t)
	policy := func(object, project string) string {
		return fmt.Sprintf("- {object_type: network, object: %s, action: access_as_shared, target_tenant: %s}\n", object, project)
	}
	w.apply("networks: [{name: by-hand}]\nrbac_policies:\n"+policy("by-hand", "p9"), apply.Options{})
	const scope = "scope: demo\nnetworks: [{name: n}]\nrbac_policies:\n"
	w.apply(scope+policy("n", "p1")+policy("n", "p2"), apply.Options{Prune: true})
	if p, said := w.plan(scope+policy("n", "p1")+policy("n", "p2"), apply.Options{Prune: true}); !p.Empty() {
		t.Errorf("a second time:\n%s", said)
	}
	if _, said := w.plan(scope+policy("n", "p1"), apply.Options{}); said != "" {
		t.Errorf("without --prune:\n%s", said)
	}
	w.apply(scope+policy("n", "p1"), apply.Options{Prune: true})
	if got := w.export(); !strings.Contains(got, "p1") || strings.Contains(got, "p2") || !strings.Contains(got, "p9") {
		t.Errorf("left:\n%s", got)
	}
}

// A port without a certain address does not take the one that a later port of the file asks for.
func TestCertainAddressesAreGivenFirst(t *testing.T) {
	w := start(t)
	w.apply(`
networks: [{name: n}]
subnets: [{name: s, network: n, ip_version: 4, cidr: 10.0.0.0/24}]
ports:
- {name: any, network: n}
- {name: certain, network: n, fixed_ips: [{ip_address: 10.0.0.2}]}
`, apply.Options{})
	p, err := w.c.Ports().Find(t.Context(), "any")
	if err != nil || len(p.FixedIPs) != 1 || p.FixedIPs[0].IPAddress != "10.0.0.3" {
		t.Errorf("%+v, %v", p.FixedIPs, err)
	}
}

func TestWhatOthersWriteIsLeftAlone(t *testing.T) {
	w := start(t)
	w.apply(demo, apply.Options{})
	web, err := w.c.Ports().Find(t.Context(), "web")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.c.Update(t.Context(), client.Ports, web.ID, client.Object{"device_id": "vm-1", "device_owner": "compute:nova"}); err != nil {
		t.Fatal(err)
	}
	if p, said := w.plan(demo, apply.Options{}); !p.Empty() {
		t.Errorf("a port that is in use is to be changed:\n%s", said)
	}
	if _, err := w.c.Update(t.Context(), client.Ports, web.ID, client.Object{"admin_state_up": false}); err != nil {
		t.Fatal(err)
	}
	if p, said := w.plan(demo, apply.Options{}); p.Count(apply.Update) != 1 || !strings.Contains(said, "admin_state_up: false → true") {
		t.Errorf("what somebody switched off by hand:\n%s", said)
	}
}

func TestPruneOfFilesWithoutObjectsAsksAgain(t *testing.T) {
	w := start(t)
	w.apply(demo, apply.Options{})
	_, err := apply.Compare(context.Background(), w.c, read(t, "scope: demo"), apply.Options{Prune: true})
	if err == nil || !strings.Contains(err.Error(), "--prune-all") {
		t.Errorf("%v", err)
	}
}

func TestPruneLeavesAPortThatAGuestUses(t *testing.T) {
	w := start(t)
	w.apply(demo, apply.Options{})
	db, err := w.c.Ports().Find(t.Context(), "db")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.c.Update(t.Context(), client.Ports, db.ID, client.Object{"device_id": "vm-1", "device_owner": "compute:nova"}); err != nil {
		t.Fatal(err)
	}
	less := strings.Replace(demo, "- name: db\n  network: green\n", "", 1)
	_, err = apply.Compare(context.Background(), w.c, read(t, less), apply.Options{Prune: true})
	if err == nil || !strings.Contains(err.Error(), "port db is in the files no more, but something else uses it (device_owner compute:nova)") {
		t.Errorf("%v", err)
	}
}

// What an RBAC policy for everybody says of a network is what the network says of itself.
func TestAPolicyForEverybodyIsAppliedOnce(t *testing.T) {
	w := start(t)
	policy := `rbac_policies: [{object_type: network, object: n, action: access_as_shared, target_tenant: "*"}]`
	for _, text := range []string{"networks: [{name: n}]\n" + policy, policy, "networks: [{name: n, shared: true}]", "networks: [{name: n, shared: true}]\n" + policy} {
		w.apply(text, apply.Options{})
		if p, said := w.plan(text, apply.Options{}); !p.Empty() {
			t.Errorf("a second time:\n%s\n%s", said, text)
		}
		if n, err := w.c.Networks().Find(t.Context(), "n"); err != nil || !n.Shared {
			t.Errorf("%+v, %v", n, err)
		}
	}
}

const forwards = `
port_forwardings:
- {floatingip: 2.2.2.101, protocol: tcp, external_port: 80, internal_port: 8080, internal_port_id: db}
- {floatingip: 2.2.2.101, protocol: tcp, external_port: 443, internal_port: 8443, internal_port_id: db}
- {floatingip: 2.2.2.101, protocol: sctp, external_port_range: "8000:8010", internal_port_range: "22", internal_port_id: db}
`

func TestPortForwardingsGoWithTheirFloatingIP(t *testing.T) {
	w := start(t)
	text := strings.Replace(demo, "quotas:", "- {floating_ip_address: 2.2.2.101, floating_network: outside}\nquotas:", 1)
	w.apply(text+forwards, apply.Options{})
	if p, said := w.plan(text+forwards, apply.Options{Prune: true}); !p.Empty() {
		t.Errorf("a second time:\n%s", said)
	}
	if got := w.export(); !strings.Contains(got, "    external_port: 80\n    internal_port: 8080\n") ||
		!strings.Contains(got, "    external_port_range: 8000:8010\n    internal_port: 22\n") || strings.Count(got, "_range") != 1 {
		t.Errorf("exported:\n%s", got)
	}
	_, said := w.plan(text+strings.Replace(forwards, "8443", "9443", 1), apply.Options{})
	if diff := cmp.Diff("~ port forwarding 2.2.2.101 tcp 443  (cloud.yaml:40)\n    internal_port: 8443 → 9443\n", said); diff != "" {
		t.Error(diff)
	}
	if _, said := w.plan(text, apply.Options{}); said != "" {
		t.Errorf("without --prune:\n%s", said)
	}
	w.apply(text, apply.Options{Prune: true})
	if got := w.export(); strings.Contains(got, "port_forwardings") || !strings.Contains(got, "2.2.2.101") {
		t.Errorf("left:\n%s", got)
	}
}

func TestWhatWasAskedForIsExportedAndNotWhatCameOfIt(t *testing.T) {
	w := start(t)
	ctx := context.Background()
	w.apply("networks: [{name: small, mtu: 1280}, {name: largest}]", apply.Options{})
	n, err := w.c.Networks().Find(ctx, "small")
	if err != nil {
		t.Fatal(err)
	}
	for _, attrs := range []client.Object{
		{"name": "pinned", "mac_address": "fa:16:3e:00:00:01", "binding:host_id": "h1", "device_id": "appliance"},
		{"name": "nova", "binding:host_id": "h1", "device_id": "vm", "device_owner": "compute:nova"},
	} {
		attrs["network_id"] = n.ID
		if _, err := w.c.Create(ctx, client.Ports, attrs); err != nil {
			t.Fatal(err)
		}
	}
	got := w.export()
	for _, want := range []string{"name: small\n    mtu: 1280\n", "name: pinned\n    network: small\n    mac_address: fa:16:3e:00:00:01\n" +
		"    fixed_ips: []\n    device_id: appliance\n    port_security_enabled: true\n    binding:host_id: h1\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
	if strings.Contains(got, "nova\n    device") || strings.Count(got, "h1") != 1 || strings.Count(got, "mtu") != 1 {
		t.Errorf("too much:\n%s", got)
	}
}

func TestAnEntryThatSaysItsProjectIsNotLeftWithWhatFitsAnyEntry(t *testing.T) {
	const cloud = `address_scopes:
- {name: s, ip_version: 6, shared: true}
- {name: s, ip_version: 6, shared: true, project_id: p1}
`
	w := start(t)
	w.apply("address_scopes: [{name: s, ip_version: 6, shared: true, project_id: p1}]\n", apply.Options{})
	w.apply(cloud, apply.Options{})
	if p, said := w.plan(cloud, apply.Options{}); !p.Empty() {
		t.Errorf("a second time it would change:\n%s", said)
	}
	if got := strings.Count(w.export(), "name: s"); got != 2 {
		t.Errorf("%d address scopes are there, want 2:\n%s", got, w.export())
	}
}

func TestATrunkWhoseTagsAreInheritedIsAppliedOnce(t *testing.T) {
	w := start(t)
	const text = `
networks:
- {name: wire, provider:network_type: vlan, provider:physical_network: physnet1, provider:segmentation_id: 30}
ports:
- {name: parent, network: wire}
- {name: child, network: wire}
trunks:
- name: trunk1
  port: parent
  sub_ports:
  - {port: child, segmentation_type: inherit}
`
	w.apply(text, apply.Options{})
	if p, said := w.plan(text, apply.Options{}); !p.Empty() {
		t.Errorf("a second time:\n%s", said)
	}
	if got := w.export(); !strings.Contains(got, "segmentation_id: 30") {
		t.Errorf("the tag is not that of the network:\n%s", got)
	}
}
