package dhcp

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/insomniacslk/dhcp/dhcpv4"

	eth "weft/agent/frame"
	"weft/api"
	"weft/plan"
)

func item() plan.DHCP {
	return plan.DHCP{
		PortID: "p1", OFPort: 7, MAC: api.MustMAC("fa:16:3e:00:00:01"), Addr: netip.MustParsePrefix("10.0.0.5/24"),
		ServerID: netip.MustParseAddr("10.0.0.1"), ServerMAC: api.MustMAC("fa:16:3f:00:00:01"), MTU: 1450, Lease: 86400,
		Router: netip.MustParseAddr("10.0.0.1"), DNS: "9.9.9.9 8.8.8.8", HostName: "host-10-0-0-5", Domain: "openstacklocal",
		Routes: "172.16.0.0/12 via 10.0.0.9, 0.0.0.0/0 via 10.0.0.1", Options: "42=0a000007",
	}
}

func leaseOf(t testing.TB, d plan.DHCP) *lease {
	t.Helper()
	l, err := newLease(d)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func message(t testing.TB, typ dhcpv4.MessageType, mods ...dhcpv4.Modifier) *dhcpv4.DHCPv4 {
	t.Helper()
	mac := item().MAC
	m, err := dhcpv4.New(append([]dhcpv4.Modifier{dhcpv4.WithMessageType(typ), dhcpv4.WithHwAddr(mac[:])}, mods...)...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// request4 is a message as a guest's kernel sends it. Only the direction differs from an answer's frame.
func request4(m *dhcpv4.DHCPv4) []byte {
	f := envelope{
		srcMAC: item().MAC, dstMAC: api.Broadcast,
		src: netip.IPv4Unspecified(), dst: netip.MustParseAddr("255.255.255.255"),
	}.seal(m.ToBytes())
	copy(f[ethernetLen+ipv4Len:], []byte{0, clientPort, 0, serverPort})
	return f
}

// opened takes an answer's frame apart.
func opened(t testing.TB, f []byte) (envelope, *dhcpv4.DHCPv4) {
	t.Helper()
	e := envelope{srcMAC: api.MAC(f[6:12]), dstMAC: api.MAC(f[:6])}
	e.src, e.dst = netip.AddrFrom4([4]byte(f[26:30])), netip.AddrFrom4([4]byte(f[30:34]))
	if eth.Fold(eth.Sum(f[ethernetLen:ethernetLen+ipv4Len])) != 0xffff {
		t.Error("checksum of the IPv4 header is wrong")
	}
	udp := f[ethernetLen+ipv4Len:]
	if eth.Fold(eth.Sum(f[26:34])+protoUDP+uint32(len(udp))+eth.Sum(udp)) != 0xffff {
		t.Error("checksum of UDP is wrong")
	}
	m, err := dhcpv4.FromBytes(udp[udpLen:])
	if err != nil {
		t.Fatal(err)
	}
	return e, m
}

func ask(t testing.TB, l *lease, m *dhcpv4.DHCPv4) (envelope, *dhcpv4.DHCPv4) {
	t.Helper()
	f, err := l.answer(request4(m))
	if err != nil {
		t.Fatal(err)
	}
	return opened(t, f)
}

func ip(s string) net.IP { return net.ParseIP(s).To4() }

func requested(s string) dhcpv4.Modifier {
	return dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress(ip(s)))
}

func server(s string) dhcpv4.Modifier { return dhcpv4.WithOption(dhcpv4.OptServerIdentifier(ip(s))) }

func TestADiscoverIsOfferedThePortsAddressAndAllElse(t *testing.T) {
	e, a := ask(t, leaseOf(t, item()), message(t, dhcpv4.MessageTypeDiscover))
	if a.MessageType() != dhcpv4.MessageTypeOffer || !a.YourIPAddr.Equal(ip("10.0.0.5")) || a.OpCode != dhcpv4.OpcodeBootReply {
		t.Errorf("got %s", a.Summary())
	}
	want := map[uint8]string{
		1: "\xff\xff\xff\x00", 3: "\x0a\x00\x00\x01", 6: "\x09\x09\x09\x09\x08\x08\x08\x08", 12: "host-10-0-0-5",
		15: "openstacklocal", 26: "\x05\xaa", 28: "\x0a\x00\x00\xff", 42: "\x0a\x00\x00\x07", 51: "\x00\x01\x51\x80", 53: "\x02",
		119: "\x0eopenstacklocal\x00", 54: "\x0a\x00\x00\x01", 58: "\x00\x00\xa8\xc0", 59: "\x00\x01\x27\x50",
		121: "\x0c\xac\x10\x0a\x00\x00\x09\x00\x0a\x00\x00\x01", 249: "\x0c\xac\x10\x0a\x00\x00\x09\x00\x0a\x00\x00\x01",
	}
	for code, v := range want {
		if string(a.Options[code]) != v {
			t.Errorf("option %d is %x, want %x", code, a.Options[code], v)
		}
	}
	if len(a.Options) != len(want) {
		t.Errorf("%d options, want %d: %v", len(a.Options), len(want), a.Options)
	}
	if e.dst != netip.MustParseAddr("10.0.0.5") || e.dstMAC != item().MAC || e.src != item().ServerID || e.srcMAC != item().ServerMAC {
		t.Errorf("envelope %+v", e)
	}
}

func TestRequestsAreGrantedForThePortsAddressAlone(t *testing.T) {
	at := func(s string) dhcpv4.Modifier { return dhcpv4.WithClientIP(ip(s)) }
	for _, c := range []struct {
		name string
		mods []dhcpv4.Modifier
		want dhcpv4.MessageType
		dst  string
	}{
		{"selecting", []dhcpv4.Modifier{requested("10.0.0.5"), server("10.0.0.1")}, dhcpv4.MessageTypeAck, "10.0.0.5"},
		{"selecting-another-address", []dhcpv4.Modifier{requested("10.0.0.6"), server("10.0.0.1")}, dhcpv4.MessageTypeNak, "255.255.255.255"},
		{"init-reboot", []dhcpv4.Modifier{requested("10.0.0.5")}, dhcpv4.MessageTypeAck, "10.0.0.5"},
		{"init-reboot-elsewhere", []dhcpv4.Modifier{requested("192.168.1.5")}, dhcpv4.MessageTypeNak, "255.255.255.255"},
		{"renewing", []dhcpv4.Modifier{at("10.0.0.5")}, dhcpv4.MessageTypeAck, "10.0.0.5"},
		{"renewing-another-address", []dhcpv4.Modifier{at("10.0.0.9")}, dhcpv4.MessageTypeNak, "255.255.255.255"},
		{"no-address-at-all", nil, dhcpv4.MessageTypeNak, "255.255.255.255"},
		{"broadcast-flag", []dhcpv4.Modifier{requested("10.0.0.5"), dhcpv4.WithBroadcast(true)}, dhcpv4.MessageTypeAck, "255.255.255.255"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, a := ask(t, leaseOf(t, item()), message(t, dhcpv4.MessageTypeRequest, c.mods...))
			if a.MessageType() != c.want || e.dst != netip.MustParseAddr(c.dst) {
				t.Errorf("got %s to %s, want %s to %s", a.MessageType(), e.dst, c.want, c.dst)
			}
			if a.MessageType() == dhcpv4.MessageTypeNak && !unspecified(a.YourIPAddr) {
				t.Errorf("a refusal gives the address %s", a.YourIPAddr)
			}
		})
	}
}

func TestAnAnswerNamesTheClientAsItNamesItself(t *testing.T) {
	named := func(id string) dhcpv4.Modifier {
		return dhcpv4.WithOption(dhcpv4.OptGeneric(dhcpv4.OptionClientIdentifier, []byte(id)))
	}
	for name, m := range map[string]*dhcpv4.DHCPv4{
		"offer":      message(t, dhcpv4.MessageTypeDiscover, named("\xff\x00me")),
		"grant":      message(t, dhcpv4.MessageTypeRequest, requested("10.0.0.5"), named("\xff\x00me")),
		"refusal":    message(t, dhcpv4.MessageTypeRequest, requested("10.0.0.6"), named("\xff\x00me")),
		"renewed-as": message(t, dhcpv4.MessageTypeRequest, dhcpv4.WithClientIP(ip("10.0.0.5")), named("\x01another")),
	} {
		_, a := ask(t, leaseOf(t, item()), m)
		if got, want := a.Options.Get(dhcpv4.OptionClientIdentifier), m.Options.Get(dhcpv4.OptionClientIdentifier); !bytes.Equal(got, want) {
			t.Errorf("%s: client identifier %x, want %x", name, got, want)
		}
	}
}

func TestOptionsInPlaceOfNamesAreRead(t *testing.T) {
	const file, name, both = 1, 2, 3
	for _, c := range []struct {
		where      byte
		file, name string
		want       dhcpv4.MessageType
	}{
		{file, "\x32\x04\x0a\x00\x00\x05\xff", "", dhcpv4.MessageTypeAck},
		{file, "\x32\x04\x0a\x00\x00\x06\xff", "", dhcpv4.MessageTypeNak},
		{name, "", "\x32\x04\x0a\x00\x00\x05\xff", dhcpv4.MessageTypeAck},
		{both, "\x0c\x01x\xff", "\x32\x04\x0a\x00\x00\x05\xff", dhcpv4.MessageTypeAck},
	} {
		m := message(t, dhcpv4.MessageTypeRequest, dhcpv4.WithOption(dhcpv4.OptGeneric(dhcpv4.OptionOptionOverload, []byte{c.where})))
		m.BootFileName, m.ServerHostName = c.file, c.name
		if _, a := ask(t, leaseOf(t, item()), m); a.MessageType() != c.want {
			t.Errorf("%+v: answered by %s", c, a.MessageType())
		}
	}
	bad := message(t, dhcpv4.MessageTypeRequest, dhcpv4.WithOption(dhcpv4.OptGeneric(dhcpv4.OptionOptionOverload, []byte{file})))
	bad.BootFileName = "\x32\xff\x0a"
	if a, err := leaseOf(t, item()).answer(request4(bad)); err == nil {
		t.Errorf("options that end beyond their place are answered: %x", a)
	}
}

func TestSomeMessagesHaveNoAnswer(t *testing.T) {
	other := api.MustMAC("fa:16:3e:00:00:99")
	for _, c := range []struct {
		name string
		m    *dhcpv4.DHCPv4
		why  string
	}{
		{"release", message(t, dhcpv4.MessageTypeRelease), "RELEASE"},
		{"decline", message(t, dhcpv4.MessageTypeDecline), "in use by another"},
		{"relayed", message(t, dhcpv4.MessageTypeDiscover, dhcpv4.WithGatewayIP(ip("10.9.9.9"))), "relayed"},
		{"another-server-chosen", message(t, dhcpv4.MessageTypeRequest, requested("10.0.0.5"), server("10.0.0.2")), "another server"},
		{"another-client", message(t, dhcpv4.MessageTypeDiscover, dhcpv4.WithHwAddr(other[:])), "not the port's"},
		{"inform-of-nothing", message(t, dhcpv4.MessageTypeInform), "no address"},
		{"server-message", message(t, dhcpv4.MessageTypeOffer), "OFFER"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := leaseOf(t, item()).answer(request4(c.m))
			if !errors.Is(err, errIgnored) || !strings.Contains(err.Error(), c.why) {
				t.Errorf("got %v, want one that says %q", err, c.why)
			}
		})
	}
}

func TestAClientThatInformsGetsNoLease(t *testing.T) {
	_, a := ask(t, leaseOf(t, item()), message(t, dhcpv4.MessageTypeInform, dhcpv4.WithClientIP(ip("10.0.0.5"))))
	if a.MessageType() != dhcpv4.MessageTypeAck || !unspecified(a.YourIPAddr) || a.Options.Has(dhcpv4.OptionIPAddressLeaseTime) {
		t.Errorf("got %s", a.Summary())
	}
	if !bytes.Equal(a.Options[6], []byte{9, 9, 9, 9, 8, 8, 8, 8}) {
		t.Errorf("DNS is %x", a.Options[6])
	}
}

func TestOnlyWhatIsAskedForAndWhatMustBeIsTold(t *testing.T) {
	m := message(t, dhcpv4.MessageTypeDiscover, dhcpv4.WithRequestedOptions(dhcpv4.OptionRouter))
	m.UpdateOption(dhcpv4.OptParameterRequestList(dhcpv4.OptionRouter))
	_, a := ask(t, leaseOf(t, item()), m)
	for code, want := range map[uint8]bool{1: true, 3: true, 26: true, 42: true, 6: false, 121: false, 12: false} {
		if _, got := a.Options[code]; got != want {
			t.Errorf("option %d is told: %t, want %t", code, got, want)
		}
	}
}

func TestAPortsOwnOptionsStandInsteadOfOthers(t *testing.T) {
	d := item()
	d.Options = "3= 26=0578 66=31302e302e302e38 67=626f6f74"
	_, a := ask(t, leaseOf(t, d), message(t, dhcpv4.MessageTypeDiscover))
	if _, there := a.Options[3]; there || !bytes.Equal(a.Options[26], []byte{5, 0x78}) {
		t.Errorf("router %x, MTU %x", a.Options[3], a.Options[26])
	}
	if !a.ServerIPAddr.Equal(ip("10.0.0.8")) || a.BootFileName != "boot" {
		t.Errorf("boots %q from %s", a.BootFileName, a.ServerIPAddr)
	}
}

func TestAnswersNeverExceedWhatTheClientTakes(t *testing.T) {
	d := item()
	for i := range 20 {
		d.Routes += ", 10." + string(rune('1'+i%9)) + ".0.0/16 via 10.0.0.9"
	}
	d.Options = "43=" + strings.Repeat("ab", 250)
	l := leaseOf(t, d)
	f, err := l.answer(request4(message(t, dhcpv4.MessageTypeDiscover)))
	if err != nil || len(f)-ethernetLen > 576 || !l.cut {
		t.Errorf("IPv4 packet of %d bytes, cut %t, %v", len(f)-ethernetLen, l.cut, err)
	}
	big := message(t, dhcpv4.MessageTypeDiscover, dhcpv4.WithOption(dhcpv4.OptMaxMessageSize(1450)))
	f, err = l.answer(request4(big))
	_, a := opened(t, f)
	if err != nil || l.cut || len(a.Options[121]) < 100 {
		t.Errorf("a client that takes 1450 bytes got %d, cut %t, %v", len(f)-ethernetLen, l.cut, err)
	}
}

func TestBadItemsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*plan.DHCP){
		"no-port": func(d *plan.DHCP) { d.OFPort = 0 }, "no-address": func(d *plan.DHCP) { d.Addr = netip.Prefix{} },
		"ipv6": func(d *plan.DHCP) { d.Addr = netip.MustParsePrefix("fd00::1/64") },
		"dns":  func(d *plan.DHCP) { d.DNS = "x" }, "routes": func(d *plan.DHCP) { d.Routes = "10.0.0.0/8" },
		"options": func(d *plan.DHCP) { d.Options = "42=zz" }, "end-option": func(d *plan.DHCP) { d.Options = "255=00" },
	} {
		d := item()
		change(&d)
		if Check(d) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// FuzzAnswer gives any frame to the server. It may not panic, and what it answers is for the port's MAC and address.
func FuzzAnswer(f *testing.F) {
	for _, typ := range []dhcpv4.MessageType{dhcpv4.MessageTypeDiscover, dhcpv4.MessageTypeRequest, dhcpv4.MessageTypeInform} {
		b := request4(message(f, typ, requested("10.0.0.5"), dhcpv4.WithClientIP(ip("10.0.0.5"))))
		f.Add(b)
		f.Add(b[:len(b)-1])
		f.Add(b[:ethernetLen+ipv4Len+udpLen])
		tagged := append(append(bytes.Clone(b[:12]), 0x81, 0, 0, 1), b[12:]...)
		f.Add(tagged)
	}
	l := leaseOf(f, item())
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		out, err := l.answer(b)
		if !bytes.Equal(before, b) {
			t.Error("the request was changed")
		}
		if err != nil {
			return
		}
		_, a := opened(t, out)
		if len(out)-ethernetLen > 1450 || !bytes.Equal(a.ClientHWAddr, l.MAC[:]) {
			t.Errorf("answer of %d bytes for %s", len(out), a.ClientHWAddr)
		}
		if !unspecified(a.YourIPAddr) && !a.YourIPAddr.Equal(ip("10.0.0.5")) {
			t.Errorf("gave the address %s", a.YourIPAddr)
		}
	})
}
