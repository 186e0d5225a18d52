package intent

import (
	"net/netip"

	"weft/api"
)

// ReportedHost is what an agent says of its host: the whole truth as it sees it, not a change.
type ReportedHost struct {
	TunnelIP       netip.Addr
	BridgeMappings map[string]string
	NetdevDatapath bool
	Bridges        []api.BridgeState
	Interfaces     []ReportedInterface
}

// ReportedInterface is an OVS interface on br-int with external_ids:iface-id. OFPort is 0 while the switch has given it
// no number.
type ReportedInterface struct {
	PortID api.PortID
	Name   string
	OFPort uint32
}
