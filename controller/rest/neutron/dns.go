package neutron

import (
	"strings"

	"weft/api"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

// dnsName is a name of DNS, in any case of its letters. What makes it one is judged by intent.
func dnsName() wire.Kind[string] {
	k := wire.Text(noun.MaxName)
	parse := k.Parse
	k.Parse = func(v any) (string, error) {
		if _, ok := v.(string); !ok {
			return "", wire.InvalidInput("'%s' is not a name of DNS", wire.Show(v))
		}
		s, err := parse(v)
		return strings.ToLower(s), err
	}
	return k
}

// namesOf is what the guest of a port is called at each of its addresses.
func namesOf(v api.View, p *api.Port, d api.Domain) []wire.Row {
	out := make([]wire.Row, 0, len(p.FixedIPs))
	for _, f := range p.FixedIPs {
		n := v.NameOf(p, f.Addr, d)
		out = append(out, wire.Row{{"ip_address", f.Addr.String()}, {"hostname", n.HostName}, {"fqdn", n.FQDN}})
	}
	return out
}
