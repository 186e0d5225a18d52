package cli

import (
	"cmp"
	"errors"
	"slices"

	"weft/client"
)

// tagOptions set an object's tags; on set those that are given come to those that are there.
func tagOptions() []option {
	tag := option{flag: "tag", value: "TAG", help: "label to add", on: always, repeat: true, sets: []string{"tags"},
		apply: func(e *edit, v []string) error {
			e.retag(append(e.tags("no-tag"), v...))
			return nil
		}}
	none := option{flag: "no-tag", help: "no label but those that --tag gives", on: onSet, sets: []string{"tags"},
		apply: func(e *edit, _ []string) error {
			if !e.given("tag") {
				e.retag(nil)
			}
			return nil
		}}
	untag := option{flag: "tag", value: "TAG", help: "label to take away", on: onUnset, repeat: true, sets: []string{"tags"},
		apply: func(e *edit, v []string) error {
			e.retag(slices.DeleteFunc(e.tags("all-tag"), func(t string) bool { return slices.Contains(v, t) }))
			return nil
		}}
	all := option{flag: "all-tag", help: "take all labels away", on: onUnset, sets: []string{"tags"}, apply: func(e *edit, _ []string) error {
		e.retag(nil)
		return nil
	}}
	return []option{tag, none, untag, all}
}

// tags are those that the object has, unless the flag says that they go.
func (e *edit) tags(unless string) []string {
	if e.given(unless) {
		return nil
	}
	var out []string
	list, _ := e.have["tags"].([]any)
	for _, t := range list {
		out = append(out, asText(t))
	}
	return out
}

// retag sets the tags: of a new object with the others, of one that is there by a call of their own.
func (e *edit) retag(tags []string) {
	tags = slices.Compact(slices.Sorted(slices.Values(tags)))
	if e.have == nil {
		e.attrs["tags"] = tags
		return
	}
	e.newTags = &tags
}

// change makes the request of set and unset. The tags have a path of their own.
func (e *edit) change(r client.Resource, id string) (o client.Object, err error) {
	var late *client.Unconfirmed
	if len(e.attrs) > 0 {
		if o, err = e.c.Update(e.ctx, r, id, e.attrs); err != nil && !errors.As(err, &late) {
			return o, err
		}
	}
	if e.newTags == nil {
		return o, err
	}
	_, failed := e.c.Action(e.ctx, r, id, "tags", client.Object{"tags": append([]string{}, *e.newTags...)})
	return o, cmp.Or(failed, err)
}

// tagFilters are the ways to ask for tags; each takes a list with commas.
func tagFilters() []filter {
	return []filter{
		{flag: "tags", attr: "tags", help: "only those with all of these tags, TAG,TAG…"},
		{flag: "any-tags", attr: "tags-any", help: "only those with one of these tags"},
		{flag: "not-tags", attr: "not-tags", help: "only those that lack one of these tags"},
		{flag: "not-any-tags", attr: "not-tags-any", help: "only those with none of these tags"},
	}
}
