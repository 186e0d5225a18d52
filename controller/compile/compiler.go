package compile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"weft/api"
	"weft/controller/ofp/wire"
	"weft/dhcp"
	"weft/dvr"
	"weft/fip"
	"weft/pipeline"
	"weft/plan"
)

// ErrNoHost says that the snapshot does not have the host.
var ErrNoHost = errors.New("no such host")

// Compiler compiles plans. Its methods are safe for concurrent use.
type Compiler struct {
	// OpenFlowTargets are the controllers of every bridge, in OVSDB's form ("ssl:10.0.0.1:6653").
	OpenFlowTargets []string
	// Domain is what names of guests end with whose network has no domain of its own.
	Domain api.Domain
	// Strict holds every flow against the contract of its table, and every plan against a key that it has twice. It is
	// for tests and for finding faults of the program: they become errors.
	Strict bool

	peers peers
}

// Host gives all that a host must hold.
func (c *Compiler) Host(s *api.Snapshot, h api.HostID) (*plan.Plan, error) {
	return c.Some(s, h, c.Subjects(s, h))
}

// manySubjects is from how many on there may be many hosts among them.
const manySubjects = 64

// Some gives what a few subjects need on a host. Subjects that need nothing there, or do not exist, add nothing.
func (c *Compiler) Some(s *api.Snapshot, h api.HostID, subjects []Subject) (*plan.Plan, error) {
	site, ok := c.at(s, h)
	if !ok {
		return nil, fmt.Errorf("compile the plan of host %s: %w", h, ErrNoHost)
	}
	p := &plan.Plan{Host: h, Revision: s.Revision()}
	from := vantageOf(site)
	if len(subjects) > manySubjects {
		site.Meet()
	}
	for _, subject := range subjects {
		if err := c.add(p, site, from, subject); err != nil {
			return nil, fmt.Errorf("compile %s for host %s: %w", subject, h, err)
		}
	}
	if err := c.single(p); err != nil {
		return nil, fmt.Errorf("compile the plan of host %s: %w", h, err)
	}
	return p, nil
}

// at stands on a host.
func (c *Compiler) at(s *api.Snapshot, h api.HostID) (*pipeline.Site, bool) {
	site, ok := pipeline.At(s.View, h)
	site.Domain = c.Domain
	return site, ok
}

func (c *Compiler) add(p *plan.Plan, site *pipeline.Site, from vantage, subject Subject) error {
	if peer, ok := peerOf(site, subject); ok {
		if !site.Knows(peer.ID) {
			return nil
		}
		flows, err := c.peers.get(peerKey{peer.ID, peer.MAC, peer.TunnelIP, site.Meets(peer.ID), from}, func() ([]plan.Flow, error) {
			return c.encode(pipeline.Peer(site, peer), subject)
		})
		p.Flows = append(p.Flows, flows...)
		return err
	}
	part := c.part(site, subject)
	flows, err := c.encode(part, subject)
	if err != nil {
		return err
	}
	p.Flows = append(p.Flows, flows...)
	for _, i := range part.Items {
		i.Subject = subject.Ref
		p.Items = append(p.Items, i)
	}
	return nil
}

// peerOf finds the other host that a subject is.
func peerOf(site *pipeline.Site, subject Subject) (*api.Host, bool) {
	if subject.Kind != api.KindHost || subject.ID == string(site.Host.ID) {
		return nil, false
	}
	return site.View.Host(api.HostID(subject.ID))
}

// encode gives the flows of a subject's part as a switch takes them.
func (c *Compiler) encode(part pipeline.Part, subject Subject) ([]plan.Flow, error) {
	out := make([]plan.Flow, 0, len(part.Flows))
	for _, f := range part.Flows {
		if c.Strict {
			if err := f.Check(); err != nil {
				return nil, err
			}
		}
		w, err := wire.Encode(f, subject.Ref)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// Part gives what a subject needs on a host in the pipeline's own terms, for those who explain or simulate.
func (c *Compiler) Part(s *api.Snapshot, h api.HostID, subject Subject) (pipeline.Part, error) {
	site, ok := c.at(s, h)
	if !ok {
		return pipeline.Part{}, fmt.Errorf("compile %s for host %s: %w", subject, h, ErrNoHost)
	}
	return c.part(site, subject), nil
}

func (c *Compiler) part(s *pipeline.Site, ref Subject) pipeline.Part {
	switch ref.Kind {
	case api.KindHost:
		return c.host(s, api.HostID(ref.ID))
	case api.KindNetwork:
		return network(s, api.NetworkID(ref.ID), ref.Aspect)
	case api.KindPort:
		return port(s, api.PortID(ref.ID))
	case api.KindRouter:
		p := dvr.Namespace(s, api.RouterID(ref.ID))
		p.Add(fip.Router(s, api.RouterID(ref.ID)))
		p.Add(fip.Central(s, api.RouterID(ref.ID)))
		p.Put(fip.Redirects(s, api.RouterID(ref.ID))...)
		return p
	case api.KindVTEP:
		if t, ok := s.VTEP(api.VTEPID(ref.ID)); ok {
			return pipeline.VTEP(s, t)
		}
	case api.KindFloatingIP:
		if f, ok := s.FloatingIP(api.FloatingIPID(ref.ID)); ok {
			return fip.FloatingIP(s, f)
		}
	}
	return pipeline.Part{}
}

func (c *Compiler) host(s *pipeline.Site, id api.HostID) pipeline.Part {
	if id == s.Host.ID {
		return pipeline.Base(s, c.OpenFlowTargets)
	}
	if peer, ok := s.View.Host(id); ok {
		return pipeline.Peer(s, peer)
	}
	return pipeline.Part{}
}

func network(s *pipeline.Site, id api.NetworkID, a Aspect) pipeline.Part {
	switch a {
	case Members:
		p := pipeline.Members(s, id)
		p.Add(dvr.Network(s, id))
		return p
	case Peers:
		return pipeline.Peers(s, id)
	case Outside:
		return pipeline.Outsiders(s, id)
	}
	if part, ok := a.part(); ok {
		return pipeline.PeersOf(s, id, part)
	}
	return pipeline.Network(s, id)
}

func port(s *pipeline.Site, id api.PortID) pipeline.Part {
	p, ok := s.Port(id)
	if !ok {
		return pipeline.Part{}
	}
	part := pipeline.Port(s, p)
	switch {
	case p.IsRouterInterface():
		part.Add(dvr.Leg(s, p))
	case p.IsAgentGateway():
		part.Add(fip.Gateway(s, p))
	case p.IsCentralSNAT():
		part.Add(dvr.Guest(s, p))
		part.Add(fip.CentralLeg(s, p))
	case p.IsRouterGateway():
		part.Add(dvr.Guest(s, p))
		part.Add(fip.ExternalLeg(s, p))
	default:
		part.Add(dvr.Guest(s, p))
		part.Add(dvr.Arrival(s, p))
		part.Add(dhcp.Guest(s, p))
	}
	return part
}

// single sorts, and leaves one flow and one item to a key. Two would be a fault of the program or of the state (two ports with one
// address, say); then that of the lower subject counts, or, if Strict, it is an error.
func (c *Compiler) single(p *plan.Plan) error {
	flows, items := len(p.Flows), len(p.Items)
	bySubject := func(a, b api.Ref) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) }
	slices.SortFunc(p.Flows, func(a, b plan.Flow) int {
		return cmp.Or(a.FlowKey.Compare(b.FlowKey), bySubject(a.Subject, b.Subject))
	})
	slices.SortFunc(p.Items, func(a, b plan.Item) int {
		return cmp.Or(a.Key().Compare(b.Key()), bySubject(a.Subject, b.Subject))
	})
	for i := 1; c.Strict && i < flows; i++ {
		if p.Flows[i].FlowKey == p.Flows[i-1].FlowKey {
			return fmt.Errorf("flow of %s and of %s with one key: table %d, priority %d of %s",
				p.Flows[i-1].Subject, p.Flows[i].Subject, p.Flows[i].Table, p.Flows[i].Priority, p.Flows[i].Bridge)
		}
	}
	for i := 1; c.Strict && i < items; i++ {
		if p.Items[i].Key() == p.Items[i-1].Key() {
			return fmt.Errorf("item of %s and of %s with one key: %s", p.Items[i-1].Subject, p.Items[i].Subject, p.Items[i].Key())
		}
	}
	p.Flows = slices.CompactFunc(p.Flows, func(a, b plan.Flow) bool { return a.FlowKey == b.FlowKey })
	p.Items = slices.CompactFunc(p.Items, func(a, b plan.Item) bool { return a.Key() == b.Key() })
	return nil
}
