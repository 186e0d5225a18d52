// Package neutron declares the resources of OpenStack Networking v2.0 and serves its actions: all paths under /v2.0.
//
// One file a resource (networks.go, ports.go …) is the only place that knows its attributes; its actions stand below them.
// What Neutron's clients expect and weft does not have is declared as fixed. The rules of the resources are in package intent.
package neutron
