// Package mgmt keeps OpenFlow connections of the agent's own with the bridges of its host, over the sockets on which
// ovs-vswitchd listens for management. They need no controller, and their end tells at once that ovs-vswitchd has ended.
package mgmt
