// Package cli is weft's command line for operators: the objects of the API (network, subnet, port, router, floatingip,
// host) and the views of what hosts hold (flows, plan, diff, status). Words and flags are those of the openstack client
// wherever the thing is the same.
//
// The API's declaration of a resource drives its create, list, show, set, unset and delete commands, their flags,
// completion and documentation (see derive.go), nested resources included: a new resource, or a new attribute, needs
// nothing here. Where the openstack client has other words, resources.go says them. The package only talks to the API,
// through package client.
//
// The exit status is 0 for success, 1 for a failure (and for a difference that "weft diff" found), 2 for a command line
// that makes no sense, 3 for an object that does not exist.
package cli
