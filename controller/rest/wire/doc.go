// Package wire turns values of Go into what stands in requests and answers, and back.
//
// A Kind is a type of attribute: how a JSON value is read, judged in Neutron's words, and shown, and its Schema, from which
// documents are made. Rows are JSON objects whose members keep their order. Faults and texts are what answers say of values
// that are wrong.
//
//	JSON ─► Kind.Accept ─► V … V ─► Kind.Render ─► Row ─► AppendJSON
//
// It knows no resource, no state and no caller, and trusts no text that it puts into a message: Shorten cuts it.
package wire
