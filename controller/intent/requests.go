package intent

import (
	"net/netip"
	"time"

	"weft/api"
)

// Ops is the set of operations with what they need from outside.
type Ops struct {
	Now   func() time.Time
	NewID func() string // a random UUID
	MTU   int           // of the physical networks, in bytes; 0 means 1500
	// Quotas are the limits of projects that have none of their own; of a kind that is not in it there may be any number.
	Quotas map[api.Kind]int
	// Domain is what names of guests end with whose port and network have no domain of their own.
	Domain api.Domain
	// VLANs are the VLAN ids that networks get which ask for none. Whoever asks for one may have any.
	VLANs []SegmentRange
}

// SegmentRange is a range of segments, both ends included; of VXLAN it has no physical network.
type SegmentRange struct {
	PhysicalNetwork string
	First, Last     uint32
}

// Opt is an attribute that a request may leave out. Null means that it was given as JSON null.
type Opt[T any] struct {
	Set  bool
	Null bool
	V    T
}

// Some is an attribute that was given.
func Some[T any](v T) Opt[T] { return Opt[T]{Set: true, V: v} }

// Or gives the attribute's value, or def if it was left out or null.
func (o Opt[T]) Or(def T) T {
	if o.Set && !o.Null {
		return o.V
	}
	return def
}

// MetaRequest has the attributes that all objects share.
type MetaRequest struct {
	Name        Opt[string]
	Description Opt[string]
	ProjectID   Opt[string]   // create only
	Tags        Opt[[]string] // create only
}

// NetworkRequest creates or changes a network.
type NetworkRequest struct {
	MetaRequest
	AdminStateUp        Opt[bool]
	Shared              Opt[bool]
	External            Opt[bool]
	MTU                 Opt[int]
	PortSecurityEnabled Opt[bool]
	Type                Opt[api.NetworkType] // create only, as the next two
	PhysicalNetwork     Opt[string]
	SegmentationID      Opt[uint32]
	VLANTransparent     Opt[bool]     // create only
	ZoneHints           Opt[[]string] // create only
	DropUnknown         Opt[bool]
	DNSDomain           Opt[string]
	IsDefault           Opt[bool] // of an external one
}

// AddressScopeRequest creates or changes an address scope.
type AddressScopeRequest struct {
	MetaRequest
	IPVersion int // create only; 4 or 6
	Shared    Opt[bool]
}

// RBACRequest creates an RBAC policy, or gives it another target.
type RBACRequest struct {
	ProjectID  Opt[string] // create only, as the next three
	ObjectKind api.Kind    // KindNetwork, KindSubnetPool or KindAddressScope
	ObjectID   string
	Action     api.RBACAction
	Target     Opt[string] // a project, or api.Everyone
}

// SubnetPoolRequest creates or changes a subnet pool.
type SubnetPoolRequest struct {
	MetaRequest
	Prefixes         Opt[[]netip.Prefix] // required; a change names the old ones too
	MinPrefixLen     Opt[int]
	MaxPrefixLen     Opt[int]
	DefaultPrefixLen Opt[int]
	DefaultQuota     Opt[int]
	AddressScopeID   Opt[api.AddressScopeID]
	IsDefault        Opt[bool]
	Shared           Opt[bool] // create only
}

// SubnetRequest creates or changes a subnet.
type SubnetRequest struct {
	MetaRequest
	NetworkID       api.NetworkID         // create only
	IPVersion       int                   // create only; 0: that of CIDR or of the pool
	CIDR            Opt[netip.Prefix]     // create only
	SubnetPoolID    Opt[api.SubnetPoolID] // create only, as the next two
	PrefixLen       Opt[int]              // without CIDR: how large a part of the pool
	UseDefaultPool  Opt[bool]
	GatewayIP       Opt[netip.Addr] // Null: no gateway
	AllocationPools Opt[[]api.AddrRange]
	EnableDHCP      Opt[bool]
	DNSNameservers  Opt[[]netip.Addr]
	HostRoutes      Opt[[]api.HostRoute]
	IPv6RAMode      Opt[string] // create only, as the next
	IPv6AddressMode Opt[string]
	ServiceTypes    Opt[[]string]
}

// FixedIPRequest asks for an address: on a subnet, or a certain one, or both. The zero value of either is "any".
type FixedIPRequest struct {
	SubnetID api.SubnetID
	Addr     netip.Addr
}

// PortRequest creates or changes a port.
type PortRequest struct {
	MetaRequest
	NetworkID           api.NetworkID // create only
	MAC                 Opt[api.MAC]
	FixedIPs            Opt[[]FixedIPRequest]
	AdminStateUp        Opt[bool]
	DeviceID            Opt[string]
	DeviceOwner         Opt[string]
	PortSecurityEnabled Opt[bool]
	AllowedAddressPairs Opt[[]api.AddressPair] // a zero MAC: the port's own
	ExtraDHCPOpts       Opt[[]DHCPOptionRequest]
	HostID              Opt[api.HostID]
	VNICType            Opt[string]
	Profile             Opt[map[string]any]
	DNSName             Opt[string]
	DNSDomain           Opt[string]
}

// PortBindingRequest creates or changes a binding of a port on a host.
type PortBindingRequest struct {
	HostID   Opt[api.HostID]
	VNICType Opt[string]
	Profile  Opt[map[string]any]
}

// GatewayRequest is external_gateway_info.
type GatewayRequest struct {
	NetworkID  api.NetworkID
	EnableSNAT Opt[bool]
	FixedIPs   Opt[[]FixedIPRequest]
}

// RouterRequest creates or changes a router. A Null Gateway clears it.
type RouterRequest struct {
	MetaRequest
	AdminStateUp Opt[bool]
	Gateway      Opt[GatewayRequest]
	Routes       Opt[[]api.HostRoute] // change only
	Legs         Opt[[]LegRequest]    // all that the router is to have
	ZoneHints    Opt[[]string]        // create only
}

// LegRequest asks for a leg on a subnet: with an address, or with the subnet's gateway address.
type LegRequest struct {
	SubnetID api.SubnetID
	Addr     netip.Addr
}

// InterfaceRequest is the body of add_router_interface and remove_router_interface.
type InterfaceRequest struct {
	SubnetID api.SubnetID
	PortID   api.PortID
}

// InterfaceAnswer is what both answer with.
type InterfaceAnswer struct {
	RouterID  api.RouterID
	ProjectID string
	NetworkID api.NetworkID
	PortID    api.PortID
	SubnetIDs []api.SubnetID
}

// FloatingIPRequest creates or changes a floating IP. A Null PortID dissociates; an unset one changes nothing.
type FloatingIPRequest struct {
	MetaRequest
	NetworkID api.NetworkID     // create only
	SubnetID  Opt[api.SubnetID] // create only
	Addr      Opt[netip.Addr]   // create only
	PortID    Opt[api.PortID]
	FixedIP   Opt[netip.Addr]
	DNSName   Opt[string] // create only, as the next; both or neither
	DNSDomain Opt[string]
}

// VTEPRequest creates or changes a VTEP.
type VTEPRequest struct {
	MetaRequest
	NetworkID  api.NetworkID   // create only
	Addr       Opt[netip.Addr] // required
	Entries    Opt[[]api.VTEPEntry]
	Learning   Opt[bool]
	LearnLimit Opt[uint32]
	LearnAge   Opt[uint16] // seconds, as the next
	LearnIdle  Opt[uint16]
	Flood      Opt[api.FloodPolicy]
}

// TrunkRequest creates or changes a trunk.
type TrunkRequest struct {
	MetaRequest
	PortID       api.PortID // create only
	AdminStateUp Opt[bool]
	SubPorts     Opt[[]api.SubPort] // create only
}

// HostRequest creates a host, or changes its name's description.
type HostRequest struct {
	Name        api.HostID
	Description Opt[string]
	JoinHash    string
	// TakesGuests and TakesGateways say what may come to the host; both are true unless set.
	TakesGuests   Opt[bool]
	TakesGateways Opt[bool]
}
