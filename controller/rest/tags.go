package rest

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"weft/api"
)

// tagRoutes are the tags of each of Neutron's resources: all at once, and one by one.
func (s *service) tagRoutes() []route {
	var out []route
	for _, res := range s.resources {
		d := res.describe()
		if !taggable(d) {
			continue
		}
		base := append(strings.Split(strings.Trim(d.Path, "/"), "/"), "*", "tags")
		out = append(out,
			route{pattern: base, name: d.Path + "/{id}/tags", methods: map[string]handler{
				http.MethodGet: s.showTags(res), http.MethodPut: s.replaceTags(res), http.MethodDelete: s.clearTags(res),
			}},
			route{pattern: append(base[:len(base):len(base)], "*"), name: d.Path + "/{id}/tags/{tag}", methods: map[string]handler{
				http.MethodGet: s.hasTag(res), http.MethodPut: s.addTag(res), http.MethodDelete: s.dropTag(res),
			}},
		)
	}
	return out
}

func taggable(d Resource) bool {
	return slices.ContainsFunc(d.Attributes, func(a Attribute) bool { return a.Name == "tags" })
}

// tagsOf gives the tags of the object that a call names, if its caller may see it.
func (s *service) tagsOf(c *call, res resource) ([]string, error) {
	v := s.State.Snapshot().View
	if err := res.permit(c.policy(), v, c.vars[0], res.deed(seeing, demands{})); err != nil {
		return nil, untagged(res, c.vars[0], err)
	}
	return res.tags(v, c.vars[0])
}

func (s *service) showTags(res resource) handler {
	return func(c *call) (answer, error) {
		tags, err := s.tagsOf(c, res)
		return ok(row{{"tags", some(tags)}}), err
	}
}

func (s *service) hasTag(res resource) handler {
	return func(c *call) (answer, error) {
		tags, err := s.tagsOf(c, res)
		if err == nil && !slices.Contains(tags, c.vars[1]) {
			err = noTag(c.vars[1])
		}
		return answer{status: http.StatusNoContent}, err
	}
}

func noTag(tag string) error {
	return api.Faultf(api.NotFound, "TagNotFound", "Tag %s could not be found.", shorten(tag))
}

// retag changes the tags of the object that a call names.
func (s *service) retag(c *call, res resource, change func(have []string) ([]string, error)) (http.Header, error) {
	act := deed{verb: updating, beside: true, rule: "update_" + res.describe().Plural + "_tags"}
	_, header, err := s.commit(c, s.matching(c, res, act, func(tx *api.Txn) error {
		have, err := res.tags(tx.View, c.vars[0])
		if err != nil {
			return err
		}
		want, err := change(slices.Clone(have))
		if err != nil {
			return err
		}
		return s.Ops.SetTags(tx, res.ref(c.vars[0]), want)
	}))
	return header, untagged(res, c.vars[0], err)
}

// untagged says of an object that is not there what Neutron's tags say.
func untagged(res resource, id string, err error) error {
	var f *api.Fault
	if errors.As(err, &f) && f.Class == api.NotFound && f.Type != "TagNotFound" {
		return api.Faultf(api.NotFound, "TagResourceNotFound", "Resource %s %s could not be found.", res.describe().Plural, shorten(id))
	}
	return err
}

func (s *service) replaceTags(res resource) handler {
	return func(c *call) (answer, error) {
		body, err := readBody(c.w, c.r)
		if err != nil {
			return answer{}, err
		}
		want, err := readTags(body)
		if err != nil {
			return answer{}, err
		}
		header, err := s.retag(c, res, func([]string) ([]string, error) { return want, nil })
		return answer{http.StatusOK, row{{"tags", some(want)}}, header}, err
	}
}

func readTags(body map[string]any) ([]string, error) {
	if len(body) != 1 {
		return nil, errTags
	}
	return toTags(body["tags"])
}

var errTags = invalidInput("Invalid tags body, want {\"tags\": [\"…\"]}")

// tagList is a set of labels.
func tagList() kind[[]string] {
	k := list[string]()
	k.parse = toTags
	return k.of(text(maxName).schema)
}

func toTags(v any) ([]string, error) {
	given, ok := v.([]any)
	if !ok {
		return nil, errTags
	}
	out := make([]string, 0, len(given))
	for _, g := range given {
		t, ok := g.(string)
		switch {
		case !ok:
			return nil, invalidInput("'%s' is not a valid string", show(g))
		case slices.Contains(out, t):
			return nil, invalidInput("Duplicate items in the list: '%s'", show(t))
		}
		out = append(out, t)
	}
	return out, nil
}

func (s *service) clearTags(res resource) handler {
	return func(c *call) (answer, error) {
		header, err := s.retag(c, res, func([]string) ([]string, error) { return nil, nil })
		return answer{http.StatusNoContent, nil, header}, err
	}
}

func (s *service) addTag(res resource) handler {
	return func(c *call) (answer, error) {
		header, err := s.retag(c, res, func(have []string) ([]string, error) { return append(have, c.vars[1]), nil })
		return answer{http.StatusCreated, nil, header}, err
	}
}

func (s *service) dropTag(res resource) handler {
	return func(c *call) (answer, error) {
		header, err := s.retag(c, res, func(have []string) ([]string, error) {
			i := slices.Index(have, c.vars[1])
			if i < 0 {
				return nil, noTag(c.vars[1])
			}
			return slices.Delete(have, i, i+1), nil
		})
		return answer{http.StatusNoContent, nil, header}, err
	}
}

// tagFilter gives the test of one of Neutron's four filters on tags; each takes a list with commas.
func tagFilter(f filter) (test func(tags []string) bool, known bool) {
	var want []string
	for _, v := range f.values {
		want = append(want, strings.Split(v, ",")...)
	}
	all := func(tags []string) bool {
		return !slices.ContainsFunc(want, func(t string) bool { return !slices.Contains(tags, t) })
	}
	one := func(tags []string) bool {
		return slices.ContainsFunc(want, func(t string) bool { return slices.Contains(tags, t) })
	}
	switch f.name {
	case "tags":
		return all, true
	case "tags-any":
		return one, true
	case "not-tags":
		return func(tags []string) bool { return !all(tags) }, true
	case "not-tags-any":
		return func(tags []string) bool { return !one(tags) }, true
	}
	return nil, false
}
