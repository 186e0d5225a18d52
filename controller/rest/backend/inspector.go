package backend

import (
	"context"
	"net/netip"
	"time"

	"weft/api"
	"weft/controller/trace"
	"weft/plan"
)

// Inspector looks into hosts for the people who run them. Errors are *api.Fault where the host is at fault (unknown,
// not connected).
type Inspector interface {
	// Host tells how a host is. It must not block.
	Host(api.HostID) HostState
	// Plan is what the host should hold.
	Plan(context.Context, api.HostID) (HostPlan, error)
	// Flows are what a host's switches hold now, read over OpenFlow.
	Flows(context.Context, api.HostID, FlowQuery) ([]Flow, error)
	// Tunnels tries the tunnels between hosts with real packets.
	Tunnels(context.Context, TunnelQuery) ([]TunnelCheck, error)
	// Trace walks the way of a packet that is not sent.
	Trace(context.Context, trace.Query) (trace.Result, error)
	// Diff is what separates the two.
	Diff(context.Context, api.HostID) (HostDiff, error)
}

// HostState is how the controller sees a host.
type HostState struct {
	Alive     bool      // its agent was heard within the last seconds
	LastSeen  time.Time // zero: never
	Problem   string    // "" = none
	Agent     string    // version
	OVS       string    // version
	Wanted    api.Revision
	Confirmed api.Revision // all that this revision wants of the host is there
	// Repaired says what was last put right of weft's own that somebody else had changed, "" if nothing was since the
	// controller's start, and RepairedAt when.
	Repaired   string
	RepairedAt time.Time
}

// FlowQuery selects flows. The zero value of Bridge is every bridge.
type FlowQuery struct {
	Bridge string
	Table  *uint8 // nil: every table
}

// Flow is a flow entry in words.
type Flow struct {
	Bridge    string   `json:"bridge"`
	Table     uint8    `json:"table"`
	TableName string   `json:"table_name"`
	Priority  uint16   `json:"priority"`
	Match     string   `json:"match"`
	Actions   string   `json:"actions"`
	Cookie    string   `json:"cookie"` // 0x…
	Text      string   `json:"text"`   // the line as ovs-ofctl prints it, without statistics
	Packets   uint64   `json:"packets"`
	Bytes     uint64   `json:"bytes"`
	Subject   *Subject `json:"subject"` // nil: not weft's
}

// Subject is a logical object that something on a host serves.
type Subject struct {
	Kind api.Kind `json:"kind"`
	ID   string   `json:"id"`
	Name string   `json:"name"`
}

// HostPlan is all that a host should hold.
type HostPlan struct {
	Revision api.Revision `json:"revision"`
	Flows    []Flow       `json:"flows"`
	Items    []plan.Item  `json:"items"`
}

// HostDiff is what a host lacks and what it has too many. Both sides empty means that it is as it should be.
type HostDiff struct {
	Revision     api.Revision     `json:"revision"`
	MissingFlows []Flow           `json:"missing_flows"`
	ExtraFlows   []Flow           `json:"extra_flows"`
	ItemErrors   []plan.ItemError `json:"item_errors"`
}

// TunnelQuery selects tunnels by the hosts at their ends; "" is every host.
type TunnelQuery struct{ From, To api.HostID }

// TunnelCheck is what packets between two hosts showed. Both ways are checked on their own.
type TunnelCheck struct {
	From    api.HostID `json:"from"`
	To      api.HostID `json:"to"`
	FromIP  netip.Addr `json:"from_ip"`
	ToIP    netip.Addr `json:"to_ip"`
	Small   bool       `json:"small"`   // a small packet passed
	Full    bool       `json:"full"`    // one of Size bytes passed too
	Size    int        `json:"size"`    // bytes on the underlay, unfragmented
	Problem string     `json:"problem"` // why not; "" if all is well
}
