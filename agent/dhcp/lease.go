package dhcp

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"weft/api"
	"weft/plan"
)

// Numbers of options (RFC 2132 and its successors).
const (
	optMask       = 1
	optRouter     = 3
	optDNS        = 6
	optHostName   = 12
	optDomain     = 15
	optMTU        = 26
	optBroadcast  = 28
	optTFTP       = 66
	optBootFile   = 67
	optFQDN       = 81
	optSearch     = 119
	optRoutes     = 121
	optTFTPServer = 150
	optRoutesMS   = 249
)

// maxTag is the highest VLAN id that frames may have.
const maxTag = 4094

// forever is a lease without an end.
const forever = 0xffffffff

// lease is what a guest is told, with its options as they are on the wire.
type lease struct {
	plan.DHCP
	options map[uint8][]byte
	own     map[uint8]bool // of the port's own: sent whether asked for or not
	cutShort
}

func newLease(d plan.DHCP) (*lease, error) {
	switch {
	case d.PortID == "" || d.OFPort == 0 || d.MAC.IsZero() || d.ServerMAC.IsZero():
		return nil, errors.New("dhcp answer lacks its port or a MAC")
	case d.Tag > maxTag:
		return nil, fmt.Errorf("dhcp answer of port %s: %d is no VLAN id", d.PortID, d.Tag)
	case !d.Addr.IsValid() || !d.Addr.Addr().Is4() || !d.ServerID.Is4() || d.Lease == 0 || d.MTU < 0 || d.MTU > 0xffff:
		return nil, fmt.Errorf("dhcp answer of port %s lacks an IPv4 address or a lease time", d.PortID)
	}
	l := &lease{DHCP: d, options: map[uint8][]byte{}, own: map[uint8]bool{}}
	if err := errors.Join(l.addresses(), l.routes()); err != nil {
		return nil, fmt.Errorf("dhcp answer of port %s: %w", d.PortID, err)
	}
	l.set(optHostName, []byte(d.HostName))
	l.set(optDomain, []byte(d.Domain))
	if d.Domain != "" {
		l.set(optSearch, labels(d.Domain))
	}
	if d.MTU > 0 {
		l.set(optMTU, binary.BigEndian.AppendUint16(nil, uint16(d.MTU)))
	}
	if err := l.ownOptions(); err != nil {
		return nil, fmt.Errorf("dhcp answer of port %s: %w", d.PortID, err)
	}
	return l, nil
}

func (l *lease) set(code uint8, v []byte) {
	if len(v) > 0 {
		l.options[code] = v
	}
}

// addresses sets mask, broadcast address, router and DNS servers.
func (l *lease) addresses() error {
	mask := net.CIDRMask(l.Addr.Bits(), 32)
	l.set(optMask, mask)
	last := l.Addr.Masked().Addr().As4()
	for i := range last {
		last[i] |= ^mask[i]
	}
	l.set(optBroadcast, last[:])
	if l.Router.Is4() {
		l.set(optRouter, l.Router.AsSlice())
	}
	var dns []byte
	for word := range strings.FieldsSeq(l.DNS) {
		a, err := netip.ParseAddr(word)
		if err != nil || !a.Is4() {
			return fmt.Errorf("%q is no IPv4 address", word)
		}
		dns = append(dns, a.AsSlice()...)
	}
	l.set(optDNS, dns)
	return nil
}

func (l *lease) routes() error {
	if l.Routes == "" {
		return nil
	}
	var routes []api.HostRoute
	for part := range strings.SplitSeq(l.Routes, ", ") {
		dst, hop, _ := strings.Cut(part, " via ")
		p, err := netip.ParsePrefix(dst)
		a, err2 := netip.ParseAddr(hop)
		if err != nil || err2 != nil || !p.Addr().Is4() || !a.Is4() {
			return fmt.Errorf("%q is no IPv4 route", part)
		}
		routes = append(routes, api.HostRoute{Destination: p, NextHop: a})
	}
	b := api.EncodeDHCPRoutes(routes)
	l.set(optRoutes, b)
	l.set(optRoutesMS, b)
	return nil
}

// ownOptions lets the port's own options stand instead of the others.
func (l *lease) ownOptions() error {
	for word := range strings.FieldsSeq(l.Options) {
		number, text, _ := strings.Cut(word, "=")
		code, err := strconv.ParseUint(number, 10, 8)
		v, err2 := hex.DecodeString(text)
		if err != nil || err2 != nil || code == 0 || code == 255 {
			return fmt.Errorf("%q is no option", word)
		}
		delete(l.options, uint8(code))
		l.set(uint8(code), v)
		l.own[uint8(code)] = true
	}
	return nil
}
