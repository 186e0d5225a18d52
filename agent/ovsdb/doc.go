// Package ovsdb is the agent's side of Open vSwitch's database: it keeps a connection, tells when anything that the
// agent cares about changed, gives what is there, and is the driver for bridges, table names, controllers and ports.
//
// What weft makes carries external_ids:owner=weft, and only that is ever changed or removed. A provider bridge that its
// administrator made is given what weft needs and a note of what it was, and is put back when it is no longer used.
//
// State is read from the client's replica as a whole, never put together from events; each call has a deadline; when the
// connection is lost everything is read anew.
package ovsdb
