// Package operator is weft's own interface under /v1, for those who run it: hosts and external VTEPs as resources; what a host
// should hold and holds, tunnels, the way of a packet; where a router's gateway is; backups.
package operator
