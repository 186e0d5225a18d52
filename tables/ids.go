package tables

// ID is an OpenFlow table id.
type ID uint8

// Class is a kind of bridge; each class has its own set of tables.
type Class string

// The classes of bridge.
const (
	Int  Class = "br-int"
	Tun  Class = "br-tun"
	Phys Class = "br-phys" // any provider bridge, whatever its name
)

// Names of the bridges that weft makes itself, and of the patch and tunnel ports on them.
const (
	BridgeInt = "br-int"
	BridgeTun = "br-tun"

	PatchTun  = "patch-tun" // on br-int, peer PatchInt
	PatchInt  = "patch-int" // on br-tun
	VXLANPort = "vxlan"     // on br-tun, the one flow-based tunnel port
)

// ProbeVNI is the VNI of packets with which the controller tries the tunnels; no network has it.
const ProbeVNI uint32 = 1<<24 - 1

// ClassOf gives the class of a bridge by its name.
func ClassOf(bridge string) Class {
	switch bridge {
	case BridgeInt:
		return Int
	case BridgeTun:
		return Tun
	}
	return Phys
}

// IntPatch and PhysPatch name the two ends of the patch between br-int and a provider bridge (Neutron's names, cut to
// Linux's 15 characters).
func IntPatch(bridge string) string  { return cut("int-" + bridge) }
func PhysPatch(bridge string) string { return cut("phy-" + bridge) }

func cut(s string) string {
	if len(s) > 15 {
		return s[:15]
	}
	return s
}

// Tables of br-int.
const (
	LocalSwitching        ID = 0
	DVRToSrcMAC           ID = 1
	DVRToSrcMACPhysical   ID = 2
	ARPDVRMACToDstMAC     ID = 3
	ARPDVRMACToDstMACPhys ID = 4
	Canary                ID = 23
	ARPSpoof              ID = 24
	MACSpoof              ID = 25
	Arrival               ID = 26
	Transient             ID = 60
	Arrived               ID = 61
	DHCPv4                ID = 77
	DHCPv6                ID = 78
	RouterSolicit         ID = 79
)

// Tables of br-tun.
const (
	TunClassify  ID = 0
	DVRProcess   ID = 1
	LVToTun      ID = 2
	VXLANToLV    ID = 4
	DVRNotLearn  ID = 9
	Learn        ID = 10
	UcastToTun   ID = 20
	ARPResponder ID = 21
	FloodToTun   ID = 22
	NDResponder  ID = 23
	FloodToVTEP  ID = 24
	FloodToPart  ID = 25
)

// Tables of a provider bridge.
const (
	PhysClassify       ID = 0
	PhysDVRProcess     ID = 1
	LocalVLANTranslate ID = 2
	PhysDVRNotLearn    ID = 3
)
