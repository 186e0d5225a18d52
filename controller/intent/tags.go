package intent

import (
	"slices"
	"unicode/utf8"

	"weft/api"
)

const (
	maxTags    = 50
	maxTagText = 255 // characters
)

// SetTags gives an object exactly these tags, each once and sorted.
func (o *Ops) SetTags(tx *api.Txn, ref api.Ref, tags []string) error {
	prev, ok := tx.Object(ref)
	if !ok {
		return api.Faultf(api.NotFound, "TagResourceNotFound", "Resource %s %s could not be found.", ref.Kind, ref.ID)
	}
	next, meta := withMeta(prev)
	if next == nil {
		return invalid("%s objects have no tags", ref.Kind)
	}
	if err := setTags(meta, tags); err != nil {
		return err
	}
	o.save(tx, prev, next, meta)
	return nil
}

func setTags(m *api.Meta, tags []string) error {
	tags = slices.Compact(slices.Sorted(slices.Values(tags)))
	if len(tags) > maxTags {
		return invalid("%d tags are too many, at most %d are allowed", len(tags), maxTags)
	}
	for _, t := range tags {
		if n := utf8.RuneCountInString(t); n == 0 || n > maxTagText || !utf8.ValidString(t) {
			return invalid("a tag must have 1 to %d characters, '%.40s' has %d", maxTagText, t, n)
		}
	}
	m.Tags = tags
	if len(tags) == 0 {
		m.Tags = nil
	}
	return nil
}

// withMeta gives a copy of an object that people make, and the Meta in it; nil for other objects.
func withMeta(o api.Object) (api.Object, *api.Meta) {
	switch o := o.(type) {
	case *api.Network:
		c := *o
		return &c, &c.Meta
	case *api.Subnet:
		c := *o
		return &c, &c.Meta
	case *api.Port:
		c := *o
		return &c, &c.Meta
	case *api.Router:
		c := *o
		return &c, &c.Meta
	case *api.FloatingIP:
		c := *o
		return &c, &c.Meta
	case *api.Trunk:
		c := *o
		return &c, &c.Meta
	case *api.VTEP:
		c := *o
		return &c, &c.Meta
	case *api.SubnetPool:
		c := *o
		return &c, &c.Meta
	case *api.AddressScope:
		c := *o
		return &c, &c.Meta
	}
	return nil, nil
}
