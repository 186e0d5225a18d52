package intent

import (
	"strings"

	"weft/api"
)

// maxDNS is the number of characters of the longest name in DNS, as Neutron counts them.
const maxDNS = 255

// notDNS is Neutron's answer to what is no name.
func notDNS(field, format string, args ...any) error {
	f := api.Faultf(api.BadRequest, "HTTPBadRequest", format, args...)
	f.Message = "Invalid input for " + field + ". Reason: " + f.Message + "."
	return f
}

func checkDNSName(field, name string) error {
	if name == "" {
		return nil
	}
	if err := api.CheckDNSName(name); err != nil {
		return notDNS(field, "'%s' not a valid PQDN or FQDN. Reason: %v", name, err)
	}
	return nil
}

// setDomain takes over a dns_domain, which is whole or "".
func setDomain(to *string, asked Opt[string]) error {
	if !asked.Set {
		return nil
	}
	*to = asked.Or("")
	if *to == "" {
		return nil
	}
	if !strings.HasSuffix(*to, ".") {
		return notDNS("dns_domain", "'%s' is not a FQDN", *to)
	}
	if err := checkDNSName("dns_domain", *to); err != nil {
		return err
	}
	if n := len(*to); n > maxDNS-2 {
		return notDNS("dns_domain", "'%s' contains %d characters. Adding a sub-domain will cause it to exceed the maximum "+
			"length of a FQDN of '%d'", *to, n, maxDNS)
	}
	return nil
}

// setPortDNS takes over what a port's guest is to be called, and holds it against the domain that it is in.
func (o *Ops) setPortDNS(v api.View, p *api.Port, req PortRequest) error {
	if !req.DNSName.Set && !req.DNSDomain.Set {
		return nil
	}
	if err := setDomain(&p.DNSDomain, req.DNSDomain); err != nil {
		return err
	}
	if req.DNSName.Set {
		p.DNSName = req.DNSName.Or("")
	}
	if err := checkDNSName("dns_name", p.DNSName); err != nil {
		return err
	}
	domain := v.DomainOf(p, o.Domain)
	if !strings.HasSuffix(p.DNSName, ".") {
		if n := len(p.DNSName) + len(domain) + 2; p.DNSName != "" && n > maxDNS {
			return notDNS("dns_name", "The dns_name passed is a PQDN and its size is '%d'. With the domain %s. that it gets, the "+
				"resulting length exceeds the maximum size of '%d'", len(p.DNSName), domain, maxDNS)
		}
		return nil
	}
	if domain != "" && !strings.HasSuffix(p.DNSName, "."+domain+".") {
		return notDNS("dns_name", "The dns_name passed is a FQDN. Its higher level labels must be equal to the dns_domain of "+
			"the port, of its network, or of the cloud, that is '%s.'. It must also include one or more valid DNS labels to "+
			"the left of '%s.'", domain, domain)
	}
	return nil
}

// setFloatingDNS takes over what a new floating IP is to be called outside: the whole name, or none.
func setFloatingDNS(f *api.FloatingIP, req FloatingIPRequest) error {
	if err := setDomain(&f.DNSDomain, req.DNSDomain); err != nil {
		return err
	}
	f.DNSName = req.DNSName.Or("")
	if strings.HasSuffix(f.DNSName, ".") {
		return notDNS("dns_name", "'%s' is a FQDN. It should be a relative domain name", f.DNSName)
	}
	if err := checkDNSName("dns_name", f.DNSName); err != nil {
		return err
	}
	switch n := len(f.DNSName) + len(f.DNSDomain) + 1; {
	case f.DNSDomain != "" && f.DNSName == "":
		return badRequest("floatingip", "dns_domain cannot be specified without a dns_name")
	case f.DNSName != "" && f.DNSDomain == "":
		return badRequest("floatingip", "dns_name cannot be specified without a dns_domain")
	case n > maxDNS:
		return notDNS("dns_name", "'%s' and '%s' together exceed the maximum length of a FQDN of '%d'", f.DNSName, f.DNSDomain, maxDNS)
	}
	return nil
}
