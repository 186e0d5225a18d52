package api_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"weft/api"
)

func TestDHCPOptionsHaveTheirBytes(t *testing.T) {
	for _, c := range []struct {
		name, value string
		code        uint8
		want        string
	}{
		{"6 dns-server", "fd00::1, [fd00::2]", 23, "fd000000000000000000000000000001fd000000000000000000000000000002"},
		{"6 sip-server-domain", "b", 21, "016200"},
		{"6 information-refresh-time", "600", 32, "00000258"},
		{"6 59", "http://boot", 59, "687474703a2f2f626f6f74"},
		{"router", "10.0.0.1", 3, "0a000001"},
		{"router", "", 3, ""},
		{"server-ip-address", "fd00::1", 150, ""},
		{"6 tftp-server", "fd00::1", 0, ""},
		{"dns-server", "10.0.0.1, 8.8.8.8", 6, "0a00000108080808"},
		{"mtu", "1400", 26, "0578"},
		{"26", "1400", 26, "0578"},
		{"ip-forward-enable", "1", 19, "01"},
		{"arp-timeout", "60", 35, "0000003c"},
		{"hostname", "vm1", 12, "766d31"},
		{"domain-search", "a.b,c.", 119, ""},
		{"classless-static-route", "10.8.0.0/14,10.0.0.9,0.0.0.0/0,10.0.0.1", 121, "0e0a080a000009000a000001"},
		{"vendor-encap", "01:02:ff", 43, "0102ff"},
	} {
		t.Run(c.name+"="+c.value, func(t *testing.T) {
			code, b, err := named(c.name, c.value).Encode()
			want, _ := hex.DecodeString(c.want)
			if c.name == "domain-search" {
				want = []byte("\x01a\x01b\x00\x01c\x00")
			}
			if err != nil || code != c.code || string(b) != string(want) {
				t.Errorf("got %d %x, %v, want %d %x", code, b, err, c.code, want)
			}
		})
	}
}

// named gives an option of IPv6 if its name begins with "6 ".
func named(name, value string) api.DHCPOption {
	if name, ok := strings.CutPrefix(name, "6 "); ok {
		return api.DHCPOption{Name: name, Value: value, IPVersion: 6}
	}
	return api.DHCPOption{Name: name, Value: value, IPVersion: 4}
}

func FuzzDHCPOption(f *testing.F) {
	for _, name := range api.DHCPOptionNames(4) {
		f.Add(name, "10.0.0.0/8,10.0.0.1")
		f.Add(name, "1")
	}
	for _, name := range api.DHCPOptionNames(6) {
		f.Add("6 "+name, "fd00::1,fd00::2")
		f.Add("6 "+name, "1")
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		code, b, err := named(name, value).Encode()
		if err == nil && (code == 0 || code == 255 || len(b) > 255 || len(b) == 0 && value != "") {
			t.Errorf("%q=%q gave option %d with %d bytes", name, value, code, len(b))
		}
	})
}
