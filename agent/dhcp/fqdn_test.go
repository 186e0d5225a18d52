package dhcp

import (
	"strings"
	"testing"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// tells is the client FQDN option of a client that calls itself x.
func tells(flags byte) dhcpv4.Modifier {
	return dhcpv4.WithOption(dhcpv4.OptGeneric(dhcpv4.OptionFQDN, []byte{flags, 0, 0, 'x'}))
}

func TestAClientThatTellsItsNameIsToldItsPorts(t *testing.T) {
	named := item()
	named.HostName, named.Domain = "web", "example.org"
	bare := named
	bare.Domain = ""
	long := named
	long.HostName = strings.Repeat("x", 64)
	for name, c := range map[string]struct {
		lease *lease
		mods  []dhcpv4.Modifier
		want  string
	}{
		"as-text":         {leaseOf(t, named), []dhcpv4.Modifier{tells(0)}, "\x08\xff\xffweb.example.org"},
		"wants-updates":   {leaseOf(t, named), []dhcpv4.Modifier{tells(1)}, "\x0a\xff\xffweb.example.org"},
		"as-in-dns":       {leaseOf(t, named), []dhcpv4.Modifier{tells(5)}, "\x0e\xff\xff\x03web\x07example\x03org\x00"},
		"without-domain":  {leaseOf(t, bare), []dhcpv4.Modifier{tells(4)}, "\x0c\xff\xff\x03web\x00"},
		"unwritable":      {leaseOf(t, long), []dhcpv4.Modifier{tells(4)}, ""},
		"says-nothing":    {leaseOf(t, named), nil, ""},
		"an-empty-option": {leaseOf(t, named), []dhcpv4.Modifier{dhcpv4.WithOption(dhcpv4.OptGeneric(dhcpv4.OptionFQDN, nil))}, ""},
	} {
		_, a := ask(t, c.lease, message(t, dhcpv4.MessageTypeDiscover, c.mods...))
		if got := string(a.Options[optFQDN]); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTheDomainIsSearchedToo(t *testing.T) {
	named := item()
	named.Domain = "b.example.org"
	_, a := ask(t, leaseOf(t, named), message(t, dhcpv4.MessageTypeDiscover))
	if got := string(a.Options[optSearch]); got != "\x01b\x07example\x03org\x00" {
		t.Errorf("option 119 is %q", got)
	}
	named.Domain = ""
	_, a = ask(t, leaseOf(t, named), message(t, dhcpv4.MessageTypeDiscover))
	if a.Options.Has(dhcpv4.GenericOptionCode(optSearch)) || a.Options.Has(dhcpv4.OptionDomainName) {
		t.Errorf("a guest without a domain is told %v", a.Options)
	}
}
