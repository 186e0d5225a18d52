// Package noun is how resources are declared. A Noun is a list of attributes, each with its name, its meaning, its kind, when
// it may be given, how it is read from the stored object and where it goes in the request. Everything else follows from it:
// parsing and validation in Neutron's words, who may do what, rendering, lists with their filters, pages and order, and the
// Description from which documents and command lines are made.
//
//	members of a body ─► Parse ─► request R ─► Add, Change (in a transaction) ─► object O ─► Show, List ─► wire.Row
//	                 └─► Demands ─► Permit
//
// Resource is a Noun as handlers see it, whatever its types. The package serves no HTTP and knows no resource by name.
package noun
