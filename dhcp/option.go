package dhcp

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"weft/api"
)

// nameservers lists a subnet's DNS servers of its own IP version; the unspecified address among them means none
// (Neutron's rule).
func nameservers(sub *api.Subnet) []netip.Addr {
	var out []netip.Addr
	for _, a := range sub.DNSNameservers {
		if a.IsUnspecified() {
			return nil
		}
		if a.BitLen() == sub.CIDR.Addr().BitLen() {
			out = append(out, a)
		}
	}
	return out
}

// words writes addresses with spaces between them, each once.
func words(addrs []netip.Addr) string {
	var out []string
	for _, a := range addrs {
		if s := a.String(); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return strings.Join(out, " ")
}

// options writes the options of the port's own for an IP version. The two numbers of classless routes stand for each
// other, unless the port has both.
func options(p *api.Port, version int) string {
	values := map[uint8][]byte{}
	for _, o := range p.ExtraDHCPOpts {
		if o.IPVersion != version || o.Unsendable() {
			continue
		}
		if code, value, err := o.Encode(); err == nil { // what does not encode was refused when it was asked for
			values[code] = value
		}
	}
	if version == 4 {
		bothRoutes(values)
	}
	type option struct {
		code  uint8
		value []byte
	}
	var all []option
	for code, value := range values {
		all = append(all, option{code, value})
	}
	slices.SortFunc(all, func(a, b option) int { return cmp.Compare(a.code, b.code) })
	out := make([]string, 0, len(all))
	for _, o := range all {
		out = append(out, fmt.Sprintf("%d=%s", o.code, hex.EncodeToString(o.value)))
	}
	return strings.Join(out, " ")
}

func bothRoutes(values map[uint8][]byte) {
	for _, c := range [][2]uint8{{optionRoutes, optionRoutesMS}, {optionRoutesMS, optionRoutes}} {
		if v, ok := values[c[0]]; ok {
			if _, ok := values[c[1]]; !ok {
				values[c[1]] = v
			}
		}
	}
}
