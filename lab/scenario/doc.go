// Package scenario proves with real packets that a lab's cloud does what it was told.
//
// An example is a folder with a topology and the name of a scenario. A scenario builds a cloud by REST, plugs guests,
// and runs checks; a check passes or fails, and says what it saw. The pieces are for reuse: ping and its open form,
// captures at any device of the lab, the state of namespaces and switches.
//
// A check must be able to fail. So what proves that a packet is *not* somewhere waits, in the same capture, for one
// that must be there, and that was sent after it: a capture that captures nothing fails.
package scenario
