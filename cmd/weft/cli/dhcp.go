package cli

import (
	"strings"

	"weft/client"
)

// dhcpOptions sets DHCP options of a port, and takes them away.
func dhcpOptions() []option {
	const flag = "extra-dhcp-option"
	return []option{
		{flag: flag, value: "name=NAME,value=VALUE[,ip-version=4|6]", on: always, repeat: true, sets: []string{"extra_dhcp_opts"},
			help:  "DHCP option of this port's own, such as name=ntp-server,value=10.0.0.1; others stay",
			apply: func(e *edit, values []string) error { return e.dhcp(flag, values, readDHCPOption) }},
		{flag: flag, value: "NAME[,ip-version=4|6]", on: onUnset, repeat: true, help: "DHCP option to take away",
			apply: func(e *edit, values []string) error { return e.dhcp(flag, values, noDHCPOption) }},
	}
}

// dhcp sends the options named: the controller leaves the others.
func (e *edit) dhcp(flag string, values []string, read func(flag, v string) (client.Object, error)) error {
	list := []any{}
	for _, v := range values {
		o, err := read(flag, v)
		if err != nil {
			return err
		}
		list = append(list, o)
	}
	e.attrs["extra_dhcp_opts"] = list
	return nil
}

// readDHCPOption reads name=…,value=…[,ip-version=…]. The value may have commas.
func readDHCPOption(flag, v string) (client.Object, error) {
	rest, named := strings.CutPrefix(v, "name=")
	name, rest, valued := strings.Cut(rest, ",value=")
	if !named || !valued || name == "" {
		return nil, usagef("--%s %s: want name=NAME,value=VALUE", flag, v)
	}
	o := client.Object{"opt_name": name, "opt_value": rest}
	if i := strings.LastIndex(rest, ",ip-version="); i >= 0 {
		o["opt_value"], o["ip_version"] = rest[:i], rest[i+len(",ip-version="):]
	}
	return o, nil
}

func noDHCPOption(_, v string) (client.Object, error) {
	name, version, versioned := strings.Cut(v, ",ip-version=")
	o := client.Object{"opt_name": name, "opt_value": nil}
	if versioned {
		o["ip_version"] = version
	}
	return o, nil
}
