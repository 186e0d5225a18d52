// Package plan says what one host must hold: flows for its bridges, and host items (bridges, ports, namespaces, links,
// addresses, routes, rules, neighbours, NAT, announcements). Everything in a plan has a key; one generic difference of
// have and want serves them all. The package also defines what travels on the agent link.
//
// A Flow is opaque here: keys are compared, bytes are carried. Package pipeline gives them meaning.
//
// The package is pure: no I/O, goroutine, clock or log.
package plan
