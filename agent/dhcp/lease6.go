package dhcp

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/insomniacslk/dhcp/dhcpv6"

	"weft/plan"
)

// serverSpace is the name space of the server's identifiers: one for each port, the same on whichever host it is, so that
// a guest that has moved goes on renewing.
var serverSpace = uuid.NewSHA1(uuid.NameSpaceOID, []byte("weft dhcpv6 server"))

// lease6 is what a guest is told by DHCPv6, with its options as they are on the wire.
type lease6 struct {
	plan.DHCP6
	addrs   []netip.Addr
	server  []byte // our identifier (DUID-UUID, RFC 6355)
	options map[uint16][]byte
	own     map[uint16]bool // of the port's own: sent whether asked for or not
	cutShort
}

func newLease6(d plan.DHCP6) (*lease6, error) {
	switch {
	case d.PortID == "" || d.OFPort == 0 || d.MAC.IsZero() || d.ServerMAC.IsZero():
		return nil, errors.New("dhcp6 answer lacks its port or a MAC")
	case d.Tag > maxTag:
		return nil, fmt.Errorf("dhcp6 answer of port %s: %d is no VLAN id", d.PortID, d.Tag)
	case d.Lease == 0:
		return nil, fmt.Errorf("dhcp6 answer of port %s lacks a lease time", d.PortID)
	}
	id := uuid.NewSHA1(serverSpace, []byte(d.PortID))
	const duidUUID = 4
	l := &lease6{
		DHCP6: d, server: append(binary.BigEndian.AppendUint16(nil, duidUUID), id[:]...),
		options: map[uint16][]byte{}, own: map[uint16]bool{},
	}
	var err, err2 error
	l.addrs, err = addresses6(d.Addrs)
	dns, err2 := addresses6(d.DNS)
	if err := errors.Join(err, err2); err != nil {
		return nil, fmt.Errorf("dhcp6 answer of port %s: %w", d.PortID, err)
	}
	var servers []byte
	for _, a := range dns {
		servers = append(servers, a.AsSlice()...)
	}
	l.set(uint16(dhcpv6.OptionDNSRecursiveNameServer), servers)
	l.set(uint16(dhcpv6.OptionDomainSearchList), labels(d.Domain))
	if d.HostName != "" {
		const noUpdates = 4 // the server does not enter it into any DNS (RFC 4704)
		l.set(uint16(dhcpv6.OptionFQDN), append([]byte{noUpdates}, labels(d.HostName+"."+d.Domain)...))
	}
	if err := l.ownOptions(); err != nil {
		return nil, fmt.Errorf("dhcp6 answer of port %s: %w", d.PortID, err)
	}
	return l, nil
}

func (l *lease6) set(code uint16, v []byte) {
	if len(v) > 0 {
		l.options[code] = v
	}
}

// ownOptions lets the port's own options stand instead of the others.
func (l *lease6) ownOptions() error {
	for word := range strings.FieldsSeq(l.Options) {
		number, text, _ := strings.Cut(word, "=")
		code, err := strconv.ParseUint(number, 10, 16)
		v, err2 := hex.DecodeString(text)
		if err != nil || err2 != nil || code == 0 {
			return fmt.Errorf("%q is no option", word)
		}
		delete(l.options, uint16(code))
		l.set(uint16(code), v)
		l.own[uint16(code)] = true
	}
	return nil
}

// addresses6 reads addresses with spaces between them.
func addresses6(text string) ([]netip.Addr, error) {
	var out []netip.Addr
	for word := range strings.FieldsSeq(text) {
		a, err := netip.ParseAddr(word)
		if err != nil || !a.Is6() || a.Zone() != "" {
			return nil, fmt.Errorf("%q is no IPv6 address", word)
		}
		out = append(out, a)
	}
	return out, nil
}

// labels writes a name as DNS does, without compression; nothing for one that cannot be written.
func labels(name string) []byte {
	var out []byte
	for label := range strings.SplitSeq(strings.Trim(name, "."), ".") {
		if label == "" || len(label) > 63 {
			return nil
		}
		out = append(append(out, byte(len(label))), label...)
	}
	if out = append(out, 0); len(out) > maxDomain {
		return nil
	}
	return out
}

// maxDomain is the number of bytes of the longest name in DNS.
const maxDomain = 255
