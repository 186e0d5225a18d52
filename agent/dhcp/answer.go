package dhcp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/iana"

	"weft/api"
)

// errIgnored are requests that have no answer, and what is wrong with them.
var errIgnored = errors.New("not answered")

func ignored(why string, args ...any) error {
	return fmt.Errorf("%w: "+why, append([]any{errIgnored}, args...)...)
}

// replies implements answerer.
func (l *lease) replies(frame []byte) ([][]byte, error) {
	a, err := l.answer(frame)
	return [][]byte{a}, err
}

// answer decodes a frame and gives the frame that answers it.
func (l *lease) answer(frame []byte) ([]byte, error) {
	b, err := payload(frame)
	if err != nil {
		return nil, err
	}
	q, err := dhcpv4.FromBytes(b)
	if err == nil {
		err = overload(q, b)
	}
	if err != nil {
		return nil, fmt.Errorf("decode DHCP request: %w", err)
	}
	a, err := l.reply(q)
	if err != nil {
		return nil, err
	}
	return l.envelope(q, a).seal(a.ToBytes()), nil
}

// overload reads the options that a client has put where the names of a server and a file would be, since it had no room
// for them (RFC 2132, section 9.3; in this order, RFC 2131, section 4.1).
func overload(q *dhcpv4.DHCPv4, b []byte) error {
	const inFile, inName = 1, 2
	v := q.Options.Get(dhcpv4.OptionOptionOverload)
	if len(v) != 1 {
		return nil
	}
	for _, x := range []struct {
		bit       byte
		from, end int
	}{{inFile, 108, 236}, {inName, 44, 108}} {
		if v[0]&x.bit == 0 {
			continue
		}
		if err := q.Options.FromBytes(b[x.from:x.end]); err != nil {
			return fmt.Errorf("options in place of names: %w", err)
		}
	}
	return nil
}

// reply is the protocol (RFC 2131, section 4.3).
func (l *lease) reply(q *dhcpv4.DHCPv4) (*dhcpv4.DHCPv4, error) {
	switch {
	case q.OpCode != dhcpv4.OpcodeBootRequest || q.HWType != iana.HWTypeEthernet || !bytes.Equal(q.ClientHWAddr, l.MAC[:]):
		return nil, ignored("client %s is not the port's", q.ClientHWAddr)
	case !unspecified(q.GatewayIPAddr):
		return nil, ignored("relayed by %s", q.GatewayIPAddr)
	case q.Options.Has(dhcpv4.OptionServerIdentifier) && !same(q.ServerIdentifier(), l.ServerID):
		return nil, ignored("for another server")
	}
	switch t := q.MessageType(); t {
	case dhcpv4.MessageTypeDiscover:
		return l.grant(q, dhcpv4.MessageTypeOffer), nil
	case dhcpv4.MessageTypeRequest:
		if !l.wanted(q) {
			return l.refuse(q), nil
		}
		return l.grant(q, dhcpv4.MessageTypeAck), nil
	case dhcpv4.MessageTypeInform:
		if unspecified(q.ClientIPAddr) {
			return nil, ignored("it informs of no address")
		}
		return l.inform(q), nil
	case dhcpv4.MessageTypeDecline:
		return nil, ignored("the guest found its address %s in use by another", l.Addr.Addr())
	default: // a release changes nothing: the address stays the port's
		return nil, ignored("message %s", t)
	}
}

// wanted reports whether a request is for the port's address: the one that it asks for, or else the one that it has.
func (l *lease) wanted(q *dhcpv4.DHCPv4) bool {
	if q.Options.Has(dhcpv4.OptionRequestedIPAddress) {
		return same(q.RequestedIPAddress(), l.Addr.Addr())
	}
	return same(q.ClientIPAddr, l.Addr.Addr())
}

func unspecified(ip net.IP) bool { return len(ip) == 0 || ip.IsUnspecified() }

func same(ip net.IP, a netip.Addr) bool {
	got, ok := netip.AddrFromSlice(ip)
	return ok && got.Unmap() == a
}

// start makes an answer with nothing in it but who it is from and for.
func (l *lease) start(q *dhcpv4.DHCPv4, t dhcpv4.MessageType) *dhcpv4.DHCPv4 {
	a := &dhcpv4.DHCPv4{
		OpCode: dhcpv4.OpcodeBootReply, HWType: q.HWType, TransactionID: q.TransactionID, Flags: q.Flags,
		ClientHWAddr: q.ClientHWAddr, Options: dhcpv4.Options{},
	}
	a.UpdateOption(dhcpv4.OptMessageType(t))
	a.UpdateOption(dhcpv4.OptServerIdentifier(l.ServerID.AsSlice()))
	if id := q.Options.Get(dhcpv4.OptionClientIdentifier); len(id) > 0 && len(id) <= maxClientID {
		a.UpdateOption(dhcpv4.OptGeneric(dhcpv4.OptionClientIdentifier, id)) // by which it knows its answers (RFC 6842)
	}
	return a
}

// maxClientID is the number of bytes of the longest option. What is longer came in several, as no client sends it.
const maxClientID = 255

func (l *lease) refuse(q *dhcpv4.DHCPv4) *dhcpv4.DHCPv4 {
	a := l.start(q, dhcpv4.MessageTypeNak)
	a.UpdateOption(dhcpv4.OptMessage("the address of this port is " + l.Addr.Addr().String()))
	return a
}

func (l *lease) grant(q *dhcpv4.DHCPv4, t dhcpv4.MessageType) *dhcpv4.DHCPv4 {
	a := l.start(q, t)
	a.ClientIPAddr, a.YourIPAddr = q.ClientIPAddr, l.Addr.Addr().AsSlice()
	if t == dhcpv4.MessageTypeOffer {
		a.ClientIPAddr = nil
	}
	seconds := func(code dhcpv4.OptionCode, s uint32) {
		a.UpdateOption(dhcpv4.OptGeneric(code, binary.BigEndian.AppendUint32(nil, s)))
	}
	seconds(dhcpv4.OptionIPAddressLeaseTime, l.Lease)
	if l.Lease != forever {
		seconds(dhcpv4.OptionRenewTimeValue, l.Lease/2)
		seconds(dhcpv4.OptionRebindingTimeValue, l.Lease/8*7)
	}
	l.configure(q, a)
	return a
}

// inform tells a client that has its address from elsewhere the rest.
func (l *lease) inform(q *dhcpv4.DHCPv4) *dhcpv4.DHCPv4 {
	a := l.start(q, dhcpv4.MessageTypeAck)
	a.ClientIPAddr = q.ClientIPAddr
	l.configure(q, a)
	return a
}

// order is that in which options take their place in an answer that is too small for all of them.
var order = [...]uint8{optMask, optMTU, optRouter, optRoutes, optRoutesMS, optDNS, optHostName, optDomain, optSearch, optBroadcast}

// configure adds the options that the client asks for, or all if it does not say; mask and MTU always, since without
// them the network does not work, and the port's own always, since somebody asked for them.
func (l *lease) configure(q, a *dhcpv4.DHCPv4) {
	l.boot(a)
	asked := q.Options.Get(dhcpv4.OptionParameterRequestList)
	all := q.Options.Has(dhcpv4.OptionParameterRequestList)
	room := l.room(q, a)
	put := func(code uint8, v []byte) {
		if _, there := a.Options[code]; there || len(v) == 0 {
			return
		}
		n := len(v) + 2*((len(v)+254)/255)
		if n > room {
			l.cut = true
			return
		}
		room -= n
		a.Options[code] = v
	}
	add := func(code uint8) { put(code, l.options[code]) }
	l.cut = false
	add(optMask)
	for _, code := range slices.Sorted(maps.Keys(l.own)) {
		add(code)
	}
	for _, code := range order {
		if code == optMTU || !all || bytes.IndexByte(asked, code) >= 0 {
			add(code)
		}
	}
	put(optFQDN, l.fqdn(q))
}

// boot fills in the fields of old by which clients that boot from the network find their server and file.
func (l *lease) boot(a *dhcpv4.DHCPv4) {
	if v := l.options[optTFTPServer]; len(v) >= 4 {
		a.ServerIPAddr = slices.Clone(v[:4])
	} else if tftp, err := netip.ParseAddr(string(l.options[optTFTP])); err == nil && tftp.Is4() {
		a.ServerIPAddr = tftp.AsSlice()
	}
	a.BootFileName = string(l.options[optBootFile])
}

// room is how many bytes of options fit into an answer beside those that it has: what the client takes, at least 576
// bytes with headers, and not more than the network carries.
func (l *lease) room(q, a *dhcpv4.DHCPv4) int {
	const least, fixed, end = 576, 240, 1
	most := least
	if v := q.Options.Get(dhcpv4.OptionMaximumDHCPMessageSize); len(v) == 2 {
		most = max(least, int(binary.BigEndian.Uint16(v)))
	}
	most = min(most, max(least, l.MTU))
	used := ipv4Len + udpLen + fixed + end
	for _, v := range a.Options {
		used += 2 + len(v)
	}
	return most - used
}

// envelope says where an answer goes: to everybody if the client cannot take it otherwise, or is refused; to the address
// that it has; or to the one that it gets.
func (l *lease) envelope(q, a *dhcpv4.DHCPv4) envelope {
	e := envelope{srcMAC: l.ServerMAC, dstMAC: l.MAC, src: l.ServerID}
	here, ok := netip.AddrFromSlice(q.ClientIPAddr)
	nak := a.MessageType() == dhcpv4.MessageTypeNak
	switch {
	case !nak && ok && !here.IsUnspecified():
		e.dst = here.Unmap()
	case nak || q.IsBroadcast():
		e.dst, e.dstMAC = netip.AddrFrom4([4]byte{255, 255, 255, 255}), api.Broadcast
	default:
		e.dst = l.Addr.Addr()
	}
	return e
}
