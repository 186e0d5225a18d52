package rest

import (
	"strings"

	"weft/api"
)

// dnsName is a name of DNS, in any case of its letters. What makes it one is judged by intent.
func dnsName() kind[string] {
	k := text(maxName)
	parse := k.parse
	k.parse = func(v any) (string, error) {
		if _, ok := v.(string); !ok {
			return "", invalidInput("'%s' is not a name of DNS", show(v))
		}
		s, err := parse(v)
		return strings.ToLower(s), err
	}
	return k
}

// namesOf is what the guest of a port is called at each of its addresses.
func namesOf(v api.View, p *api.Port, d api.Domain) []row {
	out := make([]row, 0, len(p.FixedIPs))
	for _, f := range p.FixedIPs {
		n := v.NameOf(p, f.Addr, d)
		out = append(out, row{{"ip_address", f.Addr.String()}, {"hostname", n.HostName}, {"fqdn", n.FQDN}})
	}
	return out
}
