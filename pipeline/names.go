package pipeline

import (
	"hash/fnv"

	"weft/api"
)

// Names of namespaces and devices are Neutron's, so operators find what they know.

// RouterNS names the network namespace of a router.
func RouterNS(r api.RouterID) string { return "qrouter-" + string(r) }

// FloatingNS names the network namespace of an external network, where its floating IPs arrive.
func FloatingNS(n api.NetworkID) string { return "fip-" + string(n) }

// CentralNS names the network namespace that a router has on its gateway host, which guests without a floating IP leave by.
func CentralNS(r api.RouterID) string { return "snat-" + string(r) }

// The devices: Device(prefix, id) is such a name.
const (
	LegDevice         = "qr-"  // a router's leg, in its namespace
	LegPeer           = "tqr-" // the other end, on br-int
	GatewayDevice     = "fg-"  // a host's leg on an external network, in the fip- namespace
	GatewayPeer       = "tfg-" // the other end, on br-int
	RouterToFloating  = "rfp-" // from a router's namespace to the fip- namespace
	FloatingToRouter  = "fpr-" // and back
	CentralDevice     = "sg-"  // a router's leg on its gateway host, in the snat- namespace
	CentralPeer       = "tsg-" // the other end, on br-int
	ExternalDevice    = "qg-"  // a router's leg on its external network, in the snat- namespace
	ExternalPeer      = "tqg-" // the other end, on br-int
	deviceNameLetters = 14     // Neutron's limit, one less than Linux's
)

// Device names a device by prefix and the id of what it belongs to, cut as Neutron does.
func Device[T ~string](prefix string, id T) string {
	name := prefix + string(id)
	if len(name) > deviceNameLetters {
		return name[:deviceNameLetters]
	}
	return name
}

// StableMAC derives a locally administered unicast MAC from a name: the same on each run.
func StableMAC(name string) api.MAC {
	m := api.MACFromUint64(hash(name))
	m[0] = 0x02
	return m
}

// DatapathID gives a bridge of a host its datapath id: 0x7766 and 48 bits of hash, the same on each run.
func DatapathID(h api.HostID, bridge string) uint64 {
	const mark, low = 0x7766 << 48, 1<<48 - 1
	return mark | hash(string(h)+"\x00"+bridge)&low
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum64()
}
