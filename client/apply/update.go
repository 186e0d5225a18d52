package apply

import (
	"context"
	"fmt"
	"slices"

	"weft/client"
)

// update changes an object: what PUT changes at once, tags and lists that have actions of their own after it.
func (r *runner) update(ctx context.Context, c *Change) error {
	place := r.place(c, c.have.parent)
	o, err := r.body(ctx, c, func(a client.Attribute) bool { return a.OnUpdate && a.Name != "tags" })
	if err != nil {
		return r.fail(c, err)
	}
	takeAway(c, o)
	if len(o) > 0 {
		if _, err := r.c.Update(ctx, place, c.have.id, o); err != nil {
			return r.fail(c, err)
		}
	}
	for _, f := range c.set {
		switch {
		case f.attr.Name == "tags":
			_, err = r.c.Action(ctx, place, c.have.id, "tags", client.Object{"tags": f.want})
		case !f.attr.OnUpdate && f.attr.Adds != "":
			err = r.byActions(ctx, place, c.have.id, f)
		}
		if err != nil {
			return r.fail(c, err)
		}
	}
	r.done(c)
	return nil
}

// takeAway asks for what PUT takes away only if it is named with null, since what is not named stays.
func takeAway(c *Change, o client.Object) {
	for _, f := range c.set {
		if f.attr.Kept == "" {
			continue
		}
		want, _ := o[f.attr.Name].([]any)
		for _, h := range asList(f.have) {
			have, _ := h.(map[string]any)
			gone := client.Object{}
			for k, v := range have {
				gone[k] = v
			}
			gone[f.attr.Kept] = nil
			if !slices.ContainsFunc(want, func(w any) bool { return sameBut(*f.attr.Items, f.attr.Kept, w, have) }) {
				want = append(want, gone)
			}
		}
		o[f.attr.Name] = want
	}
}

// sameBut compares elements in all but one member.
func sameBut(s client.Schema, member string, want any, have map[string]any) bool {
	w, _ := want.(map[string]any)
	rest := map[string]any{}
	for k, v := range w {
		if k != member {
			rest[k] = v
		}
	}
	return same(s, rest, any(have))
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}

// byActions changes a list by taking away and adding its elements.
func (r *runner) byActions(ctx context.Context, place client.Resource, id string, f field) error {
	want, _ := f.want.([]any)
	have, _ := f.have.([]any)
	element := *f.attr.Items
	gone := slices.DeleteFunc(slices.Clone(have), func(h any) bool {
		return slices.ContainsFunc(want, func(w any) bool { return same(element, w, h) })
	})
	come := slices.DeleteFunc(slices.Clone(want), func(w any) bool {
		return slices.ContainsFunc(have, func(h any) bool { return same(element, w, h) })
	})
	for _, step := range []struct {
		action string
		list   []any
	}{{f.attr.Removes, gone}, {f.attr.Adds, come}} {
		if len(step.list) == 0 {
			continue
		}
		list, err := plainValue(step.list)
		if err == nil {
			_, err = r.c.Action(ctx, place, id, step.action, client.Object{f.attr.Name: list})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// plainValue puts ids where references are.
func plainValue(v any) (any, error) {
	switch v := v.(type) {
	case *reference:
		id := v.known()
		if id == "" {
			return nil, &Problem{v.at, fmt.Errorf("%s %q is not there yet", words(v.kind.Singular), v.text)}
		}
		return id, nil
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			var err error
			if out[i], err = plainValue(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			var err error
			if out[k], err = plainValue(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}
