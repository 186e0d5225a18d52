package dhcp

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mdlayher/ndp"

	"weft/agent/frame"
	"weft/plan"
)

const (
	validLifetime     = 24 * time.Hour // of addresses that guests make up, as radvd has them
	preferredLifetime = 4 * time.Hour

	// A guest hears of a change at once, twice more soon (RFC 4861, section 6.2.4), and then several times within the time
	// after which it would give its router up.
	firstAdverts  = 3
	soon          = 4 * time.Second
	seldomLeast   = 200 * time.Second
	seldomMost    = 400 * time.Second
	mostPrefixes  = 64
	mostServers   = 8 // clients use three
	mostDomains   = 4 // that end at once; of the longest, more would not fit into an option
	leastLinkMTU  = 1280
	routerMaxLife = 9000 // seconds
)

// advert is what a router tells a guest, and when it is told again.
type advert struct {
	plan.RA
	dns      []netip.Addr
	prefixes []prefix
	gone     past

	due  time.Time
	told int
}

// past is what an advertisement no longer has, which its guest must be told to forget.
type past struct {
	prefixes []prefix
	dns      []netip.Addr
	domains  []string
}

// prefix is one that is on the link; in an auto one guests make up their addresses.
type prefix struct {
	netip.Prefix
	auto bool
}

func newAdvert(r plan.RA) (*advert, error) {
	switch {
	case r.PortID == "" || r.OFPort == 0 || r.MAC.IsZero() || r.RouterMAC.IsZero():
		return nil, errors.New("router advertisement lacks its port or a MAC")
	case r.Tag > maxTag:
		return nil, fmt.Errorf("router advertisement of port %s: %d is no VLAN id", r.PortID, r.Tag)
	case r.Lifetime > routerMaxLife || r.MTU != 0 && r.MTU < leastLinkMTU:
		return nil, fmt.Errorf("router advertisement of port %s: lifetime %d or MTU %d is out of range", r.PortID, r.Lifetime, r.MTU)
	}
	a := &advert{RA: r}
	for word := range strings.FieldsSeq(r.Prefixes) {
		cidr, auto := strings.CutSuffix(word, plan.AutoPrefix)
		p, err := netip.ParsePrefix(cidr)
		if err != nil || !p.Addr().Is6() || p != p.Masked() {
			return nil, fmt.Errorf("router advertisement of port %s: %q is no IPv6 prefix", r.PortID, word)
		}
		a.prefixes = append(a.prefixes, prefix{p, auto})
	}
	if len(a.prefixes) > mostPrefixes {
		a.prefixes = a.prefixes[:mostPrefixes] // more do not fit into what every link carries
	}
	var err error
	if a.dns, err = addresses6(r.DNS); err != nil {
		return nil, fmt.Errorf("router advertisement of port %s: %w", r.PortID, err)
	}
	a.dns = a.dns[:min(len(a.dns), mostServers)]
	if _, err := a.message(); err != nil {
		return nil, fmt.Errorf("router advertisement of port %s: %w", r.PortID, err)
	}
	return a, nil
}

// message is what the guest is told: as much of it as every link with IPv6 carries, the most needed first.
func (a *advert) message() (ndp.Message, error) {
	m := &ndp.RouterAdvertisement{
		CurrentHopLimit: 64, ManagedConfiguration: a.Managed, OtherConfiguration: a.Other,
		RouterLifetime: time.Duration(a.Lifetime) * time.Second,
		Options:        []ndp.Option{&ndp.LinkLayerAddress{Direction: ndp.Source, Addr: a.RouterMAC[:]}},
	}
	if a.MTU > 0 {
		m.Options = append(m.Options, ndp.NewMTU(uint32(a.MTU)))
	}
	m.Options = append(append(m.Options, a.announced()...), a.gone.withdrawn()...)
	const most = leastLinkMTU - 40
	for {
		b, err := ndp.MarshalMessage(m)
		if err != nil || len(b) <= most {
			return m, err
		}
		m.Options = m.Options[:len(m.Options)-1]
	}
}

// announced are the options for what there is.
func (a *advert) announced() (out []ndp.Option) {
	for _, p := range a.prefixes {
		out = append(out, p.option(validLifetime, preferredLifetime))
	}
	if len(a.dns) > 0 {
		out = append(out, &ndp.RecursiveDNSServer{Lifetime: 3 * seldomMost, Servers: a.dns})
	}
	if a.Domain != "" && len(a.prefixes) > 0 {
		out = append(out, &ndp.DNSSearchList{Lifetime: 3 * seldomMost, DomainNames: []string{a.Domain}})
	}
	return out
}

// withdrawn are the options for what there was. Servers and domains without a lifetime are used no longer (RFC 8106).
func (p past) withdrawn() (out []ndp.Option) {
	for _, x := range p.prefixes {
		out = append(out, x.option(0, 0))
	}
	if len(p.dns) > 0 {
		out = append(out, &ndp.RecursiveDNSServer{Servers: p.dns[:min(len(p.dns), mostServers)]})
	}
	if len(p.domains) > 0 {
		out = append(out, &ndp.DNSSearchList{DomainNames: p.domains[:min(len(p.domains), mostDomains)]})
	}
	return out
}

func (p prefix) option(valid, preferred time.Duration) ndp.Option {
	return &ndp.PrefixInformation{
		PrefixLength: uint8(p.Bits()), OnLink: true, AutonomousAddressConfiguration: p.auto,
		ValidLifetime: valid, PreferredLifetime: preferred, Prefix: p.Addr(),
	}
}

// frameTo is the advertisement for one address of the guest, or for everybody there.
func (a *advert) frameTo(to netip.Addr) ([]byte, error) {
	e := frame.Ends{SrcMAC: a.RouterMAC, DstMAC: a.MAC, Src: a.RouterMAC.LinkLocal(), Dst: to}
	if to.IsMulticast() {
		e.DstMAC = frame.Group(to)
	}
	m, err := a.message()
	if err != nil {
		return nil, err
	}
	b, err := ndp.MarshalMessageChecksum(m, e.Src, e.Dst)
	if err != nil {
		return nil, fmt.Errorf("write a router advertisement: %w", err)
	}
	return e.IPv6(frame.ICMPv6, b), nil
}

// replies implements answerer: a router solicitation is answered to who sent it.
func (a *advert) replies(f []byte) ([][]byte, error) {
	e, hops, b, err := frame.Packet(f, frame.ICMPv6)
	if err != nil {
		return nil, err
	}
	if e.SrcMAC != a.MAC || hops != 255 || len(b) < 8 || b[1] != 0 {
		return nil, ignored("solicitation from %s with hop limit %d", e.SrcMAC, hops)
	}
	m, err := ndp.ParseMessage(b)
	if err != nil {
		return nil, fmt.Errorf("decode router solicitation: %w", err)
	}
	if _, ok := m.(*ndp.RouterSolicitation); !ok {
		return nil, ignored("ICMPv6 type %d", b[0])
	}
	to := frame.AllNodes
	if e.Src.IsLinkLocalUnicast() || e.Src.IsGlobalUnicast() {
		to = e.Src
	}
	answer, err := a.frameTo(to)
	return [][]byte{answer}, err
}

func (*advert) complaint() string { return "" }

// replaces takes over from an earlier advertisement of the same router what the guest must be told to forget, and has not
// been told often enough.
func (a *advert) replaces(old *advert) { a.gone = old.all().without(a) }

// farewell is the last word of a router that the guest has no more. What others announce stays.
func (a *advert) farewell(others []*advert) *advert {
	last := &advert{RA: a.RA, gone: a.all().without(others...)}
	last.Lifetime, last.Domain = 0, ""
	return last
}

// all is what the guest may know from an advertisement and those before it.
func (a *advert) all() past {
	p := a.says()
	return past{slices.Concat(p.prefixes, a.gone.prefixes), slices.Concat(p.dns, a.gone.dns), slices.Concat(p.domains, a.gone.domains)}
}

// says is what an advertisement announces.
func (a *advert) says() past {
	p := past{prefixes: a.prefixes, dns: a.dns}
	if a.Domain != "" && len(a.prefixes) > 0 {
		p.domains = []string{a.Domain}
	}
	return p
}

// without leaves out what others announce, and what is there twice.
func (p past) without(others ...*advert) past {
	var stays past
	for _, o := range others {
		s := o.says()
		stays.prefixes, stays.dns = append(stays.prefixes, s.prefixes...), append(stays.dns, s.dns...)
		stays.domains = append(stays.domains, s.domains...)
	}
	same := func(x prefix) netip.Prefix { return x.Prefix }
	return past{
		prefixes: without(p.prefixes, stays.prefixes, same),
		dns:      without(p.dns, stays.dns, func(x netip.Addr) netip.Addr { return x }),
		domains:  without(p.domains, stays.domains, func(x string) string { return x }),
	}
}

func without[T any, K comparable](all, stays []T, key func(T) K) (out []T) {
	seen := map[K]bool{}
	for _, x := range stays {
		seen[key(x)] = true
	}
	for _, x := range all {
		if !seen[key(x)] && len(out) < mostPrefixes {
			seen[key(x)] = true
			out = append(out, x)
		}
	}
	return out
}

// wasTold sets when the guest is told again.
func (a *advert) wasTold(now time.Time) {
	if a.told++; a.told < firstAdverts {
		a.due = now.Add(soon)
		return
	}
	a.gone = past{}
	a.due = now.Add(seldomLeast + rand.N(seldomMost-seldomLeast))
}
