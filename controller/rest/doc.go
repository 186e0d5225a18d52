// Package rest serves weft's HTTP interface: Neutron v2.0 under /v2.0, weft's own under /v1, metrics, health and documents.
//
//	request ─► crowd ─► route ─► identify ─► a handler of package request, neutron or operator ─► answer ─► audit, metrics
//
// The packages below it, each of which imports only those to the right of it:
//
//	rest ─► neutron, operator ─► request ─► noun ─► access, backend ─► wire
//
// It finds the route of a path, asks who sends the request, and writes the answer; a fault in a handler answers that one
// request with 500. It makes the OpenAPI document and docs/api.md of the same declarations that serve the requests. It holds
// no state of its own, and trusts nothing that arrives: connections, headers and bodies are bounded.
package rest
