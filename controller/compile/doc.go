// Package compile turns a state into plans: Host gives all that one host must hold. A plan is the union of parts, one for
// each subject (a logical object as seen by that host), and no two subjects have a key in common. So after a change it
// is enough to compile the subjects that Affected names, from the old state and the new one, and to send the difference.
//
// The package is pure: equal states give equal bytes.
package compile
