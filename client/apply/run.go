package apply

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"

	"weft/client"
)

// A request makes at most so many objects, and is about so large at most. The API takes 4096 objects and 1 MiB.
const (
	maxBulk  = 1000
	bulkSize = 700_000 // bytes
)

// Run carries a plan out, and calls done after each change. Objects of a kind are made by the thousand, all or none. It
// stops at the first refusal: what is done stays, and the next Compare plans the rest.
func (p *Plan) Run(ctx context.Context, c *client.Client, done func(*Change)) error {
	r := &runner{plan: p, c: c, done: done, begun: map[*Change]bool{}}
	late, err := r.firstDeletions(ctx)
	if err != nil {
		return err
	}
	for _, k := range p.kinds {
		if err := r.early(ctx, k); err != nil {
			return err
		}
		if err := r.rest(ctx, p.of(k, Create)); err != nil {
			return err
		}
		for _, change := range p.of(k, Update) {
			if err := r.update(ctx, change); err != nil {
				return err
			}
		}
	}
	for _, change := range late {
		if err := r.remove(ctx, change); err != nil {
			return err
		}
	}
	return nil
}

func (p *Plan) of(k client.Kind, v Verb) []*Change {
	var out []*Change
	for _, c := range p.Changes {
		if c.Verb == v && c.Kind.Singular == k.Singular {
			out = append(out, c)
		}
	}
	return out
}

type runner struct {
	plan  *Plan
	c     *client.Client
	done  func(*Change)
	begun map[*Change]bool // made without the attributes that come after
}

// refusedValue is how the API's refusals of a value begin.
var refusedValue = regexp.MustCompile(`^Invalid input for ([a-z0-9_:]+)\.`)

// fail puts the place in a file, or the object, before an error: the place of the attribute, if the API names one.
func (r *runner) fail(c *Change, err error) error {
	if c.At.File != "" {
		at := c.At
		var refused *client.Error
		if errors.As(err, &refused) {
			if m := refusedValue.FindStringSubmatch(refused.Message); m != nil {
				at = c.entry.place(m[1])
			}
		}
		return &Problem{at, err}
	}
	return fmt.Errorf("%s: %w", r.plan.Line(c), err)
}

// firstDeletions deletes what nothing needs any more, so that its addresses and names are free, and gives back what must
// wait until the rest is done.
func (r *runner) firstDeletions(ctx context.Context) (late []*Change, err error) {
	for _, c := range r.plan.Changes {
		if c.Verb != Delete {
			continue
		}
		err := r.remove(ctx, c)
		var refused *client.Error
		switch {
		case errors.As(err, &refused) && refused.Status == http.StatusConflict:
			late = append(late, c)
		case err != nil:
			return nil, err
		}
	}
	return late, nil
}

func (r *runner) remove(ctx context.Context, c *Change) error {
	place, none := r.place(c, c.have.parent), client.Object{}
	for _, a := range c.Kind.Attributes {
		if a.Cleared && !empty(c.have.Object[a.Name]) {
			none[a.Name] = []any{}
		}
	}
	var err error
	if len(none) > 0 {
		_, err = r.c.Update(ctx, place, c.have.id, none)
	}
	if err == nil {
		err = r.c.Delete(ctx, place, c.have.id)
	}
	if err != nil && !client.NotFound(err) { // gone meanwhile, with what it belonged to
		return r.fail(c, err)
	}
	r.done(c)
	return nil
}

func (r *runner) place(c *Change, parent string) client.Resource {
	if c.Kind.Parent == "" {
		return c.Kind.Resource()
	}
	return c.Kind.Resource().Under(parent)
}

// early makes, before the objects of a kind, those others that ask for certain addresses and that it completes: whatever
// weft chooses for this kind is then none of theirs.
func (r *runner) early(ctx context.Context, k client.Kind) error {
	for _, other := range r.plan.kinds {
		if !slices.ContainsFunc(other.Attributes, func(a client.Attribute) bool { return a.After == k.Singular }) {
			continue
		}
		var list []*Change
		for _, c := range r.plan.of(other, Create) {
			if c.asksAddress() {
				list, r.begun[c] = append(list, c), true
			}
		}
		if err := r.creations(ctx, list, func(a client.Attribute) bool { return a.OnCreate && a.After == "" }); err != nil {
			return err
		}
	}
	return nil
}

// rest makes the objects of a kind that are not made yet, and completes those that are.
func (r *runner) rest(ctx context.Context, list []*Change) error {
	var begun, others []*Change
	for _, c := range list {
		if r.begun[c] {
			begun = append(begun, c)
		} else {
			others = append(others, c)
		}
	}
	if err := r.afterwards(ctx, begun, func(a client.Attribute) bool { return a.OnUpdate && a.After != "" }); err != nil {
		return err
	}
	return r.creations(ctx, others, func(a client.Attribute) bool { return a.OnCreate })
}

// creations makes objects of one kind, those below one parent together, of the attributes that may be given.
func (r *runner) creations(ctx context.Context, list []*Change, may func(client.Attribute) bool) error {
	list = certainFirst(list)
	var bulk []client.Object
	start, size := 0, 0
	for i, c := range list {
		o, err := r.body(ctx, c, may)
		if err != nil {
			return r.fail(c, err)
		}
		raw, err := json.Marshal(o)
		if err != nil {
			return r.fail(c, err)
		}
		if len(bulk) == maxBulk || size+len(raw) > bulkSize || i > start && parentOf(list[start]) != parentOf(c) {
			if err := r.make(ctx, list[start:i], bulk); err != nil {
				return err
			}
			bulk, start, size = nil, i, 0
		}
		bulk, size = append(bulk, o), size+len(raw)
	}
	if err := r.make(ctx, list[start:], bulk); err != nil {
		return err
	}
	return r.afterwards(ctx, list, func(a client.Attribute) bool { return a.OnUpdate && !a.OnCreate })
}

// certainFirst makes what asks for certain addresses before what gets any, so that none is given away. What is below one
// parent stays together.
func certainFirst(list []*Change) []*Change {
	out := slices.Clone(list)
	asks := func(c *Change) int {
		if c.asksAddress() {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(out, func(a, b *Change) int {
		return cmp.Or(cmp.Compare(parentOf(a), parentOf(b)), asks(a)-asks(b))
	})
	return out
}

// asksAddress reports whether the change asks for a certain IP address for itself.
func (c *Change) asksAddress() bool {
	return slices.ContainsFunc(c.set, func(f field) bool { return f.attr.After == "" && asksAddress(f.attr.Schema, f.want) })
}

// asksAddress reports whether a value has a certain IP address in it.
func asksAddress(s client.Schema, v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return asksAddress(element(s), e) })
	case map[string]any:
		for _, m := range s.Members {
			if asksAddress(m.Schema, v[m.Name]) {
				return true
			}
		}
		return false
	case string:
		return s.Format == "ip" && v != ""
	}
	return false
}

func parentOf(c *Change) string {
	if c.entry.parent == nil {
		return ""
	}
	return c.entry.parent.known()
}

func (r *runner) make(ctx context.Context, list []*Change, bulk []client.Object) error {
	if len(list) == 0 {
		return nil
	}
	place := r.place(list[0], parentOf(list[0]))
	made, err := r.makeAll(ctx, place, bulk)
	var refused *client.Error
	if errors.As(err, &refused) && refused.Item >= 0 && refused.Item < len(list) {
		return r.fail(list[refused.Item], err)
	}
	if err != nil {
		return r.fail(list[0], err)
	}
	if len(made) != len(list) {
		return fmt.Errorf("create %s: %d were asked for, and %d made", place.Plural, len(list), len(made))
	}
	for i, o := range made {
		e := list[i].entry
		e.id, e.have = place.IDOf(o), &object{Object: o, id: place.IDOf(o), parent: parentOf(list[i])}
		r.plan.stays(e.have, e.kind)
		r.done(list[i])
	}
	return nil
}

// makeAll makes one object as people do, and many at once.
func (r *runner) makeAll(ctx context.Context, place client.Resource, bulk []client.Object) ([]client.Object, error) {
	if len(bulk) > 1 {
		return r.c.CreateMany(ctx, place, bulk)
	}
	o, err := r.c.Create(ctx, place, bulk[0])
	return []client.Object{o}, err
}

// afterwards sets what can only be set on an object that is there.
func (r *runner) afterwards(ctx context.Context, list []*Change, may func(client.Attribute) bool) error {
	for _, c := range list {
		o, err := r.body(ctx, c, may)
		if err != nil {
			return r.fail(c, err)
		}
		if !slices.ContainsFunc(slices.Collect(maps.Values(o)), func(v any) bool { return v != nil }) {
			continue
		}
		if _, err := r.c.Update(ctx, r.place(c, parentOf(c)), c.entry.id, o); err != nil {
			return r.fail(c, err)
		}
	}
	return nil
}

// body gives the attributes of a change that a request may have.
func (r *runner) body(ctx context.Context, c *Change, may func(client.Attribute) bool) (client.Object, error) {
	out := client.Object{}
	for _, f := range c.set {
		if !may(f.attr) {
			continue
		}
		if err := r.legs(ctx, f.want); err != nil {
			return nil, err
		}
		v, err := plainValue(f.want)
		if err != nil {
			return nil, err
		}
		out[f.attr.Name] = v
	}
	return out, nil
}

// known gives the id of what a reference stands for, if it is there.
func (ref *reference) known() string { return cmp.Or(ref.id, ref.made()) }

// made gives the id of an entry that was made meanwhile.
func (ref *reference) made() string {
	if ref.to != nil {
		return ref.to.id
	}
	return ""
}
