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
		if !k.Deletable || !taggable(k) && k.Parent == "" {
			continue
		}
		list, err := p.live.all(ctx, k)
		if err != nil {
			return err
		}
		for _, o := range list {
			switch {
			case o.taken || !p.ours(k, o):
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

// ours reports whether an object has the scope's tag or, if there are no tags on such objects, what it belongs to.
func (p *planner) ours(k client.Kind, o *object) bool {
	if taggable(k) {
		return slices.Contains(o.tags(true), p.mark)
	}
	parent, ok := client.KindOf(p.doc.kinds, k.Parent)
	if !ok {
		return false
	}
	of, ok := p.live.byID[parent.Singular][o.parent]
	return ok && slices.Contains(of.tags(true), p.mark)
}
