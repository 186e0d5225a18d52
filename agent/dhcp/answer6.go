package dhcp

import (
	"bytes"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/insomniacslk/dhcp/iana"

	"weft/agent/frame"
)

const (
	clientPort6, serverPort6 = 546, 547

	maxDUID = 130 // bytes (RFC 8415, section 11.1)
)

// replies implements answerer.
func (l *lease6) replies(f []byte) ([][]byte, error) {
	e, b, err := frame.Datagram(f, serverPort6)
	if err != nil {
		return nil, err
	}
	if e.SrcMAC != l.MAC || !e.Src.IsLinkLocalUnicast() {
		return nil, ignored("from %s at %s, which is not the port's link-local address", e.Src, e.SrcMAC)
	}
	q, err := dhcpv6.MessageFromBytes(b)
	if err != nil {
		return nil, fmt.Errorf("decode DHCPv6 request: %w", err)
	}
	a, err := l.reply(q)
	if err != nil {
		return nil, err
	}
	back := frame.Ends{SrcMAC: l.ServerMAC, DstMAC: l.MAC, Src: l.ServerMAC.LinkLocal(), Dst: e.Src}
	return [][]byte{back.UDP(serverPort6, clientPort6, a.ToBytes())}, nil
}

// reply is the protocol (RFC 8415, section 18.3).
func (l *lease6) reply(q *dhcpv6.Message) (*dhcpv6.Message, error) {
	if err := l.valid(q); err != nil {
		return nil, err
	}
	switch t := q.MessageType; t {
	case dhcpv6.MessageTypeSolicit:
		if q.GetOneOption(dhcpv6.OptionRapidCommit) == nil {
			a := l.start(q, dhcpv6.MessageTypeAdvertise)
			a.AddOption(dhcpv6.OptPreference(255)) // there is no other server to wait for
			return l.granted(q, a), nil
		}
		a := l.start(q, dhcpv6.MessageTypeReply)
		a.AddOption(&dhcpv6.OptionGeneric{OptionCode: dhcpv6.OptionRapidCommit})
		return l.granted(q, a), nil
	case dhcpv6.MessageTypeRequest, dhcpv6.MessageTypeRenew, dhcpv6.MessageTypeRebind:
		return l.granted(q, l.start(q, dhcpv6.MessageTypeReply)), nil
	case dhcpv6.MessageTypeConfirm:
		return l.confirmed(q)
	case dhcpv6.MessageTypeRelease, dhcpv6.MessageTypeDecline: // changes nothing: the address stays the port's
		a := l.start(q, dhcpv6.MessageTypeReply)
		a.AddOption(status(iana.StatusSuccess, "the address stays the port's"))
		return a, nil
	case dhcpv6.MessageTypeInformationRequest:
		a := l.start(q, dhcpv6.MessageTypeReply)
		l.configure(q, a)
		return a, nil
	default:
		return nil, ignored("message %s", t)
	}
}

// valid holds a message against RFC 8415, section 16.
func (l *lease6) valid(q *dhcpv6.Message) error {
	client, server := q.GetOneOption(dhcpv6.OptionClientID), q.GetOneOption(dhcpv6.OptionServerID)
	if client != nil && len(client.ToBytes()) > maxDUID {
		return ignored("client identifier of %d bytes", len(client.ToBytes()))
	}
	names := false // whether it has to name the server
	switch q.MessageType {
	case dhcpv6.MessageTypeSolicit, dhcpv6.MessageTypeConfirm, dhcpv6.MessageTypeRebind:
		if server != nil {
			return ignored("%s names a server", q.MessageType)
		}
	case dhcpv6.MessageTypeRequest, dhcpv6.MessageTypeRenew, dhcpv6.MessageTypeDecline, dhcpv6.MessageTypeRelease:
		names = true
	case dhcpv6.MessageTypeInformationRequest:
		if len(q.Options.IANA())+len(q.Options.IATA())+len(q.Options.IAPD()) > 0 {
			return ignored("%s asks for addresses", q.MessageType)
		}
	}
	switch {
	case client == nil && q.MessageType != dhcpv6.MessageTypeInformationRequest:
		return ignored("%s without a client identifier", q.MessageType)
	case server == nil && names:
		return ignored("%s names no server", q.MessageType)
	case server != nil && !bytes.Equal(server.ToBytes(), l.server):
		return ignored("for another server")
	}
	return nil
}

// start makes an answer with nothing in it but who it is from and for.
func (l *lease6) start(q *dhcpv6.Message, t dhcpv6.MessageType) *dhcpv6.Message {
	a := &dhcpv6.Message{MessageType: t, TransactionID: q.TransactionID}
	if client := q.GetOneOption(dhcpv6.OptionClientID); client != nil {
		a.AddOption(&dhcpv6.OptionGeneric{OptionCode: dhcpv6.OptionClientID, OptionData: client.ToBytes()})
	}
	a.AddOption(&dhcpv6.OptionGeneric{OptionCode: dhcpv6.OptionServerID, OptionData: l.server})
	return a
}

func status(code iana.StatusCode, text string) dhcpv6.Option {
	return &dhcpv6.OptStatusCode{StatusCode: code, StatusMessage: text}
}

// granted gives the port's addresses to the first identity that asks for some. What another one wants, and temporary
// addresses and prefixes, are not to be had.
func (l *lease6) granted(q, a *dhcpv6.Message) *dhcpv6.Message {
	for i, ia := range q.Options.IANA() {
		got := &dhcpv6.OptIANA{IaId: ia.IaId}
		if i == 0 && len(l.addrs) > 0 {
			l.fill(got)
		} else {
			got.Options.Add(status(iana.StatusNoAddrsAvail, "no address for this one"))
		}
		if q.MessageType == dhcpv6.MessageTypeSolicit { // its wishes are not what it uses
			ia.Options = dhcpv6.IdentityOptions{}
		}
		for _, old := range ia.Options.Addresses() { // it may use none but the port's
			if x, ok := netip.AddrFromSlice(old.IPv6Addr); ok && !slices.Contains(l.addrs, x) && len(got.Options.Options) < maxAddrs {
				got.Options.Add(&dhcpv6.OptIAAddress{IPv6Addr: old.IPv6Addr})
			}
		}
		if a.AddOption(got); i+1 == maxIdentities {
			break
		}
	}
	for i, ta := range q.Options.IATA() {
		if i == maxIdentities {
			break
		}
		none := &dhcpv6.OptIATA{IaId: ta.IaId}
		none.Options.Add(status(iana.StatusNoAddrsAvail, "no temporary addresses"))
		a.AddOption(none)
	}
	for i, pd := range q.Options.IAPD() {
		if i == maxIdentities {
			break
		}
		none := &dhcpv6.OptIAPD{IaId: pd.IaId}
		none.Options.Add(status(iana.StatusNoPrefixAvail, "no prefixes"))
		a.AddOption(none)
	}
	l.configure(q, a)
	return a
}

// What is answered of a message that asks for more than a client ever does.
const (
	maxIdentities = 4
	maxAddrs      = 8
)

// fill gives an identity the port's addresses.
func (l *lease6) fill(ia *dhcpv6.OptIANA) {
	end := time.Duration(l.Lease) * time.Second
	ia.T1, ia.T2 = end/2, end/5*4
	if l.Lease == forever {
		ia.T1, ia.T2 = end, end
	}
	for _, x := range l.addrs {
		ia.Options.Add(&dhcpv6.OptIAAddress{IPv6Addr: x.AsSlice(), PreferredLifetime: end, ValidLifetime: end})
	}
}

// confirmed says whether the addresses that a client remembers are right on this link.
func (l *lease6) confirmed(q *dhcpv6.Message) (*dhcpv6.Message, error) {
	right, some := true, false
	for _, ia := range q.Options.IANA() {
		for _, x := range ia.Options.Addresses() {
			a, ok := netip.AddrFromSlice(x.IPv6Addr)
			some, right = true, right && ok && slices.Contains(l.addrs, a)
		}
	}
	if !some {
		return nil, ignored("it confirms nothing")
	}
	a := l.start(q, dhcpv6.MessageTypeReply)
	if right {
		a.AddOption(status(iana.StatusSuccess, "these are the port's addresses"))
	} else {
		a.AddOption(status(iana.StatusNotOnLink, "these are not the port's addresses"))
	}
	return a, nil
}

// configure adds the options that the client asks for, or all if it does not say, and the port's own always, as long as
// they fit into what every network with IPv6 carries.
func (l *lease6) configure(q, a *dhcpv6.Message) {
	const most = 1280 - 40 - 8
	room := most - len(a.ToBytes())
	asked := q.Options.RequestedOptions()
	add := func(code uint16) {
		v := l.options[code]
		switch {
		case len(v) == 0:
		case len(v)+4 > room:
			l.cut = true
		default:
			room -= len(v) + 4
			a.AddOption(&dhcpv6.OptionGeneric{OptionCode: dhcpv6.OptionCode(code), OptionData: v})
		}
	}
	l.cut = false
	for _, code := range slices.Sorted(maps.Keys(l.own)) {
		add(code)
	}
	for _, code := range slices.Sorted(maps.Keys(l.options)) {
		if !l.own[code] && (len(asked) == 0 || asked.Contains(dhcpv6.OptionCode(code))) {
			add(code)
		}
	}
}
