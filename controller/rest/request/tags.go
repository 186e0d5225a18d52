package request

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"weft/api"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

// TagRoutes are the tags of each of Neutron's resources: all at once, and one by one.
func (s *Service) TagRoutes() []Route {
	var out []Route
	for _, res := range s.resources {
		d := res.Describe()
		if !taggable(d) {
			continue
		}
		base := append(strings.Split(strings.Trim(d.Path, "/"), "/"), "*", "tags")
		out = append(out,
			Route{Pattern: base, Name: d.Path + "/{id}/tags", Methods: map[string]Handler{
				http.MethodGet: s.showTags(res), http.MethodPut: s.replaceTags(res), http.MethodDelete: s.clearTags(res),
			}},
			Route{Pattern: append(base[:len(base):len(base)], "*"), Name: d.Path + "/{id}/tags/{tag}", Methods: map[string]Handler{
				http.MethodGet: s.hasTag(res), http.MethodPut: s.addTag(res), http.MethodDelete: s.dropTag(res),
			}},
		)
	}
	return out
}

func taggable(d noun.Description) bool {
	return slices.ContainsFunc(d.Attributes, func(a noun.Attribute) bool { return a.Name == "tags" })
}

// tagsOf gives the tags of the object that a call names, if its caller may see it.
func (s *Service) tagsOf(c *Call, res noun.Resource) ([]string, error) {
	v := s.State.Snapshot().View
	if err := res.Permit(c.Policy(), v, c.Vars[0], res.Deed(access.Seeing, access.Demands{})); err != nil {
		return nil, untagged(res, c.Vars[0], err)
	}
	return res.Tags(v, c.Vars[0])
}

func (s *Service) showTags(res noun.Resource) Handler {
	return func(c *Call) (Answer, error) {
		tags, err := s.tagsOf(c, res)
		return OK(wire.Row{{"tags", wire.NonNil(tags)}}), err
	}
}

func (s *Service) hasTag(res noun.Resource) Handler {
	return func(c *Call) (Answer, error) {
		tags, err := s.tagsOf(c, res)
		if err == nil && !slices.Contains(tags, c.Vars[1]) {
			err = noTag(c.Vars[1])
		}
		return Answer{Status: http.StatusNoContent}, err
	}
}

func noTag(tag string) error {
	return api.Faultf(api.NotFound, "TagNotFound", "Tag %s could not be found.", wire.Shorten(tag))
}

// retag changes the tags of the object that a call names.
func (s *Service) retag(c *Call, res noun.Resource, change func(have []string) ([]string, error)) (http.Header, error) {
	act := access.Deed{Verb: access.Updating, Beside: true, Rule: "update_" + res.Describe().Plural + "_tags"}
	_, header, err := s.Commit(c, s.Matching(c, res, act, func(tx *api.Txn) error {
		have, err := res.Tags(tx.View, c.Vars[0])
		if err != nil {
			return err
		}
		want, err := change(slices.Clone(have))
		if err != nil {
			return err
		}
		return s.Ops.SetTags(tx, res.Ref(c.Vars[0]), want)
	}))
	return header, untagged(res, c.Vars[0], err)
}

// untagged says of an object that is not there what Neutron's tags say.
func untagged(res noun.Resource, id string, err error) error {
	var f *api.Fault
	if errors.As(err, &f) && f.Class == api.NotFound && f.Type != "TagNotFound" {
		return api.Faultf(api.NotFound, "TagResourceNotFound", "Resource %s %s could not be found.", res.Describe().Plural, wire.Shorten(id))
	}
	return err
}

func (s *Service) replaceTags(res noun.Resource) Handler {
	return func(c *Call) (Answer, error) {
		body, err := ReadBody(c.Writer, c.Request)
		if err != nil {
			return Answer{}, err
		}
		want, err := readTags(body)
		if err != nil {
			return Answer{}, err
		}
		header, err := s.retag(c, res, func([]string) ([]string, error) { return want, nil })
		return Answer{http.StatusOK, wire.Row{{"tags", wire.NonNil(want)}}, header}, err
	}
}

func readTags(body map[string]any) ([]string, error) {
	if len(body) != 1 {
		return nil, noun.ErrTags
	}
	return noun.ToTags(body["tags"])
}

func (s *Service) clearTags(res noun.Resource) Handler {
	return func(c *Call) (Answer, error) {
		header, err := s.retag(c, res, func([]string) ([]string, error) { return nil, nil })
		return Answer{http.StatusNoContent, nil, header}, err
	}
}

func (s *Service) addTag(res noun.Resource) Handler {
	return func(c *Call) (Answer, error) {
		header, err := s.retag(c, res, func(have []string) ([]string, error) { return append(have, c.Vars[1]), nil })
		return Answer{http.StatusCreated, nil, header}, err
	}
}

func (s *Service) dropTag(res noun.Resource) Handler {
	return func(c *Call) (Answer, error) {
		header, err := s.retag(c, res, func(have []string) ([]string, error) {
			i := slices.Index(have, c.Vars[1])
			if i < 0 {
				return nil, noTag(c.Vars[1])
			}
			return slices.Delete(have, i, i+1), nil
		})
		return Answer{http.StatusNoContent, nil, header}, err
	}
}
