package pipeline

import "weft/plan"

// Setting is a kernel setting of a namespace.
type Setting struct{ Name, Value string }

// RouterSettings gives the kernel settings of a namespace that routes, Neutron's but for two: reverse path filtering is
// off, since policy routing returns packets by another device than it expects, and no redirects are sent, since what came
// by a device may rightly leave by it. In IPv6 a router neither believes others nor asks whether its addresses are taken:
// they are on other hosts too, by design. more are those of one sort of namespace.
func RouterSettings(ns string, more ...Setting) []plan.Spec {
	set := append([]Setting{
		{"net.ipv4.ip_forward", "1"},
		{"net.ipv6.conf.all.forwarding", "1"},
		{"net.ipv6.conf.default.accept_ra", "0"},
		{"net.ipv6.conf.default.accept_dad", "0"},
		{"net.ipv4.conf.all.arp_ignore", "1"},
		{"net.ipv4.conf.all.arp_announce", "2"},
		{"net.ipv4.conf.all.rp_filter", "0"},
		{"net.ipv4.conf.default.rp_filter", "0"},
		{"net.ipv4.conf.all.send_redirects", "0"},
		{"net.ipv4.conf.default.send_redirects", "0"},
	}, more...)
	out := make([]plan.Spec, 0, len(set))
	for _, x := range set {
		out = append(out, plan.Sysctl{NS: ns, Name: x.Name, Value: x.Value})
	}
	return out
}
