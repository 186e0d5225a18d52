package intent

import (
	"net/netip"
	"strings"

	"weft/api"
)

func invalid(format string, args ...any) *api.Fault {
	f := api.Faultf(api.BadRequest, "InvalidInput", format, args...)
	f.Message = "Invalid input for operation: " + f.Message + "."
	return f
}

// badRequest is Neutron's "Bad router request: …": the resource and what is wrong.
func badRequest(resource, format string, args ...any) *api.Fault {
	f := api.Faultf(api.BadRequest, "BadRequest", format, args...)
	f.Message = "Bad " + resource + " request: " + f.Message + "."
	return f
}

func readOnly(field string) *api.Fault {
	return api.Faultf(api.BadRequest, "HTTPBadRequest", "Cannot update read-only attribute %s", field)
}

func network(v api.View, id api.NetworkID) (*api.Network, error) {
	if n, ok := v.Network(id); ok {
		return n, nil
	}
	return nil, api.Faultf(api.NotFound, "NetworkNotFound", "Network %s could not be found.", id)
}

func subnet(v api.View, id api.SubnetID) (*api.Subnet, error) {
	if s, ok := v.Subnet(id); ok {
		return s, nil
	}
	return nil, api.Faultf(api.NotFound, "SubnetNotFound", "Subnet %s could not be found.", id)
}

func port(v api.View, id api.PortID) (*api.Port, error) {
	if p, ok := v.Port(id); ok {
		return p, nil
	}
	return nil, api.Faultf(api.NotFound, "PortNotFound", "Port %s could not be found.", id)
}

func router(v api.View, id api.RouterID) (*api.Router, error) {
	if r, ok := v.Router(id); ok {
		return r, nil
	}
	return nil, api.Faultf(api.NotFound, "RouterNotFound", "Router %s could not be found", id)
}

func floatingIP(v api.View, id api.FloatingIPID) (*api.FloatingIP, error) {
	if f, ok := v.FloatingIP(id); ok {
		return f, nil
	}
	return nil, api.Faultf(api.NotFound, "FloatingIPNotFound", "Floating IP %s could not be found", id)
}

func host(v api.View, id api.HostID) (*api.Host, error) {
	if h, ok := v.Host(id); ok {
		return h, nil
	}
	return nil, api.Faultf(api.NotFound, "HostNotFound", "Host %s could not be found. Create it first.", id)
}

func noAddress(n api.NetworkID) *api.Fault {
	return api.Faultf(api.Conflict, "IpAddressGenerationFailure", "No more IP addresses available on network %s.", n)
}

func addressTaken(a netip.Addr, s api.SubnetID) *api.Fault {
	return api.Faultf(api.Conflict, "IpAddressAlreadyAllocated", "IP address %s already allocated in subnet %s", a, s)
}

func notOnNetwork(a netip.Addr) *api.Fault {
	return api.Faultf(api.BadRequest, "InvalidIpForNetwork",
		"IP address %s is not a valid IP for any of the subnets on the specified network.", a)
}

func notOnSubnet(a netip.Addr) *api.Fault {
	return api.Faultf(api.BadRequest, "InvalidIpForSubnet", "IP address %s is not a valid IP for the specified subnet.", a)
}

// hasDevice refuses what only a port without a device may become.
func hasDevice(p *api.Port) *api.Fault {
	return api.Faultf(api.Conflict, "PortInUse", "Unable to complete operation on port %s for network %s. Port already has an "+
		"attached device %s.", p.ID, p.NetworkID, p.DeviceID)
}

// maxListed is how many ids a message names.
const maxListed = 20

// listed joins ids for a message; many more than a person can read are cut.
func listed[T ~string](ids []T, sep string) string {
	var b strings.Builder
	for i, id := range ids {
		if i == maxListed {
			b.WriteString(sep + "…")
			break
		}
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(string(id))
	}
	return b.String()
}
