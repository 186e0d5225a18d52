// Package pki is weft's own certificate authority: it signs the controller's certificate and those of the hosts, under
// which both the agent link and OpenFlow run. The common name of a host's certificate is the host's name, and that is
// the only host that its holder may speak for.
package pki
