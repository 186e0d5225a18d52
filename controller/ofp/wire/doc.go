// Package wire turns flows into OpenFlow 1.3 bytes and back, and decodes the messages that a switch sends.
//
// Encoding of matches, actions and instructions is done with libOpenflow, around the faults that it is known to have;
// what it produced is walked once more before it leaves, since it swallows errors. Decoding is our own: strict and bounds
// checked. No input makes it panic, loop, or allocate more than a small multiple of the input. What a decoder returns
// may share memory with its input unless it says otherwise, so an input must not be changed afterwards.
//
//	pipeline.Flow ── Encode ──► plan.Flow ── AppendBundleFlow ──► switch ── AppendFlowStats ──► plan.Flow ── Decode ──► pipeline.Flow
//
// The invariant: the FlowKey that Encode gives for a flow is the one that AppendFlowStats gives when a switch returns it.
// CanonicalMatch makes it true, and the cookie, which hashes the content, makes comparison of keys and cookies enough.
//
// The package is pure: no I/O, goroutine, clock or log.
package wire
