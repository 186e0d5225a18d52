package request

import (
	"weft/controller/intent"
	"weft/controller/rest/backend"
	"weft/controller/rest/noun"
)

// Service is what the handlers of requests work with: the state, what may be done to it, what is known of hosts, and the
// resources that a request may name.
type Service struct {
	State     backend.State
	Ops       *intent.Ops
	Status    backend.Status
	Inspector backend.Inspector
	resources []noun.Resource
	Named     map[string]noun.Resource // by the word for one of its objects
}

// NewService makes what handlers of resources work with.
func NewService(state backend.State, ops *intent.Ops, status backend.Status, inspector backend.Inspector, resources []noun.Resource) *Service {
	s := &Service{State: state, Ops: ops, Status: status, Inspector: inspector, resources: resources, Named: map[string]noun.Resource{}}
	for _, res := range resources {
		s.Named[noun.PlainWord(res.Describe().Singular)] = res
	}
	return s
}
