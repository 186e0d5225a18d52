// Package dvr computes distributed routers: on each host that has a router, its namespace with one leg per subnet, and
// the flows that let every host's leg have the same MAC and address without any other host noticing.
//
// A packet from guest A to guest B behind the same router is routed on A's host, whatever host B is on: A's frame goes to
// the leg on its own host; the kernel there knows B by a permanent neighbour entry and sends the packet out of B's leg;
// br-tun replaces the leg's MAC by the host's own and sends it to B's host; br-int there puts B's leg's MAC back.
//
// The package is pure: it reads a state and returns values; the agent applies them.
package dvr
