package rest

import (
	"weft/controller/intent"
)

// service is what the handlers of requests work with: the state, what may be done to it, what is known of hosts, and the
// resources that a request may name.
type service struct {
	State     State
	Ops       *intent.Ops
	Status    Status
	Inspector Inspector
	resources []resource
	named     map[string]resource // by the word for one of its objects
}

// newService makes what handlers of resources work with.
func newService(state State, ops *intent.Ops, status Status, inspector Inspector, resources []resource) *service {
	s := &service{State: state, Ops: ops, Status: status, Inspector: inspector, resources: resources, named: map[string]resource{}}
	for _, res := range resources {
		s.named[plainWord(res.describe().Singular)] = res
	}
	return s
}
