package intent_test

import (
	"net/netip"
	"strings"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

func fixed(entries ...intent.FixedIPRequest) intent.Opt[[]intent.FixedIPRequest] {
	return intent.Some(entries)
}

func at(addr string) intent.FixedIPRequest { return intent.FixedIPRequest{Addr: ip(addr)} }

func pair(mac, prefix string) api.AddressPair {
	p := api.AddressPair{Prefix: netip.MustParsePrefix(prefix)}
	if mac != "" {
		p.MAC = api.MustMAC(mac)
	}
	return p
}

func TestPortGetsAddressesOfEachVersion(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	if p := w.port(t, intent.PortRequest{NetworkID: n.ID}); len(p.FixedIPs) != 0 {
		t.Errorf("a network without subnets gave %v", p.FixedIPs)
	}
	w.subnet(t, n.ID, "2.2.2.0/24")
	w.subnet(t, n.ID, "3.3.3.0/24")
	w.subnet(t, n.ID, "fd00::/64")
	p := w.port(t, intent.PortRequest{NetworkID: n.ID})
	if len(p.FixedIPs) != 2 || p.FixedIPs[0].Addr != ip("2.2.2.2") || p.FixedIPs[1].Addr != ip("fd00::2") {
		t.Errorf("got %v, want 2.2.2.2 and fd00::2", p.FixedIPs)
	}
	if !strings.HasPrefix(p.MAC.String(), "fa:16:3e:") || p.VNICType != "normal" || !p.AdminStateUp || !p.PortSecurityEnabled {
		t.Errorf("defaults: %+v", *p)
	}
	if q := w.port(t, intent.PortRequest{NetworkID: n.ID}); q.FixedIPs[0].Addr != ip("2.2.2.3") || q.MAC == p.MAC {
		t.Errorf("the next got %v, %s", q.FixedIPs, q.MAC)
	}
	if q := w.port(t, intent.PortRequest{NetworkID: n.ID, FixedIPs: fixed()}); q.FixedIPs != nil {
		t.Errorf("a port that asked for none got %v", q.FixedIPs)
	}
}

func TestPortTakesTheNextSubnetWhenTheFirstIsFull(t *testing.T) {
	w := newWorld()
	n := w.network(t, intent.NetworkRequest{})
	w.subnet(t, n.ID, "10.0.0.0/30")
	w.subnet(t, n.ID, "10.0.1.0/30")
	for _, want := range []string{"10.0.0.2", "10.0.1.2"} {
		if p := w.port(t, intent.PortRequest{NetworkID: n.ID}); p.FixedIPs[0].Addr != ip(want) {
			t.Errorf("got %v, want %s", p.FixedIPs, want)
		}
	}
	refused(t, w, "IpAddressGenerationFailure", func(tx *api.Txn) error {
		_, err := w.ops.CreatePort(tx, intent.PortRequest{NetworkID: n.ID})
		return err
	})
}

func TestPortRequestsThatAreRefused(t *testing.T) {
	l := newLab(t)
	taken := l.guest.FixedIPs[0].Addr.String()
	cases := []struct {
		name string
		req  intent.PortRequest
		want string
	}{
		{"no-such-network", intent.PortRequest{NetworkID: "none"}, "NetworkNotFound"},
		{"address-taken", intent.PortRequest{FixedIPs: fixed(at(taken))}, "IpAddressAlreadyAllocated"},
		{"address-twice", intent.PortRequest{FixedIPs: fixed(at("192.168.10.9"), at("192.168.10.9"))}, "IpAddressAlreadyAllocated"},
		{"address-elsewhere", intent.PortRequest{FixedIPs: fixed(at("172.31.0.5"))}, "InvalidIpForNetwork"},
		{"address-outside-subnet", intent.PortRequest{FixedIPs: fixed(intent.FixedIPRequest{SubnetID: l.sub1.ID, Addr: ip("172.31.0.5")})}, "InvalidIpForSubnet"},
		{"broadcast-address", intent.PortRequest{FixedIPs: fixed(at("192.168.10.255"))}, "InvalidIpForNetwork"},
		{"subnet-of-other-network", intent.PortRequest{FixedIPs: fixed(intent.FixedIPRequest{SubnetID: l.sub2.ID})}, "InvalidInput"},
		{"empty-entry", intent.PortRequest{FixedIPs: fixed(intent.FixedIPRequest{})}, "InvalidInput"},
		{"too-many-addresses", intent.PortRequest{FixedIPs: intent.Some(make([]intent.FixedIPRequest, 33))}, "InvalidInput"},
		{"mac-taken", intent.PortRequest{MAC: intent.Some(l.guest.MAC)}, "MacAddressInUse"},
		{"mac-multicast", intent.PortRequest{MAC: intent.Some(api.MustMAC("01:00:5e:00:00:01"))}, "InvalidInput"},
		{"mac-of-a-host", intent.PortRequest{MAC: intent.Some(api.MustMAC("fa:16:3f:00:00:01"))}, "InvalidInput"},
		{"owner-of-a-leg", intent.PortRequest{DeviceOwner: intent.Some(api.OwnerRouterInterface)}, "InvalidInput"},
		{"owner-of-a-gateway", intent.PortRequest{DeviceOwner: intent.Some(api.OwnerAgentGateway)}, "InvalidInput"},
		{"hostile-host", intent.PortRequest{HostID: intent.Some(api.HostID("../x"))}, "InvalidInput"},
		{"unknown-vnic", intent.PortRequest{VNICType: intent.Some("telepathy")}, "InvalidInput"},
		{"large-profile", intent.PortRequest{Profile: intent.Some(map[string]any{"x": strings.Repeat("x", 5000)})}, "InvalidInput"},
		{"pairs-without-security", intent.PortRequest{PortSecurityEnabled: intent.Some(false), AllowedAddressPairs: intent.Some([]api.AddressPair{pair("", "10.0.0.1/32")})}, "AddressPairAndPortSecurityRequired"},
		{"pair-twice", intent.PortRequest{AllowedAddressPairs: intent.Some([]api.AddressPair{pair("", "10.0.0.1/24"), pair("", "10.0.0.2/24")})}, "DuplicateAddressPairInRequest"},
		{"pair-multicast", intent.PortRequest{AllowedAddressPairs: intent.Some([]api.AddressPair{pair("", "224.0.0.5/32")})}, "InvalidInput"},
		{"pair-of-a-host", intent.PortRequest{AllowedAddressPairs: intent.Some([]api.AddressPair{pair("fa:16:3f:00:00:01", "10.0.0.5/32")})}, "InvalidInput"},
		{"too-many-pairs", intent.PortRequest{AllowedAddressPairs: intent.Some(make([]api.AddressPair, 11))}, "AllowedAddressPairExhausted"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.req.NetworkID == "" {
				c.req.NetworkID = l.net1.ID
			}
			refused(t, l.world, c.want, func(tx *api.Txn) error { _, err := l.ops.CreatePort(tx, c.req); return err })
		})
	}
}

func TestAllowedPairsAreFilledInAndFollowTheMAC(t *testing.T) {
	l := newLab(t)
	p := l.port(t, intent.PortRequest{NetworkID: l.net1.ID, AllowedAddressPairs: intent.Some([]api.AddressPair{
		pair("", "10.0.0.9/24"), pair("fa:16:3e:aa:aa:aa", "10.0.0.9/32"),
	})})
	if got := p.AllowedAddressPairs; got[0] != pair(p.MAC.String(), "10.0.0.0/24") || got[1] != pair("fa:16:3e:aa:aa:aa", "10.0.0.9/32") {
		t.Errorf("got %v", got)
	}
	mac := api.MustMAC("fa:16:3e:bb:bb:bb")
	update := func(tx *api.Txn) (*api.Port, error) {
		return l.ops.UpdatePort(tx, p.ID, intent.PortRequest{MAC: intent.Some(mac)})
	}
	p = must(t, l.world, update)
	if p.MAC != mac || p.AllowedAddressPairs[0].MAC != mac || p.AllowedAddressPairs[1].MAC == mac {
		t.Errorf("got %s, %v", p.MAC, p.AllowedAddressPairs)
	}
	l.plug(t, "h1", p.ID)
	mac = api.MustMAC("fa:16:3e:cc:cc:cc")
	refused(t, l.world, "PortBound", func(tx *api.Txn) error { _, err := update(tx); return err })
}

func TestPortUpdateKeepsAddressesThatAreAskedForAgain(t *testing.T) {
	l := newLab(t)
	update := func(ips intent.Opt[[]intent.FixedIPRequest]) *api.Port {
		return must(t, l.world, func(tx *api.Txn) (*api.Port, error) {
			return l.ops.UpdatePort(tx, l.guest.ID, intent.PortRequest{FixedIPs: ips})
		})
	}
	first := l.guest.FixedIPs[0].Addr
	p := update(fixed(intent.FixedIPRequest{SubnetID: l.sub1.ID}, at("192.168.10.222")))
	if len(p.FixedIPs) != 2 || p.FixedIPs[0].Addr != ip("192.168.10.222") || p.FixedIPs[1].Addr != first {
		t.Errorf("got %v, want 192.168.10.222 and %s", p.FixedIPs, first)
	}
	if p = update(fixed(at("192.168.10.222"))); len(p.FixedIPs) != 1 {
		t.Errorf("got %v, want 192.168.10.222 alone", p.FixedIPs)
	}
	if q := l.port(t, intent.PortRequest{NetworkID: l.net1.ID}); q.FixedIPs[0].Addr != first {
		t.Errorf("the address that became free was not given out: %v", q.FixedIPs)
	}
}

func TestPortsOfRoutersAndFloatingIPsAreOutOfReach(t *testing.T) {
	l := newLab(t)
	l.floatingIP(t, l.ext.ID, l.guest.ID)
	l.plug(t, "h1", l.guest.ID)
	seen := map[string]bool{}
	for p := range l.Ports() {
		if p.IsGuest() {
			continue
		}
		seen[p.DeviceOwner] = true
		refused(t, l.world, "ServicePortInUse", func(tx *api.Txn) error { return l.ops.DeletePort(tx, p.ID) })
		refused(t, l.world, "BadRequest", func(tx *api.Txn) error {
			_, err := l.ops.UpdatePort(tx, p.ID, intent.PortRequest{DeviceOwner: intent.Some("")})
			return err
		})
		must(t, l.world, func(tx *api.Txn) (*api.Port, error) {
			return l.ops.UpdatePort(tx, p.ID, intent.PortRequest{MetaRequest: intent.MetaRequest{Name: intent.Some("x")}})
		})
	}
	if len(seen) != 5 {
		t.Errorf("tried %v, want all five owners", seen)
	}
}

func TestDeletedPortDissociatesItsFloatingIP(t *testing.T) {
	l := newLab(t)
	f := l.floatingIP(t, l.ext.ID, l.guest.ID)
	refused(t, l.world, "BadRequest", func(tx *api.Txn) error {
		_, err := l.ops.UpdatePort(tx, l.guest.ID, intent.PortRequest{FixedIPs: fixed()})
		return err
	})
	refused(t, l.world, "BadRequest", func(tx *api.Txn) error {
		_, err := l.ops.UpdatePort(tx, l.guest.ID, intent.PortRequest{DeviceOwner: intent.Some("network:dhcp")})
		return err
	})
	if err := l.do(func(tx *api.Txn) error { return l.ops.DeletePort(tx, l.guest.ID) }); err != nil {
		t.Fatal(err)
	}
	f, _ = l.FloatingIP(f.ID)
	if f.PortID != "" || f.RouterID != "" || f.FixedIP.IsValid() || f.RulePriority != 0 || f.RevisionNumber != 2 {
		t.Errorf("got %+v", *f)
	}
}
