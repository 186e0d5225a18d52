package trace

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"weft/api"
	"weft/plan"
)

// Query is a packet: who sends it, to whom, and what it is. Zero values are found as the sender would find them.
type Query struct {
	From    api.PortID    // the guest's port that sends it
	Outside api.NetworkID // or, with From "", an external network from whose wire it comes

	To        netip.Addr
	ToMAC     api.MAC // instead of the MAC that the sender would learn
	Source    netip.Addr
	SourceMAC api.MAC

	Proto string // icmp (also of IPv6), tcp or udp; "": icmp
	Port  uint16 // of tcp and udp, the destination's
}

// World is what a walk asks beside its snapshot.
type World interface {
	// Plan is what a host should hold.
	Plan(api.HostID) (plan.Plan, error)
	// Switch is what a host's ovs-vswitchd says that it would do with a packet.
	Switch(context.Context, api.HostID, plan.SwitchQuestion) (string, error)
	// Way is where the kernel of a host would lead a packet. An error of type NoWay is the kernel's own.
	Way(context.Context, api.HostID, plan.WayQuestion) (plan.Way, error)
	// Interface is how an interface of br-int is on a host.
	Interface(context.Context, api.HostID, plan.InterfaceQuestion) (plan.InterfaceState, error)
	// Tunnel sends packets through a tunnel and says what is wrong with it, "" if nothing. broken: nothing passes.
	Tunnel(ctx context.Context, from, to api.HostID) (problem string, broken bool)
	// Doubt says why a host may not be as it should be, "" if it is.
	Doubt(api.HostID) string
	// Name is what people call an object, "" if it has no name.
	Name(api.Ref) string
}

// NoWay is the reason of a kernel that leads a packet nowhere.
type NoWay string

// Error implements error.
func (n NoWay) Error() string { return string(n) }

// The verdicts.
const (
	Delivered = "delivered" // it arrives at whom it is for
	Left      = "left"      // it leaves what weft knows, on its right way
	Dropped   = "dropped"
	Unknown   = "unknown" // somebody on the way could not be asked
)

// Subject is the logical object that decided a step.
type Subject struct {
	Kind api.Kind `json:"kind"`
	ID   string   `json:"id"`
	Name string   `json:"name"`
}

// Step is one decision.
type Step struct {
	Host  api.HostID `json:"host"`
	Place string     `json:"place"` // a bridge, a namespace, or "underlay"
	// Table and TableName are set on bridges, and Rule is the match of the flow there, "" if none matched.
	Table     *uint8   `json:"table"`
	TableName string   `json:"table_name"`
	Rule      string   `json:"rule"`
	Does      string   `json:"does"`
	Subject   *Subject `json:"subject"` // nil: nobody in particular
}

// Result is a packet's way and its end.
type Result struct {
	Packet  string     `json:"packet"`
	Steps   []Step     `json:"steps"`
	Verdict string     `json:"verdict"`
	Host    api.HostID `json:"host"`  // where it ended, "" before any
	Place   string     `json:"place"` // there
	Why     string     `json:"why"`
	Hint    string     `json:"hint"` // what to do next; may be ""
	// Doubts are why hosts on the way may not be as they should be, and what else was seen there that may be the fault.
	Doubts []string `json:"doubts"`
}

// maxPlaces bounds a walk: longer ones go in circles.
const maxPlaces = 64

// walk is a walk under way.
type walk struct {
	ctx   context.Context
	at    *api.Snapshot
	world World
	q     Query
	plans map[api.HostID]plan.Plan
	hosts []api.HostID // seen, in order
	pkt   packet
	res   Result
	ended bool
	notes []string // what may keep the packet from its way, or its answer
}

// place is where a packet is: it comes into a bridge by a port, or into a namespace by a device.
type place struct {
	host    api.HostID
	bridge  string
	port    uint32
	tunnel  *tunnel // by which it came
	ns, dev string
}

type tunnel struct {
	from netip.Addr
	vni  uint32
}

// Run walks. Errors are *api.Fault where the query is at fault.
func Run(ctx context.Context, at *api.Snapshot, w World, q Query) (Result, error) {
	k := &walk{ctx: ctx, at: at, world: w, q: q, plans: map[api.HostID]plan.Plan{}}
	p, err := k.start()
	if err != nil {
		return Result{}, err
	}
	k.res.Packet = k.pkt.String()
	for range maxPlaces {
		if k.ended {
			break
		}
		k.meet(p.host)
		if p.ns != "" {
			p, err = k.route(p)
		} else {
			p, err = k.forward(p)
		}
		if err != nil {
			return Result{}, err
		}
	}
	if !k.ended {
		k.end(Dropped, p.host, p.bridge+p.ns, "it goes in circles: its time to live ends here", "look at the routes of the routers above")
	}
	k.res.Doubts = append([]string{}, k.notes...)
	for _, h := range k.hosts {
		if d := w.Doubt(h); d != "" {
			k.res.Doubts = append(k.res.Doubts, fmt.Sprintf("%s: %s", h, d))
		}
	}
	return k.res, ctx.Err()
}

// meet remembers the hosts on the way.
func (k *walk) meet(h api.HostID) {
	if !slices.Contains(k.hosts, h) {
		k.hosts = append(k.hosts, h)
	}
}

// note remembers what was seen on a host, once.
func (k *walk) note(host api.HostID, format string, args ...any) {
	if n := fmt.Sprintf("%s: %s", host, fmt.Sprintf(format, args...)); !slices.Contains(k.notes, n) {
		k.notes = append(k.notes, n)
	}
}

// end ends the walk.
func (k *walk) end(verdict string, host api.HostID, where, why, hint string) place {
	k.ended = true
	k.res.Verdict, k.res.Host, k.res.Place, k.res.Why, k.res.Hint = verdict, host, where, why, hint
	return place{host: host}
}

// step adds a decision.
func (k *walk) step(s Step) { k.res.Steps = append(k.res.Steps, s) }

// plan gives a host's plan.
func (k *walk) plan(h api.HostID) (plan.Plan, error) {
	if p, ok := k.plans[h]; ok {
		return p, nil
	}
	p, err := k.world.Plan(h)
	if err == nil {
		k.plans[h] = p
	}
	return p, err
}

// subject names an object for a step.
func (k *walk) subject(r api.Ref) *Subject {
	if r.ID == "" {
		return nil
	}
	return &Subject{Kind: r.Kind, ID: r.ID, Name: k.world.Name(r)}
}

// called is how a sentence calls an object.
func (k *walk) called(r api.Ref) string {
	if name := k.world.Name(r); name != "" {
		return fmt.Sprintf("%s %s", r.Kind, name)
	}
	return fmt.Sprintf("%s %s", r.Kind, r.ID)
}
