package apply_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"weft/client/apply"
)

func TestFaultsOfFilesAreToldWithTheirPlace(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"no-yaml":        {"networks: [", "cloud.yaml:1: this is no YAML: "},
		"not-a-mapping":  {"- a", `cloud.yaml:1:1: a file: want "key: value" lines, not a list`},
		"resource":       {"\nnets: []", `cloud.yaml:2:1: there is no resource "nets"; there are scope and networks`},
		"twice":          {"networks: []\nnetworks: []", `cloud.yaml:2:1: a file: "networks" is there twice`},
		"no-list":        {"networks: {name: x}", "cloud.yaml:1:11: networks: want a list"},
		"no-object":      {"networks: [x]", `cloud.yaml:1:12: network: want "key: value" lines, not "x"`},
		"attribute":      {"networks: [{colour: x}]", `cloud.yaml:1:13: network: there is no "colour"; there are name`},
		"read-only":      {"networks: [{status: ACTIVE}]", `there is no "status"`},
		"two-names":      {"ports: [{network: a, network_id: b}]", `"network_id" is there under two names`},
		"number":         {"networks: [{provider:segmentation_id: many}]", "provider:segmentation_id: want a whole number"},
		"boolean":        {"networks: [{admin_state_up: perhaps}]", "admin_state_up: want true or false"},
		"list-for-text":  {"networks: [{name: [x]}]", "name: want one value, not a list"},
		"text-for-list":  {"ports: [{fixed_ips: x}]", "fixed_ips: want a list"},
		"member":         {"ports: [{fixed_ips: [{ip: 10.0.0.1}]}]", `fixed_ips[0]: there is no "ip"; there are subnet, ip_address`},
		"missing-member": {"subnets: [{allocation_pools: [{start: 10.0.0.1}]}]", `allocation_pools[0]: "end" is missing`},
		"scope":          {"scope: [a]", "scope: want a word"},
		"scopes":         {"scope: a\n---\nscope: b", "another file says a"},
		"handle":         {"ports: [{handle: {}}]", "handle: want a word"},
		"of-nothing":     {"rbac_policies: [{object: x, object_type: colour}]", `"object_type" does not name the resource that object is of`},
		"enum":           {"networks: [{provider:network_type: vlna}]", `cloud.yaml:1:36: provider:network_type: want one of vxlan, vlan, flat, not "vlna"`},
		"range":          {"networks: [{mtu: 70000}]", "cloud.yaml:1:18: mtu: want a number from 0 to 65535, not 70000"},
		"too-long":       {"networks: [{name: " + strings.Repeat("x", 300) + "}]", "name: want at most 255 characters"},
		"address":        {"ports: [{fixed_ips: [{ip_address: 10.0.0.300}]}]", `cloud.yaml:1:35: fixed_ips[0].ip_address: want an IP address, not "10.0.0.300"`},
		"host-bits":      {"subnets: [{cidr: 10.0.0.1/24}]", "cidr: want a range without host bits, such as 10.0.0.0/24"},
		"mac":            {"ports: [{mac_address: 'fa:16'}]", "mac_address: want a MAC address"},
		"loop":           {"ports: &a [*a]", "want"},
		"no-number":      {"ports: [{binding:profile: {a: .inf}}]", `binding:profile.a: JSON has no number ".inf"`},
		"merge":          {"ports: [{binding:profile: {<<: {a: 1}}}]", "binding:profile: merge keys are not read here"},
		"deep":           {"ports: [{binding:profile: &a {a: *a}}]", "it is nested deeper than 32 levels"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := apply.Read(kinds(t), apply.Source{Name: "cloud.yaml", Data: []byte(tt.text)})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestFaultsThatNeedTheCloudAreToldBeforeAnythingChanges(t *testing.T) {
	w := start(t)
	w.apply("networks: [{name: twin, description: a}, {name: twin, description: b, mtu: 1000}]\nrouters: [{name: r}]", apply.Options{})
	tests := map[string]struct{ text, want string }{
		"nobody":    {"ports: [{network: nobody}]", `cloud.yaml:1:19: no network has the name or id "nobody"`},
		"ambiguous": {"ports: [{name: p, network: twin}]", `have the name "twin"; use one of their ids: `},
		"twins":     {"networks: [{name: x}, {name: x, mtu: 1}]\nports: [{name: p, network: x}]", `give them a "handle" each`},
		"which":     {"networks: [{name: twin, description: c}]", "say which with its id: "},
		"no-such":   {"routers: [{id: 7c1e6d2e-0000-4000-8000-000000000000}]", "no router has the id 7c1e"},
		"required":  {"subnets: [{name: s, cidr: 10.0.0.0/24}]", `subnet: "network" is missing`},
		"mirrored":  {"networks: [{name: s, shared: false}]\nrbac_policies: [{object_type: network, object: s, action: access_as_shared, target_tenant: '*'}]", `cloud.yaml:1:22 says "shared: false" of the same network`},
		"no-name":   {"routers: [{}]\nports: [{}]", `port: "network" is missing`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := w.export()
			_, err := apply.Compare(context.Background(), w.c, read(t, tt.text), apply.Options{})
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v", err)
			}
			if w.export() != before {
				t.Error("something changed")
			}
		})
	}
}

func TestWhatCannotChangeIsRefusedWithItsPlace(t *testing.T) {
	w := start(t)
	w.apply(demo, apply.Options{})
	_, err := apply.Compare(context.Background(), w.c, read(t, strings.Replace(demo, "cidr: 10.10.10.0/24", "cidr: 10.10.11.0/24", 1)), apply.Options{})
	if err == nil || !strings.Contains(err.Error(), "cloud.yaml:11:49: cidr of a subnet cannot be changed (it is \"10.10.10.0/24\")") {
		t.Errorf("%v", err)
	}
}

// What can never change, and is not in the file, is left as it is.
func TestWhatCannotChangeAndIsNotSaidIsLeftAlone(t *testing.T) {
	w := start(t)
	w.apply(demo, apply.Options{})
	if p, said := w.plan("networks: [{name: outside, router:external: true}]", apply.Options{}); !p.Empty() {
		t.Errorf("it would change:\n%s", said)
	}
}

func TestNamesakesAreToldByHandles(t *testing.T) {
	w := start(t)
	text := `
networks:
- {name: twin, handle: first, provider:segmentation_id: 7, provider:network_type: vxlan, provider:physical_network: null}
- {name: twin, handle: second, provider:segmentation_id: 8, provider:network_type: vxlan, provider:physical_network: null}
subnets:
- {name: a, network: first, ip_version: 4, cidr: 10.0.0.0/24}
- {name: b, network: second, ip_version: 4, cidr: 10.0.0.0/24}
`
	w.apply(text, apply.Options{})
	if p, said := w.plan(text, apply.Options{}); !p.Empty() {
		t.Errorf("a second time:\n%s", said)
	}
}

// many is a file with so many ports.
func many(ports int) string {
	var b strings.Builder
	b.WriteString("scope: big\nnetworks: [{name: n}]\nsubnets: [{name: s, network: n, ip_version: 4, cidr: 10.0.0.0/8}]\nports:\n")
	for i := range ports {
		fmt.Fprintf(&b, "- {name: p%d, network: n, fixed_ips: [{subnet: s, ip_address: 10.1.%d.%d}]}\n", i, i/250, i%250+1)
	}
	return b.String()
}

func TestAFileOfMoreThanOneRequestIsApplied(t *testing.T) {
	const ports = 2_500
	w := start(t)
	text := many(ports)
	w.apply(text, apply.Options{})
	p, said := w.plan(text, apply.Options{Prune: true})
	if !p.Empty() || p.Same != ports+2 {
		t.Errorf("a second time, with %d the same:\n%.1000s", p.Same, said)
	}
}

func BenchmarkTenThousandObjects(b *testing.B) {
	text := many(10_000)
	for range b.N {
		w := serve(b, 1)
		w.apply(text, apply.Options{})
		if p, _ := w.plan(text, apply.Options{Prune: true}); !p.Empty() {
			b.Error("a second time it would change")
		}
		w.close()
	}
}

func FuzzFilesDoNoHarm(f *testing.F) {
	for _, s := range []string{demo, "a: &a [*a]", "networks: [{name: !!binary aGk=}]", "? [a]\n: b", "<<: {networks: []}", "networks:\n- *x", "\xff",
		"quotas: [{project_id: 1, port: 1e3}]", "ports: [{binding:profile: {1: 2, [a]: b}}]", "--- 1\n---\n...\n--- {}"} {
		f.Add(s)
	}
	all := kinds(f)
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := apply.Read(all, apply.Source{Name: "f", Data: []byte(text)})
		if err == nil && doc.Len() > len(text) && !strings.Contains(text, "*") {
			t.Errorf("%d objects of %d bytes", doc.Len(), len(text))
		}
	})
}

func TestWhatTheAPIKeepsAsItIsIsReadAsItIsWritten(t *testing.T) {
	w := start(t)
	const profile = "{int: 0x10, sum: 1_000, float: 1e3, day: 2026-01-01, no: no, yes: true, none: ~, 1: one, list: [1.0, {a: []}]}"
	w.apply("networks: [{name: a}]\nports: [{name: p, network: a, binding:profile: "+profile+"}]", apply.Options{})
	const want = `    binding:profile:
      "1": one
      day: "2026-01-01"
      float: 1e3
      int: 16
      list:
        - 1.0
        - {a: []}
      "no": "no"
      none: null
      sum: 1000
      "yes": true
`
	if got := w.export(); !strings.Contains(got, want) {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
}
