package dhcp

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/insomniacslk/dhcp/iana"

	"weft/agent/frame"
	"weft/api"
	"weft/plan"
)

func item6() plan.DHCP6 {
	return plan.DHCP6{
		PortID: "p1", OFPort: 7, MAC: api.MustMAC("fa:16:3e:00:00:01"), ServerMAC: api.MustMAC("fa:16:3f:00:00:01"),
		Addrs: "2001:db8::5", Lease: 86400, DNS: "2001:db8::53", Domain: "openstacklocal", HostName: "host-2001-db8--5",
		Options: "31=20010db8000000000000000000000123",
	}
}

func lease6Of(t testing.TB, d plan.DHCP6) *lease6 {
	t.Helper()
	l, err := newLease6(d)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// request6 is a message as a guest's kernel sends it.
func request6(m *dhcpv6.Message) []byte {
	mac := item6().MAC
	to := netip.MustParseAddr("ff02::1:2")
	return frame.Ends{SrcMAC: mac, DstMAC: frame.Group(to), Src: mac.LinkLocal(), Dst: to}.UDP(clientPort6, serverPort6, m.ToBytes())
}

func message6(typ dhcpv6.MessageType, opts ...dhcpv6.Option) *dhcpv6.Message {
	m := &dhcpv6.Message{MessageType: typ, TransactionID: dhcpv6.TransactionID{1, 2, 3}}
	m.AddOption(dhcpv6.OptClientID(&dhcpv6.DUIDLL{HWType: iana.HWTypeEthernet, LinkLayerAddr: []byte{2, 0, 0, 0, 0, 9}}))
	for _, o := range opts {
		m.AddOption(o)
	}
	return m
}

func ia(id byte, addrs ...string) dhcpv6.Option {
	o := &dhcpv6.OptIANA{IaId: [4]byte{0, 0, 0, id}}
	for _, a := range addrs {
		o.Options.Add(&dhcpv6.OptIAAddress{IPv6Addr: netip.MustParseAddr(a).AsSlice(), ValidLifetime: time.Hour})
	}
	return o
}

func us(l *lease6) dhcpv6.Option {
	return &dhcpv6.OptionGeneric{OptionCode: dhcpv6.OptionServerID, OptionData: l.server}
}

func rapid() dhcpv6.Option { return &dhcpv6.OptionGeneric{OptionCode: dhcpv6.OptionRapidCommit} }

// ask6 gives the answer, whose frame must be one for the client.
func ask6(t testing.TB, l *lease6, m *dhcpv6.Message) *dhcpv6.Message {
	t.Helper()
	fs, err := l.replies(request6(m))
	if err != nil || len(fs) != 1 {
		t.Fatalf("%d answers, %v", len(fs), err)
	}
	return opened6(t, fs[0])
}

func opened6(t testing.TB, f []byte) *dhcpv6.Message {
	t.Helper()
	e, b, err := frame.Datagram(f, clientPort6)
	if err != nil {
		t.Fatal(err)
	}
	udp := f[54:]
	if frame.Checked(e.Src, e.Dst, frame.UDP, udp) != 0xffff {
		t.Error("checksum of UDP is wrong")
	}
	want := frame.Ends{SrcMAC: item6().ServerMAC, DstMAC: item6().MAC, Src: item6().ServerMAC.LinkLocal(), Dst: e.Dst}
	if e != want || !e.Dst.IsLinkLocalUnicast() {
		t.Errorf("goes %+v", e)
	}
	a, err := dhcpv6.MessageFromBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// given lists the addresses of an answer's identities, with "-" before those that may not be used, and with the status
// of those that got none.
func given(a *dhcpv6.Message) string {
	var out []string
	for _, ia := range a.Options.IANA() {
		for _, x := range ia.Options.Addresses() {
			sign := ""
			if x.ValidLifetime == 0 {
				sign = "-"
			}
			out = append(out, sign+x.IPv6Addr.String())
		}
		if s := ia.Options.Status(); s != nil {
			out = append(out, s.StatusCode.String())
		}
	}
	return strings.Join(out, " ")
}

func TestEveryWayToAskForAnIPv6AddressGetsThePorts(t *testing.T) {
	l := lease6Of(t, item6())
	for _, c := range []struct {
		name  string
		m     *dhcpv6.Message
		typ   dhcpv6.MessageType
		given string
	}{
		{"solicit", message6(dhcpv6.MessageTypeSolicit, ia(1)), dhcpv6.MessageTypeAdvertise, "2001:db8::5"},
		{"solicit-with-rapid-commit", message6(dhcpv6.MessageTypeSolicit, ia(1), rapid()), dhcpv6.MessageTypeReply, "2001:db8::5"},
		{"solicit-with-a-wish", message6(dhcpv6.MessageTypeSolicit, ia(1, "2001:db8::6")), dhcpv6.MessageTypeAdvertise, "2001:db8::5"},
		{"request", message6(dhcpv6.MessageTypeRequest, ia(1), us(l)), dhcpv6.MessageTypeReply, "2001:db8::5"},
		{"request-of-another", message6(dhcpv6.MessageTypeRequest, ia(1, "2001:db8::6"), us(l)), dhcpv6.MessageTypeReply, "2001:db8::5 -2001:db8::6"},
		{"renew", message6(dhcpv6.MessageTypeRenew, ia(1, "2001:db8::5"), us(l)), dhcpv6.MessageTypeReply, "2001:db8::5"},
		{"renew-of-what-was", message6(dhcpv6.MessageTypeRenew, ia(1, "2001:db8::4"), us(l)), dhcpv6.MessageTypeReply, "2001:db8::5 -2001:db8::4"},
		{"rebind", message6(dhcpv6.MessageTypeRebind, ia(1, "2001:db8::5")), dhcpv6.MessageTypeReply, "2001:db8::5"},
		{"two-identities", message6(dhcpv6.MessageTypeSolicit, ia(1), ia(2)), dhcpv6.MessageTypeAdvertise, "2001:db8::5 NoAddrsAvail"},
		{"temporary-alone", message6(dhcpv6.MessageTypeSolicit, &dhcpv6.OptIATA{}), dhcpv6.MessageTypeAdvertise, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := ask6(t, l, c.m)
			if a.MessageType != c.typ || given(a) != c.given || a.TransactionID != c.m.TransactionID {
				t.Errorf("got %s with %q, want %s with %q", a.MessageType, given(a), c.typ, c.given)
			}
			if got, want := a.GetOneOption(dhcpv6.OptionClientID), c.m.GetOneOption(dhcpv6.OptionClientID); !bytes.Equal(got.ToBytes(), want.ToBytes()) {
				t.Errorf("client identifier %x", got.ToBytes())
			}
			if (a.GetOneOption(dhcpv6.OptionRapidCommit) != nil) != (c.m.GetOneOption(dhcpv6.OptionRapidCommit) != nil) {
				t.Error("rapid commit is not answered as it was asked")
			}
		})
	}
}

func TestAnIPv6LeaseHasTimesAndOptions(t *testing.T) {
	l := lease6Of(t, item6())
	a := ask6(t, l, message6(dhcpv6.MessageTypeRequest, ia(1), us(l)))
	got := a.Options.OneIANA()
	if got.T1 != 12*time.Hour || got.T2 != 69120*time.Second || got.Options.OneAddress().PreferredLifetime != 24*time.Hour {
		t.Errorf("times %s, %s", got.T1, got.T2)
	}
	for code, want := range map[dhcpv6.OptionCode]string{
		23: "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x53", 24: "\x0eopenstacklocal\x00",
		39: "\x04\x10host-2001-db8--5\x0eopenstacklocal\x00", 31: "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x23",
	} {
		if o := a.GetOneOption(code); o == nil || string(o.ToBytes()) != want {
			t.Errorf("option %d is %v, want %x", code, o, want)
		}
	}
	some := ask6(t, l, message6(dhcpv6.MessageTypeInformationRequest, dhcpv6.OptRequestedOption(dhcpv6.OptionDomainSearchList)))
	if some.GetOneOption(23) != nil || some.GetOneOption(24) == nil || some.GetOneOption(31) == nil || some.Options.OneIANA() != nil {
		t.Errorf("a client that asks for the domain got %s", some)
	}
}

func TestServersOfAPortAreOneServerOnEveryHost(t *testing.T) {
	there := item6()
	there.ServerMAC = api.MustMAC("fa:16:3f:00:00:02")
	other := item6()
	other.PortID = "p2"
	a, b, c := lease6Of(t, item6()).server, lease6Of(t, there).server, lease6Of(t, other).server
	if !bytes.Equal(a, b) || bytes.Equal(a, c) || len(a) != 18 {
		t.Errorf("%x, %x, another port's %x", a, b, c)
	}
}

func TestAStatelessGuestIsToldTheRestAlone(t *testing.T) {
	d := item6()
	d.Addrs, d.HostName = "", ""
	l := lease6Of(t, d)
	if a := ask6(t, l, message6(dhcpv6.MessageTypeSolicit, ia(1))); given(a) != "NoAddrsAvail" {
		t.Errorf("was given %q", given(a))
	}
	a := ask6(t, l, &dhcpv6.Message{MessageType: dhcpv6.MessageTypeInformationRequest})
	if len(a.Options.DNS()) != 1 || a.GetOneOption(dhcpv6.OptionClientID) != nil {
		t.Errorf("a client without an identifier got %s", a)
	}
}

func TestWhatClientsRememberIsConfirmedOrNot(t *testing.T) {
	l := lease6Of(t, item6())
	for addr, want := range map[string]iana.StatusCode{"2001:db8::5": iana.StatusSuccess, "2001:db8::6": iana.StatusNotOnLink} {
		if a := ask6(t, l, message6(dhcpv6.MessageTypeConfirm, ia(1, addr))); a.Options.Status().StatusCode != want {
			t.Errorf("%s: %s", addr, a.Options.Status())
		}
	}
	for _, typ := range []dhcpv6.MessageType{dhcpv6.MessageTypeRelease, dhcpv6.MessageTypeDecline} {
		if a := ask6(t, l, message6(typ, ia(1, "2001:db8::5"), us(l))); a.Options.Status().StatusCode != iana.StatusSuccess {
			t.Errorf("%s: %s", typ, a.Options.Status())
		}
	}
}

func TestSomeDHCPv6MessagesHaveNoAnswer(t *testing.T) {
	l := lease6Of(t, item6())
	them := &dhcpv6.OptionGeneric{OptionCode: dhcpv6.OptionServerID, OptionData: []byte{0, 3, 0, 1, 2, 2, 2, 2, 2, 2}}
	anonymous := &dhcpv6.Message{MessageType: dhcpv6.MessageTypeSolicit}
	long := &dhcpv6.Message{MessageType: dhcpv6.MessageTypeSolicit}
	long.AddOption(&dhcpv6.OptionGeneric{OptionCode: dhcpv6.OptionClientID, OptionData: make([]byte, 131)})
	for _, c := range []struct {
		name string
		m    *dhcpv6.Message
		why  string
	}{
		{"another-server", message6(dhcpv6.MessageTypeRequest, ia(1), them), "another server"},
		{"no-server", message6(dhcpv6.MessageTypeRenew, ia(1)), "names no server"},
		{"solicit-to-one-server", message6(dhcpv6.MessageTypeSolicit, ia(1), us(l)), "names a server"},
		{"no-client", anonymous, "without a client identifier"},
		{"long-client", long, "131 bytes"},
		{"information-with-addresses", message6(dhcpv6.MessageTypeInformationRequest, ia(1)), "asks for addresses"},
		{"confirms-nothing", message6(dhcpv6.MessageTypeConfirm, ia(1)), "confirms nothing"},
		{"a-servers-message", message6(dhcpv6.MessageTypeAdvertise), "ADVERTISE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := l.replies(request6(c.m))
			if !errors.Is(err, errIgnored) || !strings.Contains(err.Error(), c.why) {
				t.Errorf("got %v, want one that says %q", err, c.why)
			}
		})
	}
}

func TestBadIPv6ItemsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*plan.DHCP6){
		"no-port": func(d *plan.DHCP6) { d.OFPort = 0 }, "no-lease": func(d *plan.DHCP6) { d.Lease = 0 },
		"ipv4": func(d *plan.DHCP6) { d.Addrs = "10.0.0.1" }, "dns": func(d *plan.DHCP6) { d.DNS = "x" },
		"options": func(d *plan.DHCP6) { d.Options = "23=zz" },
	} {
		d := item6()
		change(&d)
		if Check(d) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// FuzzAnswer6 gives any frame to the server. It may not panic, and what it gives is the port's address alone.
func FuzzAnswer6(f *testing.F) {
	l := lease6Of(f, item6())
	for _, m := range []*dhcpv6.Message{
		message6(dhcpv6.MessageTypeSolicit, ia(1), rapid()), message6(dhcpv6.MessageTypeRequest, ia(1, "2001:db8::6"), us(l)),
		message6(dhcpv6.MessageTypeConfirm, ia(1, "2001:db8::6")), message6(dhcpv6.MessageTypeInformationRequest, &dhcpv6.OptIAPD{}),
	} {
		b := request6(m)
		f.Add(b)
		f.Add(b[:len(b)-1])
		f.Add(b[:62])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		out, err := l.replies(b)
		if !bytes.Equal(before, b) {
			t.Error("the request was changed")
		}
		if err != nil {
			return
		}
		a := opened6(t, out[0])
		if len(out[0]) > 1280+14+1000 {
			t.Errorf("answer of %d bytes", len(out[0]))
		}
		for _, ia := range a.Options.IANA() {
			for _, x := range ia.Options.Addresses() {
				if x.ValidLifetime > 0 && x.IPv6Addr.String() != "2001:db8::5" {
					t.Errorf("gave the address %s", x.IPv6Addr)
				}
			}
		}
	})
}
