package intent

import (
	"cmp"
	"net/netip"
	"slices"

	"weft/api"
)

// maxFixedIPs bounds the addresses of one port.
const maxFixedIPs = 32

// addresses chooses a port's addresses. have is what the port has now; what is asked for again stays.
type addresses struct {
	v       api.View
	net     api.NetworkID
	port    api.PortID
	mac     api.MAC
	guest   bool
	owner   string        // of the port, by which subnets are chosen
	subnets []*api.Subnet // of the network, those for certain owners first, then the oldest
	have    []api.FixedIP
	chosen  []api.FixedIP
}

func newAddresses(v api.View, p *api.Port) *addresses {
	a := &addresses{v: v, net: p.NetworkID, port: p.ID, mac: p.MAC, guest: p.IsGuest(), owner: p.DeviceOwner, have: p.FixedIPs}
	a.subnets = slices.Collect(v.SubnetsOf(p.NetworkID))
	slices.SortStableFunc(a.subnets, func(x, y *api.Subnet) int {
		return cmp.Or(forAll(x)-forAll(y), x.CreatedAt.Compare(y.CreatedAt))
	})
	return a
}

// byDefault chooses one address of each IP version for which the network has a subnet that is handed out from a pool,
// and one of each subnet where guests make up their own.
func (a *addresses) byDefault() ([]api.FixedIP, error) {
	for _, version := range [...]int{4, 6} {
		if err := a.anyOf(version); err != nil {
			return nil, err
		}
	}
	if len(a.subnets) > 0 && !slices.ContainsFunc(a.subnets, a.open) {
		return nil, noServiceSubnet(a.net, a.owner)
	}
	return a.chosen, nil
}

func (a *addresses) anyOf(version int) error {
	tried, found := false, false
	for _, s := range a.subnets {
		switch {
		case s.IPVersion() != version || !a.open(s):
		case automatic(s) && a.guest:
			if err := a.onSubnet(s); err != nil {
				return err
			}
		case !found:
			tried = true
			found = a.fromPool(s)
		}
	}
	if tried && !found {
		return noAddress(a.net)
	}
	return nil
}

// asRequested chooses what a request asks for, entry by entry.
func (a *addresses) asRequested(reqs []FixedIPRequest) ([]api.FixedIP, error) {
	if len(reqs) > maxFixedIPs {
		return nil, invalid("fixed_ips has %d entries, the maximum is %d", len(reqs), maxFixedIPs)
	}
	// Addresses that are named go first, so that none of them is taken from a pool by an entry before it.
	for _, named := range [...]bool{true, false} {
		for _, r := range reqs {
			if r.Addr.IsValid() != named {
				continue
			}
			if err := a.entry(r); err != nil {
				return nil, err
			}
		}
	}
	return a.chosen, nil
}

func (a *addresses) entry(r FixedIPRequest) error {
	s, err := a.subnetOf(r)
	if err != nil {
		return err
	}
	if !r.Addr.IsValid() {
		return a.again(s)
	}
	if !a.open(s) && !slices.Contains(a.have, api.FixedIP{SubnetID: s.ID, Addr: r.Addr}) {
		return a.notOpen(s)
	}
	if !inRange(hosts(s.CIDR), r.Addr) || r.Addr.Zone() != "" {
		if r.SubnetID == "" {
			return notOnNetwork(r.Addr)
		}
		return notOnSubnet(r.Addr)
	}
	if automatic(s) && a.guest && r.Addr != a.mac.EUI64(s.CIDR) {
		return api.Faultf(api.BadRequest, "AllocationOnAutoAddressSubnet", "IPv6 address %s cannot be directly assigned to a "+
			"port on subnet %s as the subnet is configured for automatic addresses", r.Addr, s.ID)
	}
	return a.take(s, r.Addr)
}

func (a *addresses) subnetOf(r FixedIPRequest) (*api.Subnet, error) {
	if len(a.subnets) == 0 {
		return nil, invalid("IP allocation requires subnets for network %s", a.net)
	}
	if r.SubnetID == "" && !r.Addr.IsValid() {
		return nil, invalid("an entry of fixed_ips needs a subnet_id or an ip_address")
	}
	for _, s := range a.subnets {
		if s.ID == r.SubnetID || r.SubnetID == "" && s.CIDR.Contains(r.Addr) {
			return s, nil
		}
	}
	if r.SubnetID == "" {
		return nil, notOnNetwork(r.Addr)
	}
	if _, err := subnet(a.v, r.SubnetID); err != nil {
		return nil, err
	}
	return nil, invalid("fixed_ips included invalid subnet %s: network %s has no such subnet", r.SubnetID, a.net)
}

// again keeps an address that the port has on the subnet, or chooses one.
func (a *addresses) again(s *api.Subnet) error {
	for _, f := range a.have {
		if f.SubnetID == s.ID && !slices.Contains(a.chosen, f) {
			a.chosen = append(a.chosen, f)
			return nil
		}
	}
	if !a.open(s) {
		return a.notOpen(s)
	}
	return a.onSubnet(s)
}

func (a *addresses) onSubnet(s *api.Subnet) error {
	if automatic(s) && a.guest {
		return a.take(s, a.mac.EUI64(s.CIDR))
	}
	if !a.fromPool(s) {
		return noAddress(a.net)
	}
	return nil
}

func (a *addresses) take(s *api.Subnet, addr netip.Addr) error {
	if a.used(s.ID, addr) {
		return addressTaken(addr, s.ID)
	}
	a.chosen = append(a.chosen, api.FixedIP{SubnetID: s.ID, Addr: addr})
	return nil
}

// fromPool takes a free address of the subnet's pools, if there is one.
func (a *addresses) fromPool(s *api.Subnet) bool {
	for _, pool := range s.AllocationPools {
		n, ok := pickSoon(rangeSize(pool), func(n uint64) bool { return a.used(s.ID, plus(pool.Start, n)) })
		addr := plus(pool.Start, n)
		if !ok {
			addr, ok = a.lastFree(s.ID, pool)
		}
		if ok {
			a.chosen = append(a.chosen, api.FixedIP{SubnetID: s.ID, Addr: addr})
			return true
		}
	}
	return false
}

func (a *addresses) used(s api.SubnetID, addr netip.Addr) bool {
	if slices.Contains(a.chosen, api.FixedIP{SubnetID: s, Addr: addr}) {
		return true
	}
	if _, ok := a.v.VTEPByIP(a.net, addr); ok { // a machine behind a VTEP has it
		return true
	}
	p, ok := a.v.PortByAddr(s, addr)
	return ok && p.ID != a.port
}
