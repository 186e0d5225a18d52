package dhcp

import (
	"strings"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// Flags of the client FQDN option (RFC 4702, section 2.1).
const (
	fqdnServerUpdates = 1 << iota
	fqdnOverridden
	fqdnEncoded // the name is written as in DNS; else as text
	fqdnNoUpdates
)

// fqdn answers a client that tells its own name in the client FQDN option: it is called as the port says, and weft enters
// that into no DNS. nil if the client tells none.
func (l *lease) fqdn(q *dhcpv4.DHCPv4) []byte {
	asked := q.Options.Get(dhcpv4.OptionFQDN)
	name := string(l.options[optHostName])
	if len(asked) == 0 || name == "" {
		return nil
	}
	if domain := string(l.options[optDomain]); domain != "" {
		name += "." + domain
	}
	flags := byte(fqdnNoUpdates) | asked[0]&fqdnEncoded
	if asked[0]&fqdnServerUpdates != 0 {
		flags |= fqdnOverridden
	}
	const noRcode = 255
	head := []byte{flags, noRcode, noRcode}
	if flags&fqdnEncoded == 0 {
		return append(head, strings.Trim(name, ".")...)
	}
	wire := labels(name)
	if wire == nil { // somebody gave the port a host name that DNS cannot write
		return nil
	}
	return append(head, wire...)
}
