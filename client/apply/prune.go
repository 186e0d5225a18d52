package apply

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"weft/client"
)

// prune plans to delete what was made under the scope and is in the files no more: first what refers to others.
func (p *planner) prune(ctx context.Context, out *Plan) error {
	for _, k := range slices.Backward(p.doc.kinds) {
		if !k.Deletable || !taggable(k) && k.Parent == "" && about(k) == nil {
			continue
		}
		list, err := p.live.all(ctx, k)
		if err != nil {
			return err
		}
		for _, o := range list {
			ours, err := p.ours(ctx, k, o)
			if err != nil {
				return err
			}
			switch {
			case o.taken || !ours:
			case k.Lent.Finds(o.Object):
				p.fault(Position{}, fmt.Errorf("%s %s is in the files no more, but something else uses it (%s %s); end that first, or delete it by hand",
					words(k.Singular), cmp.Or(o.name(), o.id), k.Lent.Attribute, o.Text(k.Lent.Attribute)))
			default:
				out.Changes = append(out.Changes, &Change{Verb: Delete, Kind: k, have: o})
			}
		}
	}
	return nil
}

// ours reports whether an object has the scope's tag or, if there are no tags on such objects, what it belongs to: the object
// that it is below, or that it is about.
func (p *planner) ours(ctx context.Context, k client.Kind, o *object) (bool, error) {
	if taggable(k) {
		return slices.Contains(o.tags(true), p.mark), nil
	}
	owner, id := k.Parent, o.parent
	if a := about(k); owner == "" && a != nil {
		owner, id = o.Text(a.RefBy), o.Text(a.Name)
	}
	of, ok := client.KindOf(p.doc.kinds, owner)
	if !ok {
		return false, nil
	}
	if _, err := p.live.all(ctx, of); err != nil {
		return false, err
	}
	it, ok := p.live.byID[of.Singular][id]
	return ok && slices.Contains(it.tags(true), p.mark), nil
}

// about is the attribute that names the object that objects of a kind are about, of whatever kind that is; nil: none does.
func about(k client.Kind) *client.Attribute {
	i := slices.IndexFunc(k.Attributes, func(a client.Attribute) bool { return a.RefBy != "" && a.Required })
	if i < 0 {
		return nil
	}
	return &k.Attributes[i]
}
