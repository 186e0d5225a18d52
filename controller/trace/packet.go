package trace

import (
	"fmt"
	"net/netip"
	"strings"

	"weft/api"
)

// packet is the packet as it is at the place of the walk.
type packet struct {
	src, dst api.MAC
	vlan     uint16 // outer tag; 0: none
	from, to netip.Addr
	proto    string
	port     uint16 // destination's; 0 of icmp
	ttl      int
	dnat     bool // its destination was translated in the namespace where it is
}

const (
	startTTL   = 64
	clientPort = 40000 // any port that clients use
)

// String describes the packet to people.
func (p packet) String() string {
	to := p.to.String()
	if p.port != 0 {
		to = netip.AddrPortFrom(p.to, p.port).String()
	}
	return fmt.Sprintf("%s %s → %s%s", p.proto, sender(p.from, p.src), to, inBrackets(p.dst))
}

func sender(a netip.Addr, m api.MAC) string {
	if !a.IsValid() {
		return m.String()
	}
	return a.String() + inBrackets(m)
}

func inBrackets(m api.MAC) string {
	if m.IsZero() {
		return ""
	}
	return fmt.Sprintf(" (%s)", m)
}

// flow describes the packet to ovs-vswitchd.
func (p packet) flow(at place) string {
	in := fmt.Sprintf("in_port=%d", at.port)
	if at.port == localPort {
		in = "in_port=LOCAL"
	}
	parts := append(p.header(), in, "dl_src="+p.src.String(), "dl_dst="+p.dst.String(),
		fmt.Sprintf("nw_ttl=%d", p.ttl))
	if p.vlan != 0 {
		parts = append(parts, fmt.Sprintf("dl_vlan=%d", p.vlan))
	}
	if at.tunnel != nil {
		field := "tun_src"
		if at.tunnel.from.Is6() {
			field = "tun_ipv6_src"
		}
		parts = append(parts, field+"="+at.tunnel.from.String(), fmt.Sprintf("tun_id=%d", at.tunnel.vni))
	}
	return strings.Join(parts, ",")
}

// header is what is inside the frame. The protocol comes first: what follows needs it.
func (p packet) header() []string {
	name, src, dst := p.proto, "nw_src", "nw_dst"
	if p.to.Is6() {
		name, src, dst = p.proto+"6", "ipv6_src", "ipv6_dst"
	}
	parts := []string{name, src + "=" + p.from.String(), dst + "=" + p.to.String()}
	switch {
	case p.proto != icmp:
		return append(parts, fmt.Sprintf("%s_src=%d", p.proto, clientPort), fmt.Sprintf("%s_dst=%d", p.proto, p.port))
	case p.to.Is6():
		return append(parts, "icmp_type=128", "icmp_code=0")
	}
	return append(parts, "icmp_type=8", "icmp_code=0")
}

const icmp = "icmp"
