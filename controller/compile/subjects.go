package compile

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"weft/api"
	"weft/pipeline"
)

// Subject is what is compiled as one: a logical object as a host sees it, or one aspect of it, if what the object needs
// there depends on things that change for themselves.
type Subject struct {
	api.Ref
	Aspect Aspect
}

// Aspect names a part of what an object needs.
type Aspect string

// The aspects of a network. A guest that comes changes the second on its own host, and the third only if it is the first
// one there: nobody else's list of hosts is made again, however long it is. Nor is it by a VTEP, which changes the fourth.
const (
	Whole   Aspect = ""        // of a network: what does not depend on who is on it
	Members Aspect = "members" // where frames go that are for no port in particular, among the ports on this host
	Peers   Aspect = "peers"   // and to which other hosts
	Outside Aspect = "outside" // and to which external VTEPs
)

// Where a network is on so many hosts that they are divided, Peers is to which parts of them, and each part is an aspect
// of its own.
const partPrefix = "peers "

func partAspect(part int) Aspect { return Aspect(partPrefix + strconv.Itoa(part)) }

// part gives the number of the part that an aspect is about.
func (a Aspect) part() (int, bool) {
	n, ok := strings.CutPrefix(string(a), partPrefix)
	part, err := strconv.Atoi(n)
	return part, ok && err == nil
}

func aspectsOf(n api.NetworkID) [4]Subject {
	return [4]Subject{of(networkRef(n)), membersOf(n), peersOf(n), outsideOf(n)}
}

func of(r api.Ref) Subject                     { return Subject{Ref: r} }
func membersOf(n api.NetworkID) Subject        { return Subject{networkRef(n), Members} }
func peersOf(n api.NetworkID) Subject          { return Subject{networkRef(n), Peers} }
func partOf(n api.NetworkID, part int) Subject { return Subject{networkRef(n), partAspect(part)} }
func outsideOf(n api.NetworkID) Subject        { return Subject{networkRef(n), Outside} }
func hostSubject(h api.HostID) Subject         { return of(api.Ref{Kind: api.KindHost, ID: string(h)}) }
func networkRef(n api.NetworkID) api.Ref       { return api.Ref{Kind: api.KindNetwork, ID: string(n)} }
func routerSubject(r api.RouterID) Subject     { return of(api.Ref{Kind: api.KindRouter, ID: string(r)}) }

// Compare orders subjects by kind, id and aspect.
func (s Subject) Compare(o Subject) int {
	return cmp.Or(cmp.Compare(s.Kind, o.Kind), cmp.Compare(s.ID, o.ID), cmp.Compare(s.Aspect, o.Aspect))
}

// String is for messages.
func (s Subject) String() string {
	if s.Aspect == Whole {
		return s.Ref.String()
	}
	return s.Ref.String() + " (" + string(s.Aspect) + ")"
}

// Subjects lists the subjects that may need something on a host, sorted, each once. What is not on the list needs nothing.
func (c *Compiler) Subjects(s *api.Snapshot, h api.HostID) []Subject {
	all := subjects{}
	all.add(hostSubject(h))
	for other := range pipeline.Known(s.View, h) {
		all.add(hostSubject(other))
	}
	for seg := range s.SegmentsOn(h) {
		all.addNetwork(s.View, seg.NetworkID)
	}
	for pl := range s.PlacementsOn(h) {
		all.add(routerSubject(pl.RouterID))
	}
	return all.sorted()
}

// subjects collects them.
type subjects map[Subject]struct{}

func (r subjects) add(s Subject) { r[s] = struct{}{} }

// addNetwork adds a network with its ports, floating IPs and VTEPs.
func (r subjects) addNetwork(v api.View, n api.NetworkID) {
	for _, s := range aspectsOf(n) {
		r.add(s)
	}
	if pipeline.Divided(v, n) {
		for part := range api.Parts {
			r.add(partOf(n, part))
		}
	}
	for p := range v.PortsOf(n) {
		r.add(of(p.Ref()))
	}
	for f := range v.FloatingIPsOf(n) {
		r.add(of(f.Ref()))
	}
	for t := range v.VTEPsOf(n) {
		r.add(of(t.Ref()))
	}
}

func (r subjects) sorted() []Subject { return slices.SortedFunc(maps.Keys(r), Subject.Compare) }
