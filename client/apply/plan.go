package apply

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"weft/client"
)

// Options say how files are applied.
type Options struct {
	// Scope marks what is made, so that Prune knows it later. "" is the files' own; if they have none, nothing is marked.
	Scope string
	// Prune deletes what was made under the scope and is in the files no more.
	Prune bool
	// PruneAll lets Prune delete everything, of files without objects.
	PruneAll bool
	// Adopt marks what the files name and others have made, as if it were made here.
	Adopt bool
}

// Verb is what a change does.
type Verb byte

// The verbs, as they are shown.
const (
	Create Verb = '+'
	Update Verb = '~'
	Delete Verb = '-'
)

// Change is one step of a plan.
type Change struct {
	Verb  Verb
	Kind  client.Kind
	At    Position // in the files; zero for Delete
	entry *entry   // nil for Delete
	have  *object  // nil for Create
	set   []field  // what is given, or changes
}

// field is an attribute with what is wanted and what is there.
type field struct {
	attr client.Attribute
	want any
	have any
}

// Plan is what separates a cloud from what files say of it.
type Plan struct {
	Changes []*Change
	// Same is how many objects of the files are there already as they should be.
	Same  int
	kinds kinds
	live  *live
	mark  string      // the tag of what is made; "" is none
	any   *object     // something that is there and stays …
	kind  client.Kind // … and its kind
}

// Empty reports whether there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Changes) == 0 }

// Count gives the number of changes of a verb.
func (p *Plan) Count(v Verb) (n int) {
	for _, c := range p.Changes {
		if c.Verb == v {
			n++
		}
	}
	return n
}

type planner struct {
	doc      *Document
	opts     Options
	live     *live
	mark     string
	problems []error
	byName   map[string]map[string][]*entry // kind → what files call it → entries
}

func (p *planner) fault(at Position, err error) { p.problems = append(p.problems, &Problem{at, err}) }

// Compare plans what makes a cloud what the document says. It changes nothing. The error joins a *Problem for each fault
// of the files.
func Compare(ctx context.Context, c *client.Client, doc *Document, opts Options) (*Plan, error) {
	if opts.Scope == "" {
		opts.Scope = doc.Scope
	}
	switch {
	case opts.Scope != "" && !scopeName.MatchString(opts.Scope):
		return nil, fmt.Errorf("scope %q: want a word of letters, digits, dots, dashes and underscores", opts.Scope)
	case opts.Scope == "" && (opts.Prune || opts.Adopt):
		return nil, errors.New("to prune or adopt, say under which scope: with a line \"scope: NAME\" in a file, or with --scope NAME; " +
			"only what was applied under the scope is ever deleted")
	case opts.Prune && doc.Len() == 0 && !opts.PruneAll:
		return nil, fmt.Errorf("the files have no objects: to prune would delete all that was applied under the scope %s; "+
			"if that is what you want, say --prune-all too", opts.Scope)
	}
	p := &planner{doc: doc, opts: opts, live: newLive(c, doc.kinds)}
	if opts.Scope != "" {
		p.mark = scopeTag + opts.Scope
	}
	return p.plan(ctx)
}

func (p *planner) plan(ctx context.Context) (*Plan, error) {
	p.index()
	p.mirror()
	out := &Plan{kinds: p.doc.kinds, live: p.live, mark: p.mark}
	byKind := map[string][]*entry{}
	for _, e := range p.doc.entries {
		byKind[e.kind.Singular] = append(byKind[e.kind.Singular], e)
	}
	for _, k := range p.doc.kinds {
		entries := byKind[k.Singular]
		if len(entries) == 0 {
			continue
		}
		if err := p.references(ctx, entries); err != nil {
			return nil, err
		}
		if err := p.match(ctx, k, entries); err != nil {
			return nil, err
		}
		p.changes(out, entries)
	}
	if p.opts.Prune {
		if err := p.prune(ctx, out); err != nil {
			return nil, err
		}
	}
	return out, joined(p.problems)
}

// joined puts problems in the order in which a person reads the files.
func joined(problems []error) error {
	place := func(err error) Position {
		var problem *Problem
		errors.As(err, &problem)
		return problem.At
	}
	slices.SortStableFunc(problems, func(a, b error) int {
		x, y := place(a), place(b)
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
	})
	return errors.Join(problems...)
}

// index makes the entries known by what files may call them: handle, name, or what people call such objects.
func (p *planner) index() {
	p.byName = map[string]map[string][]*entry{}
	for _, e := range p.doc.entries {
		m := p.byName[e.kind.Singular]
		if m == nil {
			m = map[string][]*entry{}
			p.byName[e.kind.Singular] = m
		}
		names := []string{e.handle}
		if e.handle == "" {
			called, _ := e.given[e.kind.Resource().CalledBy()].(string)
			names = slices.Compact([]string{e.name(), called})
		}
		for _, n := range names {
			if n != "" {
				m[n] = append(m[n], e)
			}
		}
	}
}

// references finds what the entries' references lead to.
func (p *planner) references(ctx context.Context, entries []*entry) error {
	for _, e := range entries {
		refs := collect(nil, e.given)
		if e.parent != nil {
			refs = append(refs, e.parent)
		}
		for _, ref := range refs {
			err := p.reference(ctx, ref)
			var problem *Problem
			if errors.As(err, &problem) {
				p.problems = append(p.problems, err)
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *planner) reference(ctx context.Context, ref *reference) error {
	if ref.leg != nil {
		return p.live.leg(ctx, ref)
	}
	switch found := p.byName[ref.kind.Singular][ref.text]; len(found) {
	case 0:
		return p.live.resolve(ctx, ref)
	case 1:
		ref.to, ref.id = found[0], found[0].id
		return nil
	default:
		return &Problem{ref.at, fmt.Errorf("%d objects of the files, of the kind %s, have the name %q (%s, %s …); give them a \"handle\" each, and refer to that",
			len(found), words(ref.kind.Singular), ref.text, found[0].at, found[1].at)}
	}
}

// collect finds the references in a value.
func collect(to []*reference, v any) []*reference {
	switch v := v.(type) {
	case *reference:
		if v.leg != nil {
			to = append(to, v.leg.router, v.leg.subnet)
		}
		return append(to, v)
	case []any:
		for _, e := range v {
			to = collect(to, e)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			to = collect(to, v[key])
		}
	}
	return to
}

// changes plans what the entries of a kind need.
func (p *planner) changes(out *Plan, entries []*entry) {
	for _, e := range entries {
		if e.have == nil && !e.kind.Upsert {
			p.creation(out, e)
			continue
		}
		if e.have == nil {
			e.have = untouched(e)
		}
		out.stays(e.have, e.kind)
		set := p.differences(e, e.have)
		for _, f := range set {
			if !changeable(f.attr) {
				p.fault(e.place(f.attr.Name), fmt.Errorf("%s of a %s cannot be changed (it is %s); delete the %[2]s first, or give this one another name",
					f.attr.Name, words(e.kind.Singular), brief(f.have)))
			}
		}
		if len(set) == 0 {
			out.Same++
			continue
		}
		out.Changes = append(out.Changes, &Change{Verb: Update, Kind: e.kind, At: e.at, entry: e, have: e.have, set: set})
	}
}

// changeable reports whether an attribute can be given another value later.
func changeable(a client.Attribute) bool { return a.OnUpdate || a.Adds != "" || a.Name == "tags" }

// untouched is an object that is there although nobody has made it: with every default.
func untouched(e *entry) *object {
	id := text(e.given[e.kind.Key])
	o := &object{Object: client.Object{e.kind.Key: id}, id: id}
	for _, a := range e.kind.Attributes {
		if a.Default != nil {
			o.Object[a.Name] = fromJSON(a.Default)
		}
	}
	return o
}

func (p *planner) creation(out *Plan, e *entry) {
	c := &Change{Verb: Create, Kind: e.kind, At: e.at, entry: e}
	for _, a := range e.kind.Attributes {
		v, given := e.given[a.Name]
		switch {
		case given && a.Name == "tags":
			c.set = append(c.set, field{a, p.marked(v), nil})
		case given:
			c.set = append(c.set, field{a, v, nil})
		case a.Name == "tags" && p.mark != "":
			c.set = append(c.set, field{a, p.marked(nil), nil})
		case a.Required && a.OnCreate:
			p.fault(e.at, fmt.Errorf("%s: %q is missing", words(e.kind.Singular), label(a.Member, members(e.kind))))
		}
	}
	out.Changes = append(out.Changes, c)
}

// marked adds the scope's tag.
func (p *planner) marked(tags any) any {
	list, _ := tags.([]any)
	if p.mark == "" {
		return tags
	}
	return append(slices.Clone(list), p.mark)
}

func (e *entry) place(attr string) Position {
	if at, ok := e.lines[attr]; ok {
		return at
	}
	return e.at
}

// differences are the attributes of an object that are not as an entry wants them.
func (p *planner) differences(e *entry, o *object) []field {
	var out []field
	for _, a := range e.kind.Attributes {
		want, given := e.given[a.Name]
		if !given {
			if a.Default == nil || a.Foreign || !a.Settable() || !changeable(a) {
				continue
			}
			want = fromJSON(a.Default)
		}
		have := o.asked(a)
		if a.Name == "tags" {
			if want, have = p.wantTags(want, o), any(list(slices.Concat(o.tags(false), o.tags(true)))); !same(a.Schema, want, have) {
				out = append(out, field{a, want, have})
			}
			continue
		}
		if !a.Shown || same(a.Schema, want, have) {
			continue
		}
		out = append(out, field{a, want, have})
	}
	return out
}

// wantTags are the tags that a file wants, with those of scopes that the object has already.
func (p *planner) wantTags(want any, o *object) any {
	tags, _ := want.([]any)
	ours := o.tags(true)
	if p.opts.Adopt && !slices.Contains(ours, p.mark) {
		ours = append(ours, p.mark)
	}
	return slices.Concat(tags, list(ours))
}

func list(s []string) []any {
	out := make([]any, len(s))
	for i, v := range s {
		out[i] = v
	}
	return out
}

// fromJSON reads a default, each a hundred thousand times for a large cloud. Most are one of a few.
func fromJSON(raw json.RawMessage) (v any) {
	switch string(raw) {
	case "null":
		return nil
	case "true", "false":
		return raw[0] == 't'
	case `""`:
		return ""
	case "[]":
		return []any{}
	}
	d := json.NewDecoder(newReader(raw))
	d.UseNumber()
	_ = d.Decode(&v) // it was decoded once, with the whole declaration
	return v
}
