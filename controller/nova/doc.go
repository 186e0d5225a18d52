// Package nova tells OpenStack Compute what becomes of its servers' ports, by POST to os-server-external-events: that a
// port's data plane is confirmed or gone on a host, that a port was deleted, that its addresses changed.
//
//	commits ─► Watcher: which ports of servers are concerned? ─► their status, until it is final ─► Sender: batch, POST, retry
//
// What is told follows from states, not from calls: a port is told to be plugged when a switch has confirmed its flows,
// also on the host where a migration leads. After a restart what was plugged in the last minutes is told again, since Nova
// may wait for it still; it does not mind. The package changes no state.
package nova
