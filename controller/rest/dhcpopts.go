package rest

import (
	"weft/api"
	"weft/controller/intent"
)

const maxDHCPOptions = 32

// dhcpOptions are DHCP options of a port; one whose value is null goes.
func dhcpOptions() kind[[]intent.DHCPOptionRequest] {
	return listOf("extra DHCP option", maxDHCPOptions, toDHCPOption, func(o intent.DHCPOptionRequest) any {
		return row{{"opt_name", o.Name}, {"opt_value", o.Value}, {"ip_version", o.IPVersion}}
	}).of(shape(must("opt_name", text(maxOwner).schema), must("opt_value", text(maxName).orNull().schema),
		may("ip_version", integer(4, 6).schema)))
}

func toDHCPOption(v any) (o intent.DHCPOptionRequest, err error) {
	m, err := fields("extra DHCP option", v, []string{"opt_name", "opt_value"}, "ip_version")
	if err != nil {
		return o, err
	}
	if o.Name, err = text(maxOwner).parse(m["opt_name"]); err != nil {
		return o, err
	}
	o.IPVersion = 4
	if v := m["ip_version"]; v != nil {
		if o.IPVersion, err = integer(4, 6).parse(v); err != nil {
			return o, err
		}
	}
	if m["opt_value"] == nil {
		o.Remove = true
		return o, nil
	}
	o.Value, err = text(maxName).parse(m["opt_value"])
	return o, err
}

func dhcpOptionsOf(p *api.Port) []intent.DHCPOptionRequest {
	out := make([]intent.DHCPOptionRequest, len(p.ExtraDHCPOpts))
	for i, o := range p.ExtraDHCPOpts {
		out[i].DHCPOption = o
	}
	return out
}
