// Package serverlog brings what Go's HTTP servers say of connections, such as handshakes of TLS that failed, into the log
// of the program. Anybody may make a server say such things, so only one line in a while is a warning: the rest is for who
// looks closely.
package serverlog
