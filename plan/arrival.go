package plan

import "weft/api"

// Arrival asks the agent to say when the guest of a port arrives: at the first frame from OFPort of br-int that a flow
// sends to AgentController.
type Arrival struct {
	PortID api.PortID `json:"port_id"`
	OFPort uint32     `json:"ofport"`
	// Changed is the revision at which the port's binding on the host became what it is. The agent repeats it, so that old
	// news are known as such.
	Changed api.Revision `json:"changed"`
	// Left means that the guest was here and has left: frames that still come in the first moments are old.
	Left bool `json:"left,omitempty"`
}

// Key implements Spec. The bridge is the same for all: br-int.
func (a Arrival) Key() Key { return Key{KindArrival, "br-int", string(a.PortID)} }

// Arrived says that the guest of a port has sent a frame from the host.
type Arrived struct {
	PortID  api.PortID   `json:"port_id"`
	Changed api.Revision `json:"changed"` // as the plan's item has it
}
