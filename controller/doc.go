// Package controller is the loop between the state and the hosts: it watches the store's commits, compiles what they
// change on which host, and brings the difference to the switches (OpenFlow) and the agents (agent link).
//
// One goroutine a host does everything for it in order (type host). Whoever has something for it (a commit, a switch
// that connected, an agent that wants its plan) notes it and wakes it. A host that falls behind merges what waits into
// one difference; after any doubt (a new connection, a refused bundle) it reads the switch and compares the whole.
//
// A revision is confirmed by a host when the switch has answered the barrier after its flows, and the agent has reported
// that it tried its items.
package controller
