package access

import (
	"weft/api"
)

// Demands are what a request asks its caller to be allowed, beside the right to the object itself.
type Demands struct {
	Network api.NetworkID // that the request names for a new object
	Guarded []Demand
	Named   []Mention
}

// ByNetwork parts what is named into the network of a new object, whose owner's rights count, and all else.
func (d Demands) ByNetwork() (network, others []Mention) {
	for _, m := range d.Named {
		if m.Resource == "network" && m.ID == string(d.Network) {
			network = append(network, m)
		} else {
			others = append(others, m)
		}
	}
	return network, others
}

// Demand is an attribute that was given, with those who may give it.
type Demand struct {
	Name string // of the attribute, like fixed_ips:ip_address
	Who  Right
}

// Mention is an object that a request names by its id. Its caller must be allowed to use that object.
type Mention struct {
	Resource, ID string
	Owned        bool // and must be allowed to change it
	Plugged      bool // and must be allowed to have a router on it
	Strangers    func(id string) error
}

// Forbidden names the attributes that were given and that the caller must not give.
func (d Demands) Forbidden(p Policy, t Target) (names []string) {
	for _, g := range d.Guarded {
		if !g.Who(p, t) {
			names = append(names, g.Name)
		}
	}
	return names
}
