package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"weft/client"
)

// match finds which objects that are there the entries of a kind stand for. References of the entries are known by then.
func (p *planner) match(ctx context.Context, k client.Kind, entries []*entry) error {
	list, err := p.live.all(ctx, k)
	if err != nil {
		return err
	}
	named := map[string][]*object{}
	for _, o := range list {
		named[o.name()] = append(named[o.name()], o)
	}
	all, own := choice{Kind: k, told: newTold(k, list)}, choice{Kind: k, told: newTold(k, p.live.own[k.Singular]), unnamed: true}
	for _, e := range surestFirst(entries) {
		candidates, from := named[e.name()], all
		if k.Own.Finds(e.given) {
			candidates, from = p.live.own[k.Singular], own
		}
		o, err := p.pick(from, e, candidates)
		if err != nil {
			p.fault(e.at, err)
		}
		if o != nil {
			e.have, e.id, o.taken = o, o.id, true
		}
	}
	return nil
}

// surestFirst puts first what says more of which object it means, so that what fits it is not taken by what fits anything.
func surestFirst(entries []*entry) []*entry {
	vague := func(e *entry) int {
		_, owned := e.given["project_id"]
		switch {
		case e.id != "":
			return 0
		case owned:
			return 1
		}
		return 2
	}
	out := slices.Clone(entries)
	slices.SortStableFunc(out, func(a, b *entry) int { return vague(a) - vague(b) })
	return out
}

func (e *entry) name() string {
	s, _ := e.given["name"].(string)
	return s
}

// choice is what an entry's object is chosen from.
type choice struct {
	client.Kind
	told    told
	unnamed bool // no entry calls them by a name
}

// pick chooses among the objects that have the entry's name.
func (p *planner) pick(k choice, e *entry, candidates []*object) (*object, error) {
	if e.id != "" {
		if o, ok := p.live.byID[k.Singular][e.id]; ok && p.free(e, o) {
			return o, nil
		}
		return nil, fmt.Errorf("no %s has the id %s; an id can only name what is there: leave it out to make one", words(k.Singular), e.id)
	}
	if o, ok := p.tell(k, e); ok {
		return o, nil
	}
	if e.name() == "" && slices.ContainsFunc(k.Identity, e.saysAll) {
		return nil, nil // whatever is there differs in that
	}
	free := slices.DeleteFunc(slices.Clone(candidates), func(o *object) bool { return !p.free(e, o) })
	if e.name() == "" {
		return p.nameless(k.Kind, e, free)
	}
	switch len(free) {
	case 0:
		return nil, nil
	case 1:
		return free[0], nil
	}
	if i := slices.IndexFunc(free, func(o *object) bool { return len(p.differences(e, o)) == 0 }); i >= 0 {
		return free[i], nil
	}
	return nil, fmt.Errorf("%d objects of the kind %s have the name %q; say which with its id: %s", len(free), words(k.Singular), e.name(), ids(free))
}

func (p *planner) free(e *entry, o *object) bool { return !o.taken && p.within(e, o) }

// within reports whether an object can be what an entry means: it is below the same parent and of the same project.
func (p *planner) within(e *entry, o *object) bool {
	if e.parent != nil && e.parent.id != o.parent {
		return false
	}
	project, given := e.given["project_id"].(string)
	return !given || project == o.Text("project_id")
}

// tell finds the object that has what tells the entry from all others.
func (p *planner) tell(k choice, e *entry) (*object, bool) {
	for n, set := range k.Identity {
		if !e.says(set) {
			continue
		}
		for _, o := range k.told.like(n, k.Kind, e) {
			if p.free(e, o) && (k.unnamed || o.name() == e.name()) && e.isToldBy(set, o) {
				return o, true
			}
		}
	}
	return nil, false
}

// says reports whether an entry has a set of attributes, with a value for one of them at least.
func (e *entry) says(set []string) bool {
	value := false
	for _, attr := range set {
		v, known := e.wants(attr)
		if !known {
			return false
		}
		_, given := e.given[attr]
		value = value || given && !empty(v)
	}
	return value
}

// saysAll reports whether an entry itself has a whole set of attributes, with a value for one of them at least, that can be
// compared.
func (e *entry) saysAll(set []string) bool {
	return e.says(set) && !slices.ContainsFunc(set, func(attr string) bool {
		_, given := e.given[attr]
		a, _ := e.kind.Attribute(attr)
		return !given || !a.Shown || a.Name == "tags"
	})
}

// wants gives what the entry says of an attribute, or what it is if nothing is said and that is always the same.
func (e *entry) wants(attr string) (v any, known bool) {
	if v, known = e.given[attr]; known {
		return v, true
	}
	if a, ok := e.kind.Attribute(attr); ok && a.Default != nil {
		return fromJSON(a.Default), true
	}
	return nil, false
}

// nameless picks for an entry without a name: an object that is just like it, or none if the entry says enough of itself
// to be found again.
func (p *planner) nameless(k client.Kind, e *entry, free []*object) (*object, error) {
	if i := slices.IndexFunc(free, func(o *object) bool { return len(p.differences(e, o)) == 0 }); i >= 0 {
		return free[i], nil
	}
	if len(free) == 0 || slices.ContainsFunc(k.Identity, e.says) {
		return nil, nil
	}
	var sets []string
	for _, set := range k.Identity {
		sets = append(sets, strings.Join(set, " and "))
	}
	return nil, fmt.Errorf("give the %s a name%s, so that it is found again the next time", words(k.Singular), orThese(sets))
}

func orThese(sets []string) string {
	if len(sets) == 0 {
		return ""
	}
	return ", or " + strings.Join(sets, ", or ")
}
