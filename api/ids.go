package api

import "fmt"

// Ids are UUIDs in the form that was given out, except HostID, which is the host's name.
type (
	NetworkID      string
	SubnetID       string
	PortID         string
	RouterID       string
	FloatingIPID   string
	HostID         string
	VTEPID         string
	TrunkID        string
	AddressScopeID string
	SubnetPoolID   string
	RBACPolicyID   string
)

// Revision counts committed changes of the whole state; it only grows. Zero is the empty state.
type Revision uint64

// Kind names a type of stored object. It is also the name of its bucket in the store.
type Kind string

// The kinds of object, in the order in which they refer to each other.
const (
	KindHost         Kind = "host"
	KindNetwork      Kind = "network"
	KindSubnet       Kind = "subnet"
	KindRouter       Kind = "router"
	KindPort         Kind = "port"
	KindFloatingIP   Kind = "floatingip"
	KindBinding      Kind = "binding"
	KindSegment      Kind = "segment"
	KindPlacement    Kind = "placement"
	KindQuota        Kind = "quota"
	KindVTEP         Kind = "vtep"
	KindTrunk        Kind = "trunk"
	KindAddressScope Kind = "address_scope"
	KindSubnetPool   Kind = "subnetpool"
	KindFreeBlock    Kind = "freeblock"
	KindRBACPolicy   Kind = "rbac_policy"
)

// Kinds lists every kind.
var Kinds = [...]Kind{
	KindHost, KindNetwork, KindSubnet, KindRouter, KindPort, KindFloatingIP, KindBinding, KindSegment, KindPlacement, KindQuota,
	KindVTEP, KindTrunk, KindAddressScope, KindSubnetPool, KindFreeBlock, KindRBACPolicy,
}

// New gives a new zero object of the kind, to decode into. It panics on a kind that is not in Kinds.
func (k Kind) New() Object {
	switch k {
	case KindHost:
		return &Host{}
	case KindNetwork:
		return &Network{}
	case KindSubnet:
		return &Subnet{}
	case KindRouter:
		return &Router{}
	case KindPort:
		return &Port{}
	case KindFloatingIP:
		return &FloatingIP{}
	case KindBinding:
		return &Binding{}
	case KindSegment:
		return &Segment{}
	case KindPlacement:
		return &Placement{}
	case KindQuota:
		return &Quota{}
	case KindVTEP:
		return &VTEP{}
	case KindTrunk:
		return &Trunk{}
	case KindAddressScope:
		return &AddressScope{}
	case KindSubnetPool:
		return &SubnetPool{}
	case KindFreeBlock:
		return &FreeBlock{}
	case KindRBACPolicy:
		return &RBACPolicy{}
	}
	panic("no such kind: " + string(k))
}

// Ref names one object. It is comparable, so it serves as a key.
type Ref struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
}

// String gives kind/id, as in logs and in explained flow dumps.
func (r Ref) String() string { return fmt.Sprintf("%s/%s", r.Kind, r.ID) }

// Object is anything that a Snapshot stores. Every implementation is a pointer to a struct of this package.
type Object interface {
	Ref() Ref
}
