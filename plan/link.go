package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"time"

	"weft/api"
)

// The agent link is HTTP/2 with JSON lines under mutual TLS; the host in the certificate must be {host}.
//
//	GET /v1/hosts/{host}/plan          a stream of Message, first a snapshot, then deltas
//	PUT /v1/hosts/{host}/report        a Report; 204
//	POST /v1/hosts/{host}/answer       an Answer to a Question of the stream; 204
//	POST /v1/join                      a JoinRequest (no client certificate yet); a JoinAnswer

// Question asks an agent how the underlay leads from its tunnel address to another host's; or, with Switch or Way, what
// becomes of a packet on its host; or, with Interface, how an interface is there.
type Question struct {
	ID   uint64     `json:"id"`
	To   netip.Addr `json:"to,omitzero"`
	Size int        `json:"size,omitempty"` // bytes of the largest packet to try

	Switch *SwitchQuestion `json:"switch,omitempty"`
	Way    *WayQuestion    `json:"way,omitempty"`

	Interface *InterfaceQuestion `json:"interface,omitempty"`
}

// SwitchQuestion asks what a bridge would do with a packet, which is not sent.
type SwitchQuestion struct {
	Bridge string `json:"bridge"`
	Flow   string `json:"flow"` // the packet, as ovs-appctl ofproto/trace takes it
}

// WayQuestion asks where the kernel would lead a packet that comes into a namespace.
type WayQuestion struct {
	NS   string     `json:"ns"`
	Dev  string     `json:"dev"` // by which it comes
	From netip.Addr `json:"from"`
	To   netip.Addr `json:"to"`
}

// Way is where the kernel leads a packet.
type Way struct {
	Local bool       `json:"local,omitempty"` // it is for the namespace itself
	Dev   string     `json:"dev,omitempty"`
	Via   netip.Addr `json:"via,omitzero"` // the zero Addr: the destination is on the link
	Table int        `json:"table,omitempty"`
	// Foreign are iptables' rules in the namespace that are not weft's, a few of them; they may drop or change the packet.
	Foreign []string `json:"foreign,omitempty"`
}

// Answer is what an agent found out. Route is the device that leads there, "" with the reason in Error.
type Answer struct {
	ID     uint64 `json:"id"`
	Route  string `json:"route"`
	MTU    int    `json:"mtu"`    // what the kernel takes for the path's MTU after the attempt; 0: not known
	Echo   bool   `json:"echo"`   // a small ICMP echo request was answered
	Large  bool   `json:"large"`  // so was one of Size bytes that may not be fragmented
	Reason string `json:"reason"` // of a router or of the kernel, why not
	Error  string `json:"error"`

	Trace string `json:"trace,omitempty"` // to a Switch question: what ovs-vswitchd printed
	Way   *Way   `json:"way,omitempty"`   // to a Way question; nil with the reason in Error

	Interface *InterfaceState `json:"interface,omitempty"` // to an Interface question; nil with the reason in Error
}

// Message is one line of the plan stream.
type Message struct {
	// Type is "snapshot" (Put and PutFlows are everything), "delta", "question" (to be answered by POST), or "ping"
	// (nothing but a sign of life, every 5 s).
	Type     string       `json:"type"`
	Revision api.Revision `json:"revision"`
	Put      []Item       `json:"put,omitempty"`
	Drop     []Key        `json:"drop,omitempty"`
	// PutFlows and DropFlows are the same for flows. The controller brings flows to switches itself: an agent keeps them,
	// and gives them to a switch that has lost them.
	PutFlows  []Flow    `json:"put_flows,omitempty"`
	DropFlows []FlowKey `json:"drop_flows,omitempty"`

	Question *Question `json:"question,omitempty"`
}

// Report is what an agent tells the controller: after each change that it sees or makes, and every 10 s.
type Report struct {
	// Revision is the last one whose items were tried; Errors are the items that do not hold, and why.
	Revision api.Revision `json:"revision"`
	Errors   []ItemError  `json:"errors,omitempty"`

	TunnelIP       netip.Addr        `json:"tunnel_ip"`
	TunnelMTU      int               `json:"tunnel_mtu,omitempty"` // bytes; 0: no device has the address now
	BridgeMappings map[string]string `json:"bridge_mappings,omitempty"`
	BridgeUplinks  map[string]string `json:"bridge_uplinks,omitempty"` // of mapped bridges to be made: bridge → device
	NetdevDatapath bool              `json:"netdev_datapath,omitempty"`
	Bridges        []api.BridgeState `json:"bridges,omitempty"`
	Interfaces     []Interface       `json:"interfaces,omitempty"`
	Arrivals       []Arrived         `json:"arrivals,omitempty"`
	// Problem says why the agent cannot see or change the host now ("" = it can): OVSDB away, not root … While it is set,
	// Bridges and Interfaces mean nothing and the controller keeps what it knew.
	Problem string `json:"problem,omitempty"`
	// Restored is when the agent last gave flows to a switch that had lost them: what the switch holds is then as old as
	// the agent's copy. The zero time: not since the agent's start.
	Restored time.Time `json:"restored,omitzero"`

	// Mended is what of weft's own somebody else had changed on the host and the agent put right last; nil: nothing since its
	// start.
	Mended *Mended `json:"mended,omitempty"`

	Version string `json:"version,omitempty"` // of the agent
	OVS     string `json:"ovs,omitempty"`     // of Open vSwitch
}

// Mended is what was put right.
type Mended struct {
	What string    `json:"what"` // the first item, and how many more
	At   time.Time `json:"at"`
}

// ItemError is an item that could not be made or removed.
type ItemError struct {
	Key     Key     `json:"key"`
	Subject api.Ref `json:"subject"` // the Item's Subject; for an item that only awaits removal, the one it had
	Error   string  `json:"error"`
}

// Interface is an OVS interface with external_ids:iface-id, on br-int.
type Interface struct {
	IfaceID api.PortID `json:"iface_id"`
	Name    string     `json:"name"`
	OFPort  uint32     `json:"ofport"` // 0: none yet, or −1 in OVSDB
	// AttachedMAC is what the hypervisor says of the guest's card (external_ids:attached-mac), "" if it says nothing.
	AttachedMAC string `json:"attached_mac,omitempty"`
	Error       string `json:"error,omitempty"`
}

// JoinRequest asks for a certificate with a one-time secret from "weft host create".
type JoinRequest struct {
	Host   api.HostID `json:"host"`
	Secret string     `json:"secret"`
	CSR    string     `json:"csr"` // PEM
}

// RenewRequest asks for a new certificate in the name of the one that it comes with.
type RenewRequest struct {
	CSR string `json:"csr"` // PEM
}

// JoinAnswer is the agent's certificate and the authority that signs those of the controller, both PEM.
type JoinAnswer struct {
	Certificate string `json:"certificate"`
	CA          string `json:"ca"`
}

var specs = map[Kind]reflect.Type{
	KindBridge: reflect.TypeFor[Bridge](), KindTableName: reflect.TypeFor[TableName](),
	KindController: reflect.TypeFor[Controller](), KindPatchPort: reflect.TypeFor[PatchPort](),
	KindTunnelPort: reflect.TypeFor[TunnelPort](), KindNamespace: reflect.TypeFor[Namespace](),
	KindSysctl: reflect.TypeFor[Sysctl](), KindVeth: reflect.TypeFor[Veth](),
	KindDevSysctl: reflect.TypeFor[DevSysctl](), KindOVSPort: reflect.TypeFor[OVSPort](),
	KindAddress: reflect.TypeFor[Address](), KindNeighbour: reflect.TypeFor[Neighbour](),
	KindRoute: reflect.TypeFor[Route](), KindNAT: reflect.TypeFor[NAT](), KindRule: reflect.TypeFor[Rule](),
	KindTracked: reflect.TypeFor[Tracked](), KindAnnounce: reflect.TypeFor[Announce](),
	KindDHCP: reflect.TypeFor[DHCP](), KindDHCP6: reflect.TypeFor[DHCP6](), KindRA: reflect.TypeFor[RA](),
	KindArrival: reflect.TypeFor[Arrival](),
}

// Unknown is an item of a kind that this program does not know: the controller is newer. It cannot be applied, only named.
type Unknown struct {
	Name Key
	Spec string // as it came
}

// Key implements Spec.
func (u Unknown) Key() Key { return u.Name }

// MarshalJSON gives the item as it came.
func (u Unknown) MarshalJSON() ([]byte, error) { return []byte(u.Spec), nil }

type wireItem struct {
	Key
	Spec    json.RawMessage `json:"spec"`
	Subject api.Ref         `json:"subject"`
}

// MarshalJSON writes {"kind": …, "ns": …, "id": …, "spec": {…}, "subject": {…}}.
func (i Item) MarshalJSON() ([]byte, error) {
	spec, err := json.Marshal(i.Spec)
	if err != nil {
		return nil, err
	}
	return json.Marshal(wireItem{i.Key(), spec, i.Subject})
}

// UnmarshalJSON reads what MarshalJSON wrote. An item of an unknown kind becomes Unknown, so that one new kind does not
// keep all others from an older agent.
func (i *Item) UnmarshalJSON(b []byte) error {
	var w wireItem
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	i.Subject = w.Subject
	t, ok := specs[w.Kind]
	if !ok {
		if w.Kind == "" {
			return errors.New("plan item without a kind")
		}
		i.Spec = Unknown{w.Key, string(w.Spec)}
		return nil
	}
	v := reflect.New(t)
	if err := json.Unmarshal(w.Spec, v.Interface()); err != nil {
		return fmt.Errorf("plan item of kind %s: %w", w.Kind, err)
	}
	i.Spec = v.Elem().Interface().(Spec)
	return nil
}
