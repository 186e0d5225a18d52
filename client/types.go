package client

// The structs hold the attributes that programs mostly use, with Neutron's names, for requests and answers alike: a zero
// attribute is left out of a request, so what must be set to false, empty or null goes through the calls over Objects.

// Network is a layer-2 network.
type Network struct {
	ID              string   `json:"id,omitempty"`
	Name            string   `json:"name,omitempty"`
	Description     string   `json:"description,omitempty"`
	ProjectID       string   `json:"project_id,omitempty"`
	AdminStateUp    *bool    `json:"admin_state_up,omitempty"`
	Shared          bool     `json:"shared,omitempty"`
	External        bool     `json:"router:external,omitempty"`
	Type            string   `json:"provider:network_type,omitempty"`
	PhysicalNetwork string   `json:"provider:physical_network,omitempty"`
	SegmentationID  uint32   `json:"provider:segmentation_id,omitempty"`
	MTU             int      `json:"mtu,omitempty"`
	Status          string   `json:"status,omitempty"`  // answers only
	Subnets         []string `json:"subnets,omitempty"` // answers only
}

// AddressRange is a run of addresses, both ends included.
type AddressRange struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// Route is a destination and the next hop to it.
type Route struct {
	Destination string `json:"destination"`
	NextHop     string `json:"nexthop"`
}

// Subnet is a range of addresses on a network.
type Subnet struct {
	ID              string         `json:"id,omitempty"`
	Name            string         `json:"name,omitempty"`
	Description     string         `json:"description,omitempty"`
	ProjectID       string         `json:"project_id,omitempty"`
	NetworkID       string         `json:"network_id,omitempty"`
	IPVersion       int            `json:"ip_version,omitempty"`
	CIDR            string         `json:"cidr,omitempty"`
	GatewayIP       string         `json:"gateway_ip,omitempty"`
	AllocationPools []AddressRange `json:"allocation_pools,omitempty"`
	EnableDHCP      *bool          `json:"enable_dhcp,omitempty"`
	DNSNameservers  []string       `json:"dns_nameservers,omitempty"`
	HostRoutes      []Route        `json:"host_routes,omitempty"`
	IPv6RAMode      string         `json:"ipv6_ra_mode,omitempty"`
	IPv6AddressMode string         `json:"ipv6_address_mode,omitempty"`
}

// FixedIP is an address of a port. Either half of a request may be left to the controller.
type FixedIP struct {
	SubnetID  string `json:"subnet_id,omitempty"`
	IPAddress string `json:"ip_address,omitempty"`
}

// AddressPair is an address that a port may send from beside its own.
type AddressPair struct {
	IPAddress  string `json:"ip_address"`
	MACAddress string `json:"mac_address,omitempty"`
}

// DHCPOption is a DHCP option of a port's own.
type DHCPOption struct {
	Name      string `json:"opt_name"`
	Value     string `json:"opt_value"`
	IPVersion int    `json:"ip_version,omitempty"` // 0: 4
}

// Port is a connection point on a network.
type Port struct {
	ID                  string        `json:"id,omitempty"`
	Name                string        `json:"name,omitempty"`
	Description         string        `json:"description,omitempty"`
	ProjectID           string        `json:"project_id,omitempty"`
	NetworkID           string        `json:"network_id,omitempty"`
	MACAddress          string        `json:"mac_address,omitempty"`
	FixedIPs            []FixedIP     `json:"fixed_ips,omitempty"`
	AdminStateUp        *bool         `json:"admin_state_up,omitempty"`
	DeviceID            string        `json:"device_id,omitempty"`
	DeviceOwner         string        `json:"device_owner,omitempty"`
	PortSecurityEnabled *bool         `json:"port_security_enabled,omitempty"`
	AllowedAddressPairs []AddressPair `json:"allowed_address_pairs,omitempty"`
	ExtraDHCPOpts       []DHCPOption  `json:"extra_dhcp_opts,omitempty"`
	HostID              string        `json:"binding:host_id,omitempty"`
	VIFType             string        `json:"binding:vif_type,omitempty"` // answers only
	Status              string        `json:"status,omitempty"`           // answers only
}

// Gateway is a router's connection to an external network.
type Gateway struct {
	NetworkID        string    `json:"network_id"`
	EnableSNAT       *bool     `json:"enable_snat,omitempty"`
	ExternalFixedIPs []FixedIP `json:"external_fixed_ips,omitempty"`
}

// Router is a distributed router.
type Router struct {
	ID           string   `json:"id,omitempty"`
	Name         string   `json:"name,omitempty"`
	Description  string   `json:"description,omitempty"`
	ProjectID    string   `json:"project_id,omitempty"`
	AdminStateUp *bool    `json:"admin_state_up,omitempty"`
	Gateway      *Gateway `json:"external_gateway_info,omitempty"`
	Routes       []Route  `json:"routes,omitempty"`
	Status       string   `json:"status,omitempty"`            // answers only
	GatewayHost  string   `json:"weft:gateway_host,omitempty"` // answers only; "": none
	Problem      string   `json:"weft:problem,omitempty"`      // answers only
}

// FloatingIP is an external address that stands for a port's.
type FloatingIP struct {
	ID                string `json:"id,omitempty"`
	Description       string `json:"description,omitempty"`
	ProjectID         string `json:"project_id,omitempty"`
	FloatingNetworkID string `json:"floating_network_id,omitempty"`
	FloatingIPAddress string `json:"floating_ip_address,omitempty"`
	PortID            string `json:"port_id,omitempty"`
	FixedIPAddress    string `json:"fixed_ip_address,omitempty"`
	RouterID          string `json:"router_id,omitempty"` // answers only
	Status            string `json:"status,omitempty"`    // answers only
}

// Host is a hypervisor.
type Host struct {
	Name           string            `json:"name,omitempty"`
	Description    string            `json:"description,omitempty"`
	JoinToken      string            `json:"join_token,omitempty"` // in the answer to Create only
	MACAddress     string            `json:"mac_address,omitempty"`
	TunnelIP       string            `json:"tunnel_ip,omitempty"`
	BridgeMappings map[string]string `json:"bridge_mappings,omitempty"`
}
