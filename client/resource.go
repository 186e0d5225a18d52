package client

import (
	"cmp"
	"strings"
)

// Resource names a kind of object in the API: its words in bodies and its place in URLs.
type Resource struct {
	Singular string // the key of one object in a body: "network"
	Plural   string // the key of a list in a body: "networks"
	Path     string // of the collection: "/v2.0/networks"; see Under if it has a word in braces
	// Named means that people call an object by its id, so that nothing has to be looked up.
	Named bool
	// Key is the attribute that is the id; "" is "id".
	Key string
	// Called is the attribute by which people call an object that is not Named; "" is "name".
	Called string
}

// The resources.
var (
	Networks      = Resource{Singular: "network", Plural: "networks", Path: "/v2.0/networks"}
	Subnets       = Resource{Singular: "subnet", Plural: "subnets", Path: "/v2.0/subnets"}
	Ports         = Resource{Singular: "port", Plural: "ports", Path: "/v2.0/ports"}
	Routers       = Resource{Singular: "router", Plural: "routers", Path: "/v2.0/routers"}
	FloatingIPs   = Resource{Singular: "floatingip", Plural: "floatingips", Path: "/v2.0/floatingips", Called: "floating_ip_address"}
	VTEPs         = Resource{Singular: "vtep", Plural: "vteps", Path: "/v1/vteps"}
	Trunks        = Resource{Singular: "trunk", Plural: "trunks", Path: "/v2.0/trunks"}
	SubnetPools   = Resource{Singular: "subnetpool", Plural: "subnetpools", Path: "/v2.0/subnetpools"}
	AddressScopes = Resource{Singular: "address_scope", Plural: "address_scopes", Path: "/v2.0/address-scopes"}
	// PortBindings are the bindings of one port.
	PortBindings = Resource{Singular: "binding", Plural: "bindings", Path: "/v2.0/ports/{port_id}/bindings", Named: true, Key: "host"}
	// PortForwardings are the port forwardings of one floating IP.
	PortForwardings = Resource{Singular: "port_forwarding", Plural: "port_forwardings", Path: "/v2.0/floatingips/{floatingip_id}/port_forwardings"}
	Hosts           = Resource{Singular: "host", Plural: "hosts", Path: "/v1/hosts", Named: true, Key: "name"}
)

// IDOf gives an object's id.
func (r Resource) IDOf(o Object) string { return text(o[cmp.Or(r.Key, "id")]) }

// CalledBy is the attribute by which people call the objects.
func (r Resource) CalledBy() string {
	if r.Named {
		return cmp.Or(r.Key, "id")
	}
	return cmp.Or(r.Called, "name")
}

// Nested reports whether the collection is below an object of another resource, so that its path needs Under.
func (r Resource) Nested() bool { return strings.Contains(r.Path, "{") }

// Under gives the collection below an object of the parent resource, whose id takes the place of the word in braces.
func (r Resource) Under(parent string) Resource {
	before, rest, _ := strings.Cut(r.Path, "{")
	_, after, _ := strings.Cut(rest, "}")
	r.Path = before + pathElement(parent) + after
	return r
}
