package dhcp

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/ndp"

	"weft/agent/frame"
	"weft/api"
	"weft/plan"
)

func advertItem() plan.RA {
	return plan.RA{
		PortID: "p1", OFPort: 7, MAC: api.MustMAC("fa:16:3e:00:00:01"), RouterMAC: api.MustMAC("fa:16:3e:00:00:99"),
		Lifetime: 1800, Other: true, MTU: 1450, Prefixes: "2001:db8::/64=auto 2001:db8:0:1::/64", DNS: "2001:db8::53",
		Domain: "openstacklocal",
	}
}

func advertOf(t testing.TB, r plan.RA) *advert {
	t.Helper()
	a, err := newAdvert(r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func solicitation(src netip.Addr) []byte {
	mac := advertItem().MAC
	e := frame.Ends{SrcMAC: mac, DstMAC: frame.Group(netip.MustParseAddr("ff02::2")), Src: src, Dst: netip.MustParseAddr("ff02::2")}
	b, _ := ndp.MarshalMessageChecksum(&ndp.RouterSolicitation{}, e.Src, e.Dst)
	return e.IPv6(frame.ICMPv6, b)
}

// heard takes an advertisement's frame apart.
func heard(t testing.TB, f []byte) (frame.Ends, *ndp.RouterAdvertisement) {
	t.Helper()
	e, hops, b, err := frame.Packet(f, frame.ICMPv6)
	if err != nil || hops != 255 {
		t.Fatalf("hop limit %d, %v", hops, err)
	}
	if frame.Checked(e.Src, e.Dst, frame.ICMPv6, b) != 0xffff {
		t.Error("checksum is wrong")
	}
	m, err := ndp.ParseMessage(b)
	if err != nil {
		t.Fatal(err)
	}
	return e, m.(*ndp.RouterAdvertisement)
}

func TestASolicitationIsAnsweredWithAllThatAGuestNeeds(t *testing.T) {
	r := advertItem()
	src := r.MAC.LinkLocal()
	fs, err := advertOf(t, r).replies(solicitation(src))
	if err != nil {
		t.Fatal(err)
	}
	e, m := heard(t, fs[0])
	if want := (frame.Ends{SrcMAC: r.RouterMAC, DstMAC: r.MAC, Src: r.RouterMAC.LinkLocal(), Dst: src}); e != want {
		t.Errorf("goes %+v, want %+v", e, want)
	}
	want := &ndp.RouterAdvertisement{
		CurrentHopLimit: 64, OtherConfiguration: true, RouterLifetime: 30 * time.Minute,
		Options: []ndp.Option{
			&ndp.LinkLayerAddress{Direction: ndp.Source, Addr: r.RouterMAC[:]},
			ndp.NewMTU(1450),
			prefix{netip.MustParsePrefix("2001:db8::/64"), true}.option(24*time.Hour, 4*time.Hour),
			prefix{netip.MustParsePrefix("2001:db8:0:1::/64"), false}.option(24*time.Hour, 4*time.Hour),
			&ndp.RecursiveDNSServer{Lifetime: 20 * time.Minute, Servers: []netip.Addr{netip.MustParseAddr("2001:db8::53")}},
			&ndp.DNSSearchList{Lifetime: 20 * time.Minute, DomainNames: []string{"openstacklocal"}},
		},
	}
	same := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	if diff := cmp.Diff(want, m, same); diff != "" {
		t.Error(diff)
	}
}

func TestAGuestWithoutAnAddressIsAnsweredByMulticast(t *testing.T) {
	fs, err := advertOf(t, advertItem()).replies(solicitation(netip.IPv6Unspecified()))
	if err != nil {
		t.Fatal(err)
	}
	if e, _ := heard(t, fs[0]); e.Dst != frame.AllNodes || e.DstMAC != api.MustMAC("33:33:00:00:00:01") {
		t.Errorf("goes %+v", e)
	}
}

func TestWhatIsNoSolicitationOfTheGuestHasNoAnswer(t *testing.T) {
	good := solicitation(advertItem().MAC.LinkLocal())
	for name, change := range map[string]func(f []byte){
		"passed-a-router":   func(f []byte) { f[21] = 254 },
		"another-mac":       func(f []byte) { f[11] = 9 },
		"code":              func(f []byte) { f[55] = 1 },
		"an-advertisement":  func(f []byte) { f[54] = 134 },
		"a-neighbour's":     func(f []byte) { f[54] = 135 },
		"length-too-large":  func(f []byte) { f[19] = 200 },
		"not-version-6":     func(f []byte) { f[14] = 0x45 },
		"length-of-nothing": func(f []byte) { f[19] = 0 },
	} {
		f := bytes.Clone(good)
		change(f)
		if fs, err := advertOf(t, advertItem()).replies(f); err == nil {
			t.Errorf("%s: %d answers", name, len(fs))
		}
	}
}

func TestGuestsAreToldAtOnceThenSoonThenSeldom(t *testing.T) {
	g := newGuests()
	now := time.Unix(1000, 0)
	if err := g.put(advertItem(), now); err != nil {
		t.Fatal(err)
	}
	for i, want := range []time.Duration{0, soon, soon} {
		now = now.Add(want)
		out, next := g.due(now)
		if len(out) != 1 || out[0].at.port != 7 {
			t.Fatalf("round %d: %d advertisements", i, len(out))
		}
		if again, _ := g.due(now); len(again) != 0 {
			t.Fatalf("round %d is told twice", i)
		}
		if wait := next.Sub(now); i < 2 && wait != soon || i == 2 && (wait < seldomLeast || wait > seldomMost) {
			t.Fatalf("round %d: the next one is in %s", i, wait)
		}
	}
	if seldomMost*3 > 1800*time.Second {
		t.Error("a guest that misses two advertisements loses its router")
	}
}

func TestAGuestThatLosesItsRouterHearsOfIt(t *testing.T) {
	g := newGuests()
	now := time.Unix(1000, 0)
	if err := g.put(advertItem(), now); err != nil {
		t.Fatal(err)
	}
	g.due(now)
	alone := advertItem()
	alone.RouterMAC, alone.Lifetime, alone.Prefixes = api.MustMAC("fa:16:3f:00:00:01"), 0, "2001:db8::/64=auto"
	if err := g.put(alone, now); err != nil {
		t.Fatal(err)
	}
	g.drop(advertItem().Key())
	out, _ := g.due(now)
	if len(out) != 2 {
		t.Fatalf("%d advertisements, want the router's last word and the host's first", len(out))
	}
	e, m := heard(t, out[0].frame)
	if e.SrcMAC != advertItem().RouterMAC || m.RouterLifetime != 0 {
		t.Errorf("the router says %+v %+v", e, m)
	}
	if got := withdrawn(m); got != "2001:db8:0:1::" {
		t.Errorf("withdrawn is %q; the host announces all the rest still", got)
	}
	if len(g.last) != 0 {
		t.Error("the last word is said again")
	}
}

func TestALastWordThatCouldNotBeSaidIsSaidLaterAndBeforeAnythingNew(t *testing.T) {
	g := newGuests()
	now := time.Unix(1000, 0)
	if err := g.put(advertItem(), now); err != nil {
		t.Fatal(err)
	}
	g.due(now)
	g.drop(advertItem().Key())
	unsaid, _ := g.due(now)
	g.keep(unsaid)
	if err := g.put(advertItem(), now); err != nil { // the router is back before there is a connection
		t.Fatal(err)
	}
	out, _ := g.due(now)
	var lifetimes []time.Duration
	for _, o := range out {
		_, m := heard(t, o.frame)
		lifetimes = append(lifetimes, m.RouterLifetime)
	}
	if want := []time.Duration{0, 30 * time.Minute}; !slices.Equal(lifetimes, want) {
		t.Errorf("the guest hears of lifetimes %v, want %v", lifetimes, want)
	}
	g.keep(out)
	if out, _ := g.due(now); len(out) != 1 {
		t.Errorf("%d are said again, want the last word alone", len(out))
	}
}

func withdrawn(m *ndp.RouterAdvertisement) string {
	var out []string
	for _, o := range m.Options {
		switch o := o.(type) {
		case *ndp.PrefixInformation:
			if o.PreferredLifetime == 0 {
				out = append(out, o.Prefix.String())
			}
		case *ndp.RecursiveDNSServer:
			if o.Lifetime == 0 {
				out = append(out, fmt.Sprint(o.Servers[0]))
			}
		case *ndp.DNSSearchList:
			if o.Lifetime == 0 {
				out = append(out, o.DomainNames...)
			}
		}
	}
	return strings.Join(out, " ")
}

func TestWhatIsAnnouncedNoMoreIsWithdrawn(t *testing.T) {
	g := newGuests()
	now := time.Unix(1000, 0)
	less := advertItem()
	less.Prefixes, less.DNS = "2001:db8::/64=auto", "2001:db8::54"
	renamed := less
	renamed.Domain = "example.org" // before the guest has heard of the change before
	if err := errors.Join(g.put(advertItem(), now), g.put(less, now), g.put(renamed, now)); err != nil {
		t.Fatal(err)
	}
	const want = "2001:db8:0:1:: 2001:db8::53 openstacklocal"
	for range firstAdverts {
		out, next := g.due(now)
		if _, m := heard(t, out[0].frame); withdrawn(m) != want {
			t.Errorf("withdrawn is %q, want %q", withdrawn(m), want)
		}
		now = next
	}
	out, _ := g.due(now)
	if _, m := heard(t, out[0].frame); withdrawn(m) != "" {
		t.Errorf("withdrawn for ever: %q", withdrawn(m))
	}
}

func TestAnAdvertisementFitsWhateverThereIsToSay(t *testing.T) {
	r := advertItem()
	var words, dns []string
	for i := range 100 {
		words = append(words, fmt.Sprintf("2001:db8:0:%x::/64=auto", i))
		dns = append(dns, fmt.Sprintf("2001:db8::%x", i+1))
	}
	r.Prefixes, r.DNS = strings.Join(words, " "), strings.Join(dns, " ")
	f, err := advertOf(t, r).frameTo(frame.AllNodes)
	if err != nil || len(f) > ethernetLen+leastLinkMTU {
		t.Fatalf("%d bytes, %v", len(f), err)
	}
	_, m := heard(t, f)
	first := m.Options[2].(*ndp.PrefixInformation)
	if len(m.Options) < 30 || first.Prefix != netip.MustParseAddr("2001:db8::") {
		t.Errorf("%d options, the first prefix is %s", len(m.Options), first.Prefix)
	}
}

func TestWhatComesBackIsNotWithdrawn(t *testing.T) {
	g := newGuests()
	now := time.Unix(1000, 0)
	less := advertItem()
	less.Prefixes, less.DNS, less.Domain = "2001:db8::/64=auto", "", ""
	if err := errors.Join(g.put(advertItem(), now), g.put(less, now), g.put(advertItem(), now)); err != nil {
		t.Fatal(err)
	}
	out, _ := g.due(now)
	if _, m := heard(t, out[0].frame); withdrawn(m) != "" {
		t.Errorf("withdrawn is %q", withdrawn(m))
	}
}

func TestBadAdvertisementsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*plan.RA){
		"no-router": func(r *plan.RA) { r.RouterMAC = api.MAC{} }, "too-long": func(r *plan.RA) { r.Lifetime = 9001 },
		"prefix": func(r *plan.RA) { r.Prefixes = "2001:db8::1/64" }, "ipv4": func(r *plan.RA) { r.Prefixes = "10.0.0.0/8" },
		"dns": func(r *plan.RA) { r.DNS = "x" }, "mtu": func(r *plan.RA) { r.MTU = 1279 },
		"domain": func(r *plan.RA) { r.Domain = strings.Repeat("a", 300) + "..b" },
	} {
		r := advertItem()
		change(&r)
		if Check(r) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// FuzzSolicitation gives any frame to an advertisement. It may not panic, and answers go to the guest alone.
func FuzzSolicitation(f *testing.F) {
	f.Add(solicitation(advertItem().MAC.LinkLocal()))
	f.Add(solicitation(netip.IPv6Unspecified()))
	f.Add(solicitation(netip.MustParseAddr("ff02::5")))
	a := advertOf(f, advertItem())
	f.Fuzz(func(t *testing.T, b []byte) {
		kindOf(b)
		out, err := a.replies(b)
		if err != nil {
			return
		}
		if e, _ := heard(t, out[0]); e.DstMAC != a.MAC && e.Dst != frame.AllNodes {
			t.Errorf("goes %+v", e)
		}
	})
}
