package neutron

import (
	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

const maxDHCPOptions = 32

// dhcpOptions are DHCP options of a port; one whose value is null goes.
func dhcpOptions() wire.Kind[[]intent.DHCPOptionRequest] {
	return wire.ListOf("extra DHCP option", maxDHCPOptions, toDHCPOption, func(o intent.DHCPOptionRequest) any {
		return wire.Row{{"opt_name", o.Name}, {"opt_value", o.Value}, {"ip_version", o.IPVersion}}
	}).Of(wire.Shape(wire.Must("opt_name", wire.Text(noun.MaxOwner).Schema), wire.Must("opt_value", wire.Text(noun.MaxName).OrNull().Schema),
		wire.May("ip_version", wire.Integer(4, 6).Schema)))
}

func toDHCPOption(v any) (o intent.DHCPOptionRequest, err error) {
	m, err := wire.Fields("extra DHCP option", v, []string{"opt_name", "opt_value"}, "ip_version")
	if err != nil {
		return o, err
	}
	if o.Name, err = wire.Text(noun.MaxOwner).Parse(m["opt_name"]); err != nil {
		return o, err
	}
	o.IPVersion = 4
	if v := m["ip_version"]; v != nil {
		if o.IPVersion, err = wire.Integer(4, 6).Parse(v); err != nil {
			return o, err
		}
	}
	if m["opt_value"] == nil {
		o.Remove = true
		return o, nil
	}
	o.Value, err = wire.Text(noun.MaxName).Parse(m["opt_value"])
	return o, err
}

func dhcpOptionsOf(p *api.Port) []intent.DHCPOptionRequest {
	out := make([]intent.DHCPOptionRequest, len(p.ExtraDHCPOpts))
	for i, o := range p.ExtraDHCPOpts {
		out[i].DHCPOption = o
	}
	return out
}
