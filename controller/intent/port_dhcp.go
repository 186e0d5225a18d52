package intent

import (
	"slices"

	"weft/api"
)

// maxDHCPOptions of a port; together they would not fit into an answer anyway.
const maxDHCPOptions = 32

// DHCPOptionRequest sets one of a port's DHCP options, or takes it away.
type DHCPOptionRequest struct {
	api.DHCPOption
	Remove bool // the value was null
}

// applyDHCPOptions changes the options that a request names, and leaves the others, as Neutron does.
func applyDHCPOptions(p *api.Port, asked Opt[[]DHCPOptionRequest]) error {
	if !given(asked) {
		return nil
	}
	opts := slices.Clone(p.ExtraDHCPOpts)
	for _, r := range asked.V {
		i := slices.IndexFunc(opts, func(o api.DHCPOption) bool { return o.Name == r.Name && o.IPVersion == r.IPVersion })
		if r.Remove {
			if i >= 0 {
				opts = slices.Delete(opts, i, i+1)
			}
			continue
		}
		if _, _, err := r.Encode(); err != nil {
			return invalid("extra_dhcp_opts: %v", err)
		}
		if i >= 0 {
			opts[i] = r.DHCPOption
		} else {
			opts = append(opts, r.DHCPOption)
		}
	}
	if err := checkDHCPOptions(opts); err != nil {
		return err
	}
	if p.ExtraDHCPOpts = opts; len(opts) == 0 {
		p.ExtraDHCPOpts = nil
	}
	return nil
}

// checkDHCPOptions refuses two options that are one on the wire.
func checkDHCPOptions(opts []api.DHCPOption) error {
	if len(opts) > maxDHCPOptions {
		return invalid("extra_dhcp_opts: %d options, the maximum is %d", len(opts), maxDHCPOptions)
	}
	type number struct {
		version int
		code    uint8
	}
	names := map[number]string{}
	for _, o := range opts {
		if o.Unsendable() {
			continue
		}
		code, _, err := o.Encode()
		if err != nil {
			return invalid("extra_dhcp_opts: %v", err)
		}
		n := number{o.IPVersion, code}
		if other, twice := names[n]; twice {
			return invalid("extra_dhcp_opts: %s and %s are both option %d", other, o.Name, code)
		}
		names[n] = o.Name
	}
	return nil
}
