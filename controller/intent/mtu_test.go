package intent_test

import (
	"fmt"
	"strings"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func TestLargestMTUIsWhatTheSmallestUnderlayCarries(t *testing.T) {
	l := newLab(t)
	cases := []struct {
		name   string
		h1, h2 intent.ReportedHost
		want   int
	}{
		{"nobody-has-said", intent.ReportedHost{TunnelIP: ip("192.0.2.1")}, intent.ReportedHost{TunnelIP: ip("192.0.2.2")}, 1450},
		{"one-has-said", intent.ReportedHost{TunnelIP: ip("192.0.2.1"), TunnelMTU: 9000}, intent.ReportedHost{TunnelIP: ip("192.0.2.2")}, 8950},
		{
			"the-smaller-counts", intent.ReportedHost{TunnelIP: ip("192.0.2.1"), TunnelMTU: 9000},
			intent.ReportedHost{TunnelIP: ip("192.0.2.2"), TunnelMTU: 1400}, 1350,
		},
		{
			"ipv6-takes-more", intent.ReportedHost{TunnelIP: ip("2001:db8::1"), TunnelMTU: 1500},
			intent.ReportedHost{TunnelIP: ip("2001:db8::2"), TunnelMTU: 1500}, 1430,
		},
		{"what-was-known-stays", intent.ReportedHost{TunnelIP: ip("2001:db8::1")}, intent.ReportedHost{TunnelIP: ip("2001:db8::2"), TunnelMTU: 1500}, 1430},
		{"nonsense-does-not-count", intent.ReportedHost{TunnelIP: ip("2001:db8::1"), TunnelMTU: -7}, intent.ReportedHost{TunnelIP: ip("2001:db8::2"), TunnelMTU: 1 << 30}, 1430},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l.report(t, "h1", c.h1)
			l.report(t, "h2", c.h2)
			if n := l.network(t, intent.NetworkRequest{}); n.MTU != c.want {
				t.Errorf("a new network has MTU %d, want %d", n.MTU, c.want)
			}
			said := refused(t, l.world, "InvalidInput", func(tx *api.Txn) error {
				_, err := l.ops.CreateNetwork(tx, intent.NetworkRequest{MTU: intent.Some(c.want + 1)})
				return err
			})
			if !strings.Contains(said, "Requested MTU is too big, maximum is") {
				t.Errorf("it was refused with %q", said)
			}
		})
	}
}

func TestTheMTUOfANetworkIsFoundWithoutALookAtAllHosts(t *testing.T) {
	l, looked := newLab(t), 0
	for i := range 200 {
		l.host(t, api.HostID(fmt.Sprint("more", i)))
		l.report(t, api.HostID(fmt.Sprint("more", i)), intent.ReportedHost{TunnelIP: ip(fmt.Sprint("198.51.100.", i+1)), TunnelMTU: 9000 - i})
	}
	must(t, l.world, func(tx *api.Txn) (*api.Network, error) {
		tx.View = tx.Counting(&looked)
		n, err := l.ops.CreateNetwork(tx, intent.NetworkRequest{})
		if looked > 20 || n.MTU != 9000-199-50 {
			t.Errorf("the network has MTU %d; %d objects were looked at among 200 hosts", n.MTU, looked)
		}
		return n, err
	})
}

func TestHostWithATooSmallUnderlaySaysForWhichNetworks(t *testing.T) {
	l := newLab(t)
	report := func(mtu int) *api.Host {
		l.report(t, "h1", intent.ReportedHost{TunnelIP: ip("192.0.2.1"), TunnelMTU: mtu})
		h, _ := l.Host("h1")
		return h
	}
	if why := intent.MTUProblem(l.View, report(1500)); why != "" {
		t.Errorf("a sufficient underlay has the problem %q", why)
	}
	must(t, l.world, func(tx *api.Txn) (*api.Network, error) {
		return l.ops.UpdateNetwork(tx, l.net2.ID, intent.NetworkRequest{
			MetaRequest: intent.MetaRequest{Name: intent.Some("little")}, MTU: intent.Some(1300),
		})
	})
	why := intent.MTUProblem(l.View, report(1400))
	for _, want := range []string{"MTU of 1400", "up to 1350", string(l.net1.ID) + " (1450)", "raise it to 1500"} {
		if !strings.Contains(why, want) {
			t.Errorf("the problem %q lacks %q", why, want)
		}
	}
	if strings.Contains(why, "little") || strings.Contains(why, string(l.ext.ID)) {
		t.Errorf("the problem names a network that fits, or one that is not tunnelled: %q", why)
	}
}
