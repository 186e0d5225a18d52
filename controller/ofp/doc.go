// Package ofp holds the OpenFlow 1.3 sessions with switches: it accepts them, keeps them alive, reads the flows that they
// hold and commits changes, each as one atomic bundle.
//
//	listener ─► Server ─► Session: one goroutine reads and decodes, strictly in order; one writes from a queue
//	                         │ Handler.Connected … Disconnected
//	                         └ ReadFlows, Commit, Ports: replies find their callers by transaction id
//
// A switch is hostile until proven: frames are bounded, every wait has an end, and whatever a session receives can close
// that session only. An idle session costs two goroutines and a small buffer. Sessions do not know about hosts or plans:
// who may be which switch is for the Handler to say.
package ofp
