package api

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// DHCPOption is one option of a port's DHCP answers (Neutron's extra_dhcp_opts), under the name that dnsmasq has for it.
type DHCPOption struct {
	Name      string `json:"opt_name"`
	Value     string `json:"opt_value"`
	IPVersion int    `json:"ip_version"`
}

// dhcpForm is how the value of an option is written on the wire.
type dhcpForm uint8

const (
	dhcpAddresses dhcpForm = iota // IPv4 addresses with commas between them
	dhcpAddress                   // one IPv4 address
	dhcpText
	dhcpByte
	dhcpUint16
	dhcpUint32
	dhcpDomains // names with commas between them, RFC 3397
	dhcpRoutes  // CIDR,NEXTHOP,…, RFC 3442
	dhcpHex     // bytes: 01:02:ff

	dhcpAddresses6 // IPv6 addresses with commas between them
)

type dhcpKind struct {
	code uint8
	form dhcpForm
}

// dhcpKinds is constant: the options that a port may have, by dnsmasq's names. Those by which a server keeps its leases
// (message type, server id, times, address) are not among them.
var dhcpKinds = map[string]dhcpKind{
	"netmask": {1, dhcpAddress}, "time-offset": {2, dhcpUint32}, "router": {3, dhcpAddresses},
	"time-server": {4, dhcpAddresses}, "dns-server": {6, dhcpAddresses}, "log-server": {7, dhcpAddresses},
	"lpr-server": {9, dhcpAddresses}, "hostname": {12, dhcpText}, "host-name": {12, dhcpText},
	"boot-file-size": {13, dhcpUint16}, "domain-name": {15, dhcpText}, "swap-server": {16, dhcpAddress},
	"root-path": {17, dhcpText}, "extension-path": {18, dhcpText}, "ip-forward-enable": {19, dhcpByte},
	"non-local-source-routing": {20, dhcpByte}, "policy-filter": {21, dhcpAddresses},
	"max-datagram-reassembly": {22, dhcpUint16}, "default-ttl": {23, dhcpByte}, "mtu": {26, dhcpUint16},
	"all-subnets-local": {27, dhcpByte}, "broadcast": {28, dhcpAddress}, "router-discovery": {31, dhcpByte},
	"router-solicitation": {32, dhcpAddress}, "static-route": {33, dhcpAddresses},
	"trailer-encapsulation": {34, dhcpByte}, "arp-timeout": {35, dhcpUint32}, "ethernet-encap": {36, dhcpByte},
	"tcp-ttl": {37, dhcpByte}, "tcp-keepalive": {38, dhcpUint32}, "nis-domain": {40, dhcpText},
	"nis-server": {41, dhcpAddresses}, "ntp-server": {42, dhcpAddresses}, "vendor-encap": {43, dhcpHex},
	"netbios-ns": {44, dhcpAddresses}, "netbios-dd": {45, dhcpAddresses}, "netbios-nodetype": {46, dhcpByte},
	"netbios-scope": {47, dhcpText}, "x-windows-fs": {48, dhcpAddresses}, "x-windows-dm": {49, dhcpAddresses},
	"vendor-class": {60, dhcpText}, "nis+-domain": {64, dhcpText}, "nis+-server": {65, dhcpAddresses},
	"tftp-server": {66, dhcpText}, "server-name": {66, dhcpText}, "bootfile-name": {67, dhcpText},
	"mobile-ip-home": {68, dhcpAddresses}, "smtp-server": {69, dhcpAddresses}, "pop3-server": {70, dhcpAddresses},
	"nntp-server": {71, dhcpAddresses}, "irc-server": {74, dhcpAddresses}, "posix-timezone": {100, dhcpText},
	"tzdb-timezone": {101, dhcpText}, "domain-search": {119, dhcpDomains},
	"classless-static-route": {121, dhcpRoutes}, "ms-classless-static-route": {249, dhcpRoutes},
	"tftp-server-address": {150, dhcpAddresses}, "server-ip-address": {150, dhcpAddresses}, "wpad": {252, dhcpText},
}

// dhcpKinds6 is constant: those of DHCPv6.
var dhcpKinds6 = map[string]dhcpKind{
	"sip-server-domain": {21, dhcpDomains}, "sip-server": {22, dhcpAddresses6}, "dns-server": {23, dhcpAddresses6},
	"domain-search": {24, dhcpDomains}, "nis-server": {27, dhcpAddresses6}, "nis+-server": {28, dhcpAddresses6},
	"nis-domain": {29, dhcpDomains}, "nis+-domain": {30, dhcpDomains}, "sntp-server": {31, dhcpAddresses6},
	"information-refresh-time": {32, dhcpUint32}, "bootfile-url": {59, dhcpText},
}

// DHCPOptionNames lists the names of the options of an IP version that a port may have, sorted.
func DHCPOptionNames(version int) []string {
	if version == 6 {
		return slices.Sorted(maps.Keys(dhcpKinds6))
	}
	return slices.Sorted(maps.Keys(dhcpKinds))
}

// Encode gives the option's number and its bytes. An empty value is allowed for the options that it makes sense for, as
// in Neutron: no router, no routes. It then has no bytes, and the option is not sent.
func (o DHCPOption) Encode() (code uint8, value []byte, err error) {
	k, ok := o.kind()
	switch {
	case o.IPVersion != 4 && o.IPVersion != 6:
		return 0, nil, fmt.Errorf("DHCP option %q of IP version %d: there are those of 4 and of 6", o.Name, o.IPVersion)
	case !ok && !o.Unsendable():
		return 0, nil, fmt.Errorf("DHCP option %q of IP version %d is not known", o.Name, o.IPVersion)
	case o.Value == "" && o.IPVersion == 4 && (k.code == 3 || k.form == dhcpRoutes):
		return k.code, nil, nil
	case o.Unsendable():
		return k.code, nil, nil
	}
	value, err = k.form.encode(o.Value)
	if err == nil && (len(value) == 0 || len(value) > 255) {
		err = fmt.Errorf("takes %d bytes, want 1 to 255", len(value))
	}
	if err != nil {
		return 0, nil, fmt.Errorf("value %q of DHCP option %s: %w", o.Value, o.Name, err)
	}
	return k.code, value, nil
}

// Unsendable reports whether no answer can carry the option, though Neutron keeps and shows it: one of DHCPv4 with IPv6
// addresses (clients leave the IP version out for ports on IPv6 networks too, and that means 4), or one that only DHCPv4
// has, asked for in DHCPv6.
func (o DHCPOption) Unsendable() bool {
	k, ok := o.kind()
	if !ok && o.IPVersion == 6 {
		_, ok = DHCPOption{Name: o.Name, IPVersion: 4}.kind()
		return ok
	}
	if !ok || o.IPVersion != 4 || k.form != dhcpAddresses && k.form != dhcpAddress {
		return false
	}
	_, err := encodeAddresses6(o.Value)
	return err == nil
}

// kind finds the option by name or number.
func (o DHCPOption) kind() (dhcpKind, bool) {
	kinds := dhcpKinds
	if o.IPVersion == 6 {
		kinds = dhcpKinds6
	}
	if k, ok := kinds[o.Name]; ok {
		return k, true
	}
	n, err := strconv.ParseUint(o.Name, 10, 8)
	if err != nil || strconv.FormatUint(n, 10) != o.Name {
		return dhcpKind{}, false
	}
	for _, k := range kinds {
		if uint64(k.code) == n {
			return k, true
		}
	}
	return dhcpKind{}, false
}

func (f dhcpForm) encode(s string) ([]byte, error) {
	switch f {
	case dhcpAddresses, dhcpAddress:
		return encodeAddresses(s, f == dhcpAddress)
	case dhcpAddresses6:
		return encodeAddresses6(s)
	case dhcpByte:
		return encodeNumber(s, 8)
	case dhcpUint16:
		return encodeNumber(s, 16)
	case dhcpUint32:
		return encodeNumber(s, 32)
	case dhcpDomains:
		return encodeDomains(s)
	case dhcpRoutes:
		return encodeRouteText(s)
	case dhcpHex:
		return hex.DecodeString(strings.ReplaceAll(s, ":", ""))
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }); i >= 0 {
		return nil, fmt.Errorf("has the control character %q", s[i])
	}
	return []byte(s), nil
}

func parse4(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(strings.TrimSpace(s))
	if err != nil || !a.Is4() {
		return a, fmt.Errorf("%q is no IPv4 address", s)
	}
	return a, nil
}

func encodeAddresses(s string, single bool) ([]byte, error) {
	parts := strings.Split(s, ",")
	if single && len(parts) > 1 {
		return nil, fmt.Errorf("%d addresses, want one", len(parts))
	}
	var out []byte
	for _, p := range parts {
		a, err := parse4(p)
		if err != nil {
			return nil, err
		}
		out = append(out, a.AsSlice()...)
	}
	return out, nil
}

func encodeAddresses6(s string) ([]byte, error) {
	var out []byte
	for p := range strings.SplitSeq(s, ",") {
		a, err := netip.ParseAddr(strings.Trim(strings.TrimSpace(p), "[]"))
		if err != nil || !a.Is6() || a.Zone() != "" {
			return nil, fmt.Errorf("%q is no IPv6 address", p)
		}
		out = append(out, a.AsSlice()...)
	}
	return out, nil
}

func encodeNumber(s string, bits int) ([]byte, error) {
	n, err := strconv.ParseUint(s, 10, bits)
	if err != nil {
		return nil, fmt.Errorf("want a whole number of %d bits", bits)
	}
	return binary.BigEndian.AppendUint64(nil, n)[8-bits/8:], nil
}

func encodeDomains(s string) ([]byte, error) {
	var out []byte
	for name := range strings.SplitSeq(s, ",") {
		for label := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSpace(name), "."), ".") {
			if label == "" || len(label) > 63 {
				return nil, fmt.Errorf("%q is no domain name", name)
			}
			out = append(append(out, byte(len(label))), label...)
		}
		out = append(out, 0)
	}
	return out, nil
}

func encodeRouteText(s string) ([]byte, error) {
	parts := strings.Split(s, ",")
	if len(parts)%2 != 0 {
		return nil, fmt.Errorf("want CIDR,NEXTHOP pairs, have %d words", len(parts))
	}
	var routes []HostRoute
	for i := 0; i < len(parts); i += 2 {
		p, err := netip.ParsePrefix(strings.TrimSpace(parts[i]))
		if err != nil || !p.Addr().Is4() {
			return nil, fmt.Errorf("%q is no IPv4 CIDR", parts[i])
		}
		hop, err := parse4(parts[i+1])
		if err != nil {
			return nil, err
		}
		routes = append(routes, HostRoute{p, hop})
	}
	return EncodeDHCPRoutes(routes), nil
}

// EncodeDHCPRoutes writes IPv4 routes as options 121 and 249 have them (RFC 3442): length, the bytes of the destination
// that the length covers, next hop (0.0.0.0: on the link).
func EncodeDHCPRoutes(routes []HostRoute) []byte {
	var out []byte
	for _, r := range routes {
		dst := r.Destination.Masked()
		out = append(out, byte(dst.Bits()))
		out = append(out, dst.Addr().AsSlice()[:(dst.Bits()+7)/8]...)
		out = append(out, r.NextHop.AsSlice()...)
	}
	return out
}
