// Package exchange holds stories: requests to a server of the Neutron API, in order, with what a server answered. Two
// servers that get the same story cannot give the same bytes, since ids, times and free choices differ; plain answers, in
// which names stand for these, can be compared. A file of stories is text:
//
//	# a network and a subnet
//	admin POST /v2.0/networks {"network":{}} => net
//	< 201 {"network":{"id":"{net}",…}}
//	+ If-Match: revision_number={net.revision_number}
//	a PUT /v2.0/networks/{net} {"network":{"name":"x"}}
//	< 404 HTTPNotFound
//
// Who sends a request is the first word; "=> net" gives the object in the answer a name, and {net} is its id, {net.name} an
// attribute, in the steps after. The package knows nothing of weft.
package exchange
