// Package client speaks weft's REST API: OpenStack Networking (Neutron) v2.0 under /v2.0, weft's own under /v1. The
// command line and the lab are built on it.
//
//	c, err := client.New(client.Config{Wait: true})           // endpoint and token found by themselves
//	net, err := c.Networks().Create(ctx, client.Network{Name: "blue"})
//	port, err := c.Ports().Find(ctx, "web1")                   // by id or by name
//	list, err := c.List(ctx, client.Subnets, url.Values{"network_id": {net.ID}})
//
// There are two layers: calls over plain JSON objects (List, Show, Create, Update, Delete, Action), which know nothing
// of attributes, and typed collections (Networks, Subnets …) on top of them with the common attributes.
//
// Every error of a call says what was tried. A refusal by the controller is an *Error inside it, a controller that does
// not answer an *Unreachable, a name that stands for several objects an *Ambiguous, a change that a host has not confirmed
// in time (Config.Wait) an *Unconfirmed.
//
// The package must not import another package of weft than api.
package client
