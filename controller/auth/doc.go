// Package auth says who sends a request: it turns what a request carries into a Caller.
//
//	request ─► Authenticator ─► Caller (user, project, roles) ─► the request's context ─► what the caller may do (rest)
//
// What a caller may do is not decided here. The package trusts nothing that arrives; secrets are compared in constant
// time, kept only as hashes, and never part of an error.
package auth
