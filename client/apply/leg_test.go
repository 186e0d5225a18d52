package apply_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/client"
	"weft/client/apply"
)

// A router's leg has no entry of its own: what stands for one says whose it is, and on which subnet.
func TestAFloatingIPOfARoutersLegIsExportedAndMadeAgain(t *testing.T) {
	a, b := serve(t, 1), serve(t, 2)
	defer a.close()
	defer b.close()
	a.apply(`networks:
- {name: ext, router:external: true}
- {name: web}
subnets:
- {name: ext4, network: ext, cidr: 203.0.113.0/24, ip_version: 4}
- {name: web4, network: web, cidr: 10.0.0.0/24, ip_version: 4}
routers:
- {name: r, external_gateway_info: {network: ext}, interfaces: [{subnet: web4}]}
`, apply.Options{})
	legs, err := a.c.Ports().List(context.Background(), url.Values{"device_owner": {"network:router_interface_distributed"}})
	if err != nil || len(legs) != 1 {
		t.Fatal(legs, err)
	}
	nets, err := a.c.Networks().List(context.Background(), url.Values{"name": {"ext"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.c.FloatingIPs().Create(context.Background(), client.FloatingIP{FloatingNetworkID: nets[0].ID, PortID: legs[0].ID}); err != nil {
		t.Fatal(err)
	}
	text := a.export()
	if !strings.Contains(text, "port: {router: r, subnet: web4}") {
		t.Errorf("the leg is not named:\n%s", text)
	}
	if p, said := a.plan(text, apply.Options{}); !p.Empty() {
		t.Errorf("applied where it comes from, it would change:\n%s", said)
	}
	b.apply(text, apply.Options{})
	if diff := cmp.Diff(text, b.export()); diff != "" {
		t.Errorf("-exported +of what was made of it:\n%s", diff)
	}
	if p, said := b.plan(text, apply.Options{}); !p.Empty() {
		t.Errorf("a second time it would change:\n%s", said)
	}
}

func TestALegIsNamedByItsRouterAndASubnet(t *testing.T) {
	c := serve(t, 1)
	defer c.close()
	const cloud = `networks: [{name: ext, router:external: true}, {name: web}]
subnets: [{name: ext4, network: ext, cidr: 203.0.113.0/24, ip_version: 4}, {name: web4, network: web, cidr: 10.0.0.0/24, ip_version: 4}]
routers: [{name: r, external_gateway_info: {network: ext}, interfaces: [{subnet: web4}]}]
floatingips:
- floating_network: ext
`
	for port, says := range map[string]string{
		"{router: r}":                             "a router's interface is written",
		"{router: r, subnet: web4, host: h}":      "a router's interface is written",
		"{router: [r], subnet: web4}":             "a router's interface is written",
		"{router: r, router: r}":                  "a router's interface is written",
		"{router: none, subnet: web4}":            `no router has the name or id "none"`,
		"{router: r, subnet: none}":               `no subnet has the name or id "none"`,
		"{router: r, subnet: ext4}":               `router "r" has no interface on subnet "ext4"`,
		"[r, web4]":                               "want one value",
		"{router: &x r, subnet: web4, port: *x }": "a router's interface is written",
	} {
		if err := tried(c, cloud+"  port: "+port+"\n"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("port: %s: %v, want %q", port, err, says)
		}
	}
	if err := tried(c, cloud+"  port: {router: r, subnet: web4}\n"); err != nil {
		t.Error(err)
	}
}

// tried reads a text, compares it with what is there and carries it out, as far as that goes.
func tried(c *controller, text string) error {
	doc, err := apply.Read(kinds(c.t), apply.Source{Name: "cloud.yaml", Data: []byte(text)})
	if err != nil {
		return err
	}
	p, err := apply.Compare(context.Background(), c.c, doc, apply.Options{})
	if err != nil {
		return err
	}
	return p.Run(context.Background(), c.c, func(*apply.Change) {})
}
