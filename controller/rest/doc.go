// Package rest serves weft's HTTP interface: Neutron v2.0 under /v2.0, weft's own under /v1, and metrics and health.
//
// One declaration per resource (networks.go, ports.go …) is the only place that knows its attributes. A declaration is
// a list of attributes, each with its name, its meaning, its type, when it may be given, how it is read from the stored
// object and where it goes in the request. Everything else follows from it: parsing, validation in Neutron's words,
// rendering, fields, filters, sorting, and Resources, from which documents and command lines can be made.
//
//	request ─► router ─► body ─► attribute.set … ─► intent (in State.Update) ─► wait for hosts ─► attribute.get … ─► JSON
//
// The package trusts nothing that arrives: bodies are bounded in size and depth, keys may not repeat, and a fault in a
// handler answers that one request with 500. It holds no state of its own.
package rest
