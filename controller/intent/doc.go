// Package intent holds the rules of Neutron's nouns over a transaction: what creating, changing and deleting each of
// them means, what is refused and with which Neutron error, and what weft allocates along the way (addresses, MACs,
// VNIs, local VLANs, link-local pairs, rule priorities, hosts' gateway ports).
//
// Every function takes the *api.Txn that it works on and either leaves it complete or returns an error, after which the
// caller drops the whole transaction. Errors that are the requester's fault are *api.Fault.
//
// Settle runs at the end of every transaction: it makes and frees what follows from the rest (routers' gateway hosts and
// their legs there, Segment, Placement, agent gateway ports), looking only at what the transaction changed.
//
// The package does no I/O. Clock and id source are parameters (Ops).
package intent
