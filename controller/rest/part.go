package rest

import "strings"

// partRoutes are the routes of a resource that is part of another: a collection for each object of that. of finds the
// collection of the object in the path, as the caller may see it.
func (s *service) partRoutes(declared resource, admin bool, of func(*call) (resource, error)) []route {
	d := declared.describe()
	all, one := s.methods(declared, d)
	pattern := strings.Split(strings.Trim(d.Path, "/"), "/")
	for i, word := range pattern {
		if strings.HasPrefix(word, "{") {
			pattern[i] = "*"
		}
	}
	return []route{
		{pattern: pattern, name: d.Path, admin: admin, methods: s.eachOf(all, of, func(r resource) map[string]handler {
			all, _ := s.methods(r, d)
			return all
		})},
		{pattern: append(pattern[:len(pattern):len(pattern)], "*"), name: d.Path + "/{id}", admin: admin, methods: s.eachOf(one, of, func(r resource) map[string]handler {
			_, one := s.methods(r, d)
			return one
		})},
	}
}

// eachOf gives handlers that work on the collection of the object in the path.
func (s *service) eachOf(methods map[string]handler, of func(*call) (resource, error), do func(resource) map[string]handler) map[string]handler {
	out := make(map[string]handler, len(methods))
	for m := range methods {
		out[m] = func(c *call) (answer, error) {
			res, err := of(c)
			if err != nil {
				return answer{}, err
			}
			inner := *c
			inner.vars = c.vars[1:]
			return do(res)[m](&inner)
		}
	}
	return out
}
