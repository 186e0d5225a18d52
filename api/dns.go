package api

import (
	"fmt"
	"net/netip"
	"strings"
)

// Domain is what the names of guests end with: labels with dots between them and none at the end. "" is DefaultDomain, and
// "." (the root of DNS) is none at all.
type Domain string

// DefaultDomain is Neutron's.
const DefaultDomain Domain = "openstacklocal"

// String gives the domain's labels; "" if there are none.
func (d Domain) String() string {
	if d == "" {
		d = DefaultDomain
	}
	return strings.TrimSuffix(string(d), ".")
}

// Limits of names in DNS (RFC 1035).
const (
	maxLabel = 63
	maxName  = 255
)

// CheckDNSName tells what is wrong with a name that is, or may be, relative to a domain: it has labels of letters, digits
// and hyphens (RFC 1123) with dots between them, and may end with a dot. Capitals must be made small before.
func CheckDNSName(name string) error {
	name = strings.TrimSuffix(name, ".")
	if len(name) > maxName {
		return fmt.Errorf("'%s' exceeds the %d character FQDN limit", name, maxName)
	}
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if err := checkLabel(l); err != nil {
			return err
		}
	}
	if top := labels[len(labels)-1]; len(labels) > 1 && strings.Trim(top, "0123456789") == "" {
		return fmt.Errorf("TLD '%s' must not be all numeric", top)
	}
	return nil
}

func checkLabel(l string) error {
	switch {
	case l == "":
		return fmt.Errorf("Encountered an empty component") //nolint:staticcheck // Neutron's words
	case strings.HasPrefix(l, "-") || strings.HasSuffix(l, "-"):
		return fmt.Errorf("Name '%s' must not start or end with a hyphen", l) //nolint:staticcheck // likewise
	case len(l) > maxLabel || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return fmt.Errorf("Name '%s' must be 1-63 characters long, each of which can only be alphanumeric or a hyphen", l) //nolint:staticcheck // likewise
	}
	return nil
}

// GuestName is what a guest is called at one address of its port (an entry of Neutron's dns_assignment).
type GuestName struct {
	Addr netip.Addr
	// HostName is the port's name as it was asked for, or one that follows from the address.
	HostName string
	// FQDN ends with a dot, unless it has no domain.
	FQDN string
}

// Short is the first label of the guest's name, and Domain all that is behind it.
func (n GuestName) Short() string {
	short, _, _ := strings.Cut(n.FQDN, ".")
	return short
}

// Domain is what the guest's name ends with, without a dot at its end; "": nothing.
func (n GuestName) Domain() string {
	_, domain, _ := strings.Cut(strings.TrimSuffix(n.FQDN, "."), ".")
	return domain
}

// DomainOf is what the name of a port's guest ends with: the port's own domain, its network's, or else the one given.
func (v View) DomainOf(p *Port, d Domain) string {
	own := p.DNSDomain
	if n, ok := v.Network(p.NetworkID); own == "" && ok {
		own = n.DNSDomain
	}
	if own != "" {
		return strings.TrimSuffix(own, ".")
	}
	return d.String()
}

// NameOf is what a port's guest is called at one of its addresses, where the domain is d unless the port or its network
// has one.
func (v View) NameOf(p *Port, a netip.Addr, d Domain) GuestName {
	n := GuestName{Addr: a, HostName: p.DNSName}
	if n.HostName == "" {
		n.HostName = "host-" + strings.NewReplacer(".", "-", ":", "-").Replace(a.String())
	}
	domain := v.DomainOf(p, d)
	switch {
	case strings.HasSuffix(n.HostName, "."):
		n.FQDN = n.HostName
	case domain == "":
		n.FQDN = n.HostName
	default:
		n.FQDN = n.HostName + "." + domain + "."
	}
	return n
}

// ParseDomain reads a domain as people write it: with or without a dot at its end; "." or "" is none at all.
func ParseDomain(text string) (Domain, error) {
	d := Domain(strings.ToLower(strings.TrimSuffix(text, ".")))
	if d == "" {
		return ".", nil
	}
	if err := CheckDNSName(string(d)); err != nil {
		return "", fmt.Errorf("domain %q: %w", text, err)
	}
	return d, nil
}
