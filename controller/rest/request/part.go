package request

import (
	"strings"

	"weft/controller/rest/noun"
)

// PartRoutes are the routes of a resource that is part of another: a collection for each object of that. of finds the
// collection of the object in the path, as the caller may see it.
func (s *Service) PartRoutes(declared noun.Resource, admin bool, of func(*Call) (noun.Resource, error)) []Route {
	d := declared.Describe()
	all, one := s.methods(declared, d)
	pattern := strings.Split(strings.Trim(d.Path, "/"), "/")
	for i, word := range pattern {
		if strings.HasPrefix(word, "{") {
			pattern[i] = "*"
		}
	}
	return []Route{
		{Pattern: pattern, Name: d.Path, Admin: admin, Methods: s.eachOf(all, of, func(r noun.Resource) map[string]Handler {
			all, _ := s.methods(r, d)
			return all
		})},
		{Pattern: append(pattern[:len(pattern):len(pattern)], "*"), Name: d.Path + "/{id}", Admin: admin, Methods: s.eachOf(one, of, func(r noun.Resource) map[string]Handler {
			_, one := s.methods(r, d)
			return one
		})},
	}
}

// eachOf gives handlers that work on the collection of the object in the path.
func (s *Service) eachOf(methods map[string]Handler, of func(*Call) (noun.Resource, error), do func(noun.Resource) map[string]Handler) map[string]Handler {
	out := make(map[string]Handler, len(methods))
	for m := range methods {
		out[m] = func(c *Call) (Answer, error) {
			res, err := of(c)
			if err != nil {
				return Answer{}, err
			}
			inner := *c
			inner.Vars = c.Vars[1:]
			return do(res)[m](&inner)
		}
	}
	return out
}
