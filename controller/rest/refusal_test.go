package rest

import (
	"fmt"
	"strings"
	"testing"
)

// refusing is a world with a private network behind a router, others, an external one, and a floating IP on a port; and the
// ids of these, each after its name in braces.
func refusing(t *testing.T) (w *world, known []string) {
	t.Helper()
	w = newWorld(t)
	id := func(name, path, body string) {
		t.Helper()
		made := w.must("POST", "/v2.0/"+path, strings.NewReplacer(known...).Replace(body))
		known = append(known, "{"+name+"}", made["id"].(string))
	}
	id("blue", "networks", `{"network":{"name":"blue"}}`)
	id("blues", "subnets", `{"subnet":{"network_id":"{blue}","ip_version":4,"cidr":"10.1.0.0/24"}}`)
	id("far", "networks", `{"network":{"name":"far"}}`)
	id("fars", "subnets", `{"subnet":{"network_id":"{far}","ip_version":4,"cidr":"10.2.0.0/24"}}`)
	id("twin", "networks", `{"network":{"name":"twin"}}`)
	id("twins", "subnets", `{"subnet":{"network_id":"{twin}","ip_version":4,"cidr":"10.1.0.128/25"}}`)
	id("ext", "networks", `{"network":{"name":"ext","router:external":true}}`)
	id("exts", "subnets", `{"subnet":{"network_id":"{ext}","ip_version":4,"cidr":"2.2.2.0/24"}}`)
	id("router", "routers", `{"router":{"external_gateway_info":{"network_id":"{ext}"}}}`)
	w.must("PUT", "/v2.0/routers/"+known[len(known)-1]+"/add_router_interface", fmt.Sprintf(`{"subnet_id":%q}`, known[3]))
	id("port", "ports", `{"port":{"network_id":"{blue}"}}`)
	id("lone", "ports", `{"port":{"network_id":"{far}"}}`)
	id("fip", "floatingips", `{"floatingip":{"floating_network_id":"{ext}","port_id":"{port}"}}`)
	for p := range w.store.Snapshot().Ports() {
		switch p.DeviceOwner {
		case "network:router_interface_distributed":
			known = append(known, "{leg}", string(p.ID))
		case "network:router_gateway":
			known = append(known, "{gateway}", string(p.ID))
		case "network:floatingip":
			known = append(known, "{fipport}", string(p.ID))
		}
	}
	return w, known
}

// What contradicts the state is refused with the status and type that Neutron has for it, and changes nothing.
func TestWhatIsInUseOrContradictsIsRefusedAndChangesNothing(t *testing.T) {
	w, known := refusing(t)
	ids := strings.NewReplacer(known...)
	before := w.store.Snapshot().Revision()
	for _, c := range []struct {
		name, request, body string
		status              int
		kind                string
	}{
		{"overlapping-subnets-on-a-router", "PUT routers/{router}/add_router_interface", `{"subnet_id":"{twins}"}`, 400, "BadRequest"},
		{"the-same-subnet-twice", "PUT routers/{router}/add_router_interface", `{"subnet_id":"{blues}"}`, 400, "BadRequest"},
		{"floating-ip-outside-of-its-network", "POST floatingips", `{"floatingip":{"floating_network_id":"{ext}","floating_ip_address":"9.9.9.9"}}`, 400, "InvalidIpForNetwork"},
		{"floating-ip-of-a-private-network", "POST floatingips", `{"floatingip":{"floating_network_id":"{blue}"}}`, 400, "BadRequest"},
		{"floating-ip-for-a-port-without-a-route", "POST floatingips", `{"floatingip":{"floating_network_id":"{ext}","port_id":"{lone}"}}`, 404, "ExternalGatewayForFloatingIPNotFound"},
		{"second-floating-ip-for-an-address", "POST floatingips", `{"floatingip":{"floating_network_id":"{ext}","port_id":"{port}"}}`, 409, "FloatingIPPortAlreadyAssociated"},
		{"network-with-ports", "DELETE networks/{blue}", "", 409, "NetworkInUse"},
		{"external-network-with-a-gateway", "DELETE networks/{ext}", "", 409, "NetworkInUse"},
		{"subnet-with-ports", "DELETE subnets/{fars}", "", 409, "SubnetInUse"},
		{"subnet-of-a-router", "DELETE subnets/{blues}", "", 409, "SubnetInUse"},
		{"router-with-a-leg", "DELETE routers/{router}", "", 409, "RouterInUse"},
		{"gateway-that-a-floating-ip-needs", "PUT routers/{router}", `{"router":{"external_gateway_info":null}}`, 409, "RouterExternalGatewayInUseByFloatingIp"},
		{"leg-that-a-floating-ip-needs", "PUT routers/{router}/remove_router_interface", `{"subnet_id":"{blues}"}`, 409, "RouterInterfaceInUseByFloatingIP"},
		{"port-of-a-router", "DELETE ports/{leg}", "", 409, "ServicePortInUse"},
		{"port-of-a-gateway", "DELETE ports/{gateway}", "", 409, "ServicePortInUse"},
		{"port-of-a-floating-ip", "DELETE ports/{fipport}", "", 409, "ServicePortInUse"},
		{"address-that-is-taken", "POST ports", `{"port":{"network_id":"{blue}","fixed_ips":[{"subnet_id":"{blues}","ip_address":"10.1.0.1"}]}}`, 409, "IpAddressAlreadyAllocated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			method, path, _ := strings.Cut(ids.Replace(c.request), " ")
			var body any
			if c.body != "" {
				body = ids.Replace(c.body)
			}
			got := w.do(method, "/v2.0/"+path, body)
			kind, message := got.fault()
			if got.status != c.status || kind != c.kind || message == "" {
				t.Errorf("%d %s, want %d %s", got.status, got.text, c.status, c.kind)
			}
		})
	}
	if after := w.store.Snapshot().Revision(); after != before {
		t.Errorf("something was changed: revision %d, before %d", after, before)
	}
}
