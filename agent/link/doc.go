// Package link is the driver for everything that lives in network namespaces: namespaces, settings, veth pairs,
// addresses, neighbours, routes, policy rules, NAT chains, tracked connections and announcements.
//
// It owns namespaces whose names begin with qrouter-, fip- or snat-; in them, and in the agent's own namespace, veth
// devices with weft's prefixes, what is configured on these, routes and rules of protocol static, and iptables chains
// that begin with weft-. It reads and changes nothing else.
//
// Netlink sockets are opened inside a namespace once and kept, so a change costs one message. What must be done by a
// thread that is inside (files under /proc/sys, sockets, programs) is done by a thread of its own that ends afterwards.
package link
