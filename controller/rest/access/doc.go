// Package access says who may do what: all of it is here, in the rights that resources name in their declarations, and in
// package noun, which asks.
//
//	Caller (Policy) + Deed (verb, Demands of the body) + Target (an object) ─► Right ─► may, or Neutron's refusal
//
// Demands are what a body asks its caller to be allowed beside the right to the object: attributes that only some may give,
// and Mentions of other objects. The package looks things up in a view of the state and changes nothing.
package access
