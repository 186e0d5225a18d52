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
	for _, e := range surestFirst(entries) {
		candidates := named[e.name()]
		if k.Own.Finds(e.given) {
			candidates = p.live.own[k.Singular]
		}
		if e.id != "" {
			candidates = list
		}
		o, err := p.pick(k, e, candidates)
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

// pick chooses among the objects that have the entry's name.
func (p *planner) pick(k client.Kind, e *entry, candidates []*object) (*object, error) {
	free := slices.DeleteFunc(slices.Clone(candidates), func(o *object) bool {
		return o.taken || !p.within(e, o)
	})
	if e.id != "" {
		i := slices.IndexFunc(free, func(o *object) bool { return o.id == e.id })
		if i < 0 {
			return nil, fmt.Errorf("no %s has the id %s; an id can only name what is there: leave it out to make one", words(k.Singular), e.id)
		}
		return free[i], nil
	}
	if told, ok := p.tell(k, e, free); ok {
		return told, nil
	}
	if e.name() == "" {
		return p.nameless(k, e, free)
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

// within reports whether an object can be what an entry means: it is below the same parent and of the same project.
func (p *planner) within(e *entry, o *object) bool {
	if e.parent != nil && e.parent.id != o.parent {
		return false
	}
	project, given := e.given["project_id"].(string)
	return !given || project == o.Text("project_id")
}

// tell finds the object that has what tells the entry from all others.
func (p *planner) tell(k client.Kind, e *entry, free []*object) (*object, bool) {
	for _, set := range k.Identity {
		if !e.says(set) {
			continue
		}
		i := slices.IndexFunc(free, func(o *object) bool {
			return !slices.ContainsFunc(set, func(attr string) bool {
				a, _ := k.Attribute(attr)
				want, _ := e.wants(attr)
				return !same(a.Schema, want, o.Object[attr])
			})
		})
		if i >= 0 {
			return free[i], true
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
