package intent_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/controller/intent"
)

func option(name, value string) intent.DHCPOptionRequest {
	return intent.DHCPOptionRequest{DHCPOption: api.DHCPOption{Name: name, Value: value, IPVersion: 4}}
}

func options(os ...intent.DHCPOptionRequest) intent.PortRequest {
	return intent.PortRequest{ExtraDHCPOpts: intent.Some(os)}
}

func TestDHCPOptionsOfAPortChangeOneByOne(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	req := options(option("mtu", "1400"), option("ntp-server", "10.0.0.1,10.0.0.2"))
	req.NetworkID = n.ID
	p := w.port(t, req)
	gone := option("mtu", "")
	gone.Remove = true
	p = must(t, w, func(tx *api.Txn) (*api.Port, error) {
		return w.ops.UpdatePort(tx, p.ID, options(gone, option("ntp-server", "10.0.0.3"), option("router", "")))
	})
	want := []api.DHCPOption{{Name: "ntp-server", Value: "10.0.0.3", IPVersion: 4}, {Name: "router", IPVersion: 4}}
	if diff := cmp.Diff(want, p.ExtraDHCPOpts); diff != "" {
		t.Error(diff)
	}
}

func TestOptionsOfTwoVersionsWithOneNumberStandBesideEachOther(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	six := option("dns-server", "fd00::1")
	six.IPVersion = 6
	req := options(option("dns-server", "10.0.0.1"), six, option("policy-filter", "10.0.0.2,255.0.0.0"), option("22", "576"))
	req.NetworkID = n.ID
	if p := w.port(t, req); len(p.ExtraDHCPOpts) != 4 {
		t.Errorf("options %v", p.ExtraDHCPOpts)
	}
}

func TestDHCPOptionsThatCannotBeAnsweredAreRefused(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	six := func(name, value string) intent.DHCPOptionRequest {
		o := option(name, value)
		o.IPVersion = 6
		return o
	}
	five := option("dns-server", "fd00::1")
	five.IPVersion = 5
	for _, c := range []struct {
		name string
		opts []intent.DHCPOptionRequest
		says string
	}{
		{"unknown-name", []intent.DHCPOptionRequest{option("nonsense", "1")}, `"nonsense" of IP version 4 is not known`},
		{"lease-time-is-the-servers", []intent.DHCPOptionRequest{option("51", "1")}, `"51" of IP version 4 is not known`},
		{"bad-address", []intent.DHCPOptionRequest{option("ntp-server", "10.0.0.x")}, `"10.0.0.x" is no IPv4 address`},
		{"number-too-large", []intent.DHCPOptionRequest{option("mtu", "70000")}, "16 bits"},
		{"empty", []intent.DHCPOptionRequest{option("tftp-server", "")}, "0 bytes"},
		{"one-option-by-two-names", []intent.DHCPOptionRequest{option("mtu", "1400"), option("26", "1300")}, "both option 26"},
		{"control-character", []intent.DHCPOptionRequest{option("domain-name", "a\nb")}, "control character"},
		{"half-a-route", []intent.DHCPOptionRequest{option("classless-static-route", "10.0.0.0/8")}, "pairs"},
		{"version-5", []intent.DHCPOptionRequest{five}, "IP version 5"},
		{"empty-in-version-6", []intent.DHCPOptionRequest{six("dns-server", "")}, `"" is no IPv6 address`},
		{"with-a-zone", []intent.DHCPOptionRequest{six("dns-server", "fe80::1%eth0")}, "is no IPv6 address"},
		{"twice-in-version-6", []intent.DHCPOptionRequest{six("dns-server", "fd00::1"), six("23", "fd00::2")}, "both option 23"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := options(c.opts...)
			req.NetworkID = n.ID
			said := refused(t, w, "InvalidInput", func(tx *api.Txn) error { _, err := w.ops.CreatePort(tx, req); return err })
			if !strings.Contains(said, c.says) {
				t.Errorf("said %q, want %q in it", said, c.says)
			}
		})
	}
}
