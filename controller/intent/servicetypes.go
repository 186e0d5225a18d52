package intent

import (
	"slices"
	"strings"

	"weft/api"
)

// maxServiceTypes of a subnet.
const maxServiceTypes = 32

// setServiceTypes takes over the device owners that a subnet is for, each once. They are like "network:floatingip".
func setServiceTypes(s *api.Subnet, asked Opt[[]string]) error {
	if !asked.Set {
		return nil
	}
	s.ServiceTypes = nil
	for _, t := range asked.Or(nil) {
		if err := checkText("service_types", t); err != nil {
			return err
		}
		if kind, _, ok := strings.Cut(t, ":"); !ok || kind == "" {
			return api.Faultf(api.BadRequest, "InvalidSubnetServiceType", "Invalid input for operation: Subnet service type %s "+
				"does not correspond to a valid device owner.", t)
		}
		if !slices.Contains(s.ServiceTypes, t) {
			s.ServiceTypes = append(s.ServiceTypes, t)
		}
	}
	if n := len(s.ServiceTypes); n > maxServiceTypes {
		return invalid("service_types has %d entries, the maximum is %d", n, maxServiceTypes)
	}
	return nil
}

// forAll is 1 for a subnet whose addresses are for every owner, and 0 for one that goes first, since it is for some.
func forAll(s *api.Subnet) int {
	if len(s.ServiceTypes) == 0 {
		return 1
	}
	return 0
}

// open reports whether the port may get an address of a subnet. Routers' legs may on each: somebody chose the subnet.
func (a *addresses) open(s *api.Subnet) bool {
	switch a.owner {
	case api.OwnerRouterInterface, api.OwnerCentralSNAT:
		return true
	case "network:dhcp": // Neutron's rule
		if s.EnableDHCP {
			return true
		}
	}
	return len(s.ServiceTypes) == 0 || slices.Contains(s.ServiceTypes, a.owner)
}

func (a *addresses) notOpen(s *api.Subnet) error {
	return invalid("Failed to create port on network %s, because fixed_ips included invalid subnet %s: its addresses are for "+
		"ports with device_owner %s", a.net, s.ID, strings.Join(s.ServiceTypes, " or "))
}

func noServiceSubnet(n api.NetworkID, owner string) error {
	return api.Faultf(api.Conflict, "IpAddressGenerationFailureNoMatchingSubnet", "No valid service subnet for the given device "+
		"owner, network %s, service type %s.", n, owner)
}
