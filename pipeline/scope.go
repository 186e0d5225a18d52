package pipeline

import "weft/api"

// ScopeOfPort is the address scope of a port's first IPv4 address; "" if that is in none. It also gives the address's subnet,
// nil if there is none.
func (s *Site) ScopeOfPort(p *api.Port, six bool) (api.AddressScopeID, *api.Subnet) {
	for _, f := range p.FixedIPs {
		if sub, ok := s.Subnet(f.SubnetID); ok && f.Addr.Is6() == six {
			return s.ScopeOf(sub), sub
		}
	}
	return "", nil
}
