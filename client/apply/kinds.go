package apply

import (
	"slices"
	"strings"

	"weft/client"
)

// kinds are the resources that files may have, each after those that it refers to.
type kinds []client.Kind

// managed picks them from all that the API has.
func managed(all []client.Kind) kinds {
	var ks kinds
	for _, k := range all {
		if !k.Apart && (k.Creatable || k.Upsert) {
			ks = append(ks, k)
		}
	}
	var out kinds
	for len(ks) > 0 {
		i := max(0, slices.IndexFunc(ks, func(k client.Kind) bool { return !ks.needed(k) }))
		out, ks = append(out, ks[i]), slices.Delete(ks, i, i+1)
	}
	return out
}

// needed reports whether a kind refers to another one of these.
func (ks kinds) needed(k client.Kind) bool {
	refs := slices.Concat([]string{k.Parent}, k.After)
	for _, a := range k.Attributes {
		if a.Settable() {
			refs = append(refs, refsOf(a.Schema)...)
		}
	}
	return slices.ContainsFunc(refs, func(ref string) bool {
		other, ok := client.KindOf(ks, ref)
		return ok && other.Singular != k.Singular
	})
}

func refsOf(s client.Schema) []string {
	out := []string{s.Ref}
	if s.Items != nil {
		out = append(out, refsOf(*s.Items)...)
	}
	for _, m := range s.Members {
		out = append(out, refsOf(m.Schema)...)
	}
	return out
}

// find gives the kind of a collection: "networks".
func (ks kinds) find(plural string) (client.Kind, bool) {
	i := slices.IndexFunc(ks, func(k client.Kind) bool { return k.Plural == plural })
	if i < 0 {
		return client.Kind{}, false
	}
	return ks[i], true
}

func members(k client.Kind) []client.Member {
	var out []client.Member
	if k.Parent != "" {
		out = append(out, client.Member{Name: parentKey(k), Required: true, Schema: client.Schema{Type: "string", Ref: k.Parent}})
	}
	for _, a := range k.Attributes {
		if a.Settable() {
			out = append(out, a.Member)
		}
	}
	return out
}

// parentKey is the word in files for the object that a nested one is below.
func parentKey(k client.Kind) string { return k.Parent }

// label is how files write a member: a reference without _id, weft's own attributes without weft:.
func label(m client.Member, all []client.Member) string {
	short := strings.TrimPrefix(m.Name, "weft:")
	if m.Ref != "" || m.RefBy != "" {
		short = strings.TrimSuffix(short, "_id")
	}
	if slices.ContainsFunc(all, func(other client.Member) bool { return other.Name == short && other.Name != m.Name }) {
		return m.Name
	}
	return short
}

// memberOf finds a member by what a file calls it: its label, or its name in the API.
func memberOf(written string, all []client.Member) (client.Member, bool) {
	for _, m := range all {
		if m.Name == written || label(m, all) == written {
			return m, true
		}
	}
	return client.Member{}, false
}

func taggable(k client.Kind) bool {
	_, ok := k.Attribute("tags")
	return ok
}
