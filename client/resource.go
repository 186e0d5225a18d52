package client

// Resource names a kind of object in the API: its words in bodies and its place in URLs.
type Resource struct {
	Singular string // the key of one object in a body: "network"
	Plural   string // the key of a list in a body: "networks"
	Path     string // of the collection: "/v2.0/networks"
	// Named means that the name is the id, so that nothing has to be looked up.
	Named bool
}

// The resources.
var (
	Networks    = Resource{Singular: "network", Plural: "networks", Path: "/v2.0/networks"}
	Subnets     = Resource{Singular: "subnet", Plural: "subnets", Path: "/v2.0/subnets"}
	Ports       = Resource{Singular: "port", Plural: "ports", Path: "/v2.0/ports"}
	Routers     = Resource{Singular: "router", Plural: "routers", Path: "/v2.0/routers"}
	FloatingIPs = Resource{Singular: "floatingip", Plural: "floatingips", Path: "/v2.0/floatingips"}
	VTEPs       = Resource{Singular: "vtep", Plural: "vteps", Path: "/v1/vteps"}
	Trunks      = Resource{Singular: "trunk", Plural: "trunks", Path: "/v2.0/trunks"}
	Hosts       = Resource{Singular: "host", Plural: "hosts", Path: "/v1/hosts", Named: true}
)
