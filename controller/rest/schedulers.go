package rest

import (
	"iter"
	"net/http"
	"slices"

	"weft/api"
)

// agentRoutes are who routes and who answers DHCP, as Neutron's schedulers show it. In weft a router is on each host with a
// guest behind it, and DHCP is answered where the guest is; what can be scheduled is a router's gateway, which is on one
// host. So a router that is added to an L3 agent moves its gateway there, and one that is removed moves it away.
func (s *actions) agentRoutes() []route {
	at := func(name string, methods map[string]handler, pattern ...string) route {
		return route{pattern: append([]string{"v2.0"}, pattern...), name: name, admin: true, methods: methods}
	}
	return []route{
		at("/v2.0/routers/{id}/l3-agents", map[string]handler{http.MethodGet: s.l3Agents}, "routers", "*", "l3-agents"),
		at("/v2.0/agents/{id}/l3-routers", map[string]handler{http.MethodGet: s.l3Routers, http.MethodPost: s.addL3Router},
			"agents", "*", "l3-routers"),
		at("/v2.0/agents/{id}/l3-routers/{router_id}", map[string]handler{http.MethodDelete: s.removeL3Router},
			"agents", "*", "l3-routers", "*"),
		at("/v2.0/networks/{id}/dhcp-agents", map[string]handler{http.MethodGet: s.dhcpAgents}, "networks", "*", "dhcp-agents"),
		at("/v2.0/agents/{id}/dhcp-networks", map[string]handler{http.MethodGet: s.dhcpNetworks, http.MethodPost: noDHCPSchedule},
			"agents", "*", "dhcp-networks"),
		at("/v2.0/agents/{id}/dhcp-networks/{network_id}", map[string]handler{http.MethodDelete: noDHCPSchedule},
			"agents", "*", "dhcp-networks", "*"),
	}
}

// routerHosts yields the hosts that route for a router.
func routerHosts(v api.View, r *api.Router) []api.HostID {
	hosts := []api.HostID{}
	for p := range v.PlacementsOf(r.ID) {
		hosts = append(hosts, p.HostID)
	}
	if h := r.GatewayHost(); h != "" {
		hosts = append(hosts, h)
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// dhcpHosts yields the hosts that answer DHCP on a network: those that have it, if a subnet of it wants that.
func dhcpHosts(v api.View, n api.NetworkID) (hosts []api.HostID) {
	if !hasDHCP(v, n) {
		return nil
	}
	for seg := range v.SegmentsOf(n) {
		hosts = append(hosts, seg.HostID)
	}
	slices.Sort(hosts)
	return hosts
}

func hasDHCP(v api.View, n api.NetworkID) bool {
	for s := range v.SubnetsOf(n) {
		if s.EnableDHCP {
			return true
		}
	}
	return false
}

// agentsOn renders the agents of a kind on hosts.
func (s *actions) agentsOn(c *call, snap *api.Snapshot, hosts []api.HostID, topic string) (answer, error) {
	res, out := agents(s.Ops), []row{}
	for a := range allAgents(snap.View) {
		if a.kind.topic != topic || !slices.Contains(hosts, a.host.ID) {
			continue
		}
		r, err := res.show(s.scope(c, snap), a.Ref().ID, nil)
		if err != nil {
			return answer{}, err
		}
		if topic == l3Topic {
			r = append(r, member{"ha_state", nil})
		}
		out = append(out, r)
	}
	return ok(row{{"agents", out}}), nil
}

func (s *actions) l3Agents(c *call) (answer, error) {
	snap := s.State.Snapshot()
	r, found := snap.Router(api.RouterID(c.vars[0]))
	if !found {
		return answer{}, noRouter(shorten(c.vars[0]))
	}
	return s.agentsOn(c, snap, routerHosts(snap.View, r), l3Topic)
}

func (s *actions) dhcpAgents(c *call) (answer, error) {
	snap := s.State.Snapshot()
	n, found := snap.Network(api.NetworkID(c.vars[0]))
	if !found {
		return answer{}, noNetwork(shorten(c.vars[0]))
	}
	return s.agentsOn(c, snap, dhcpHosts(snap.View, n.ID), dhcpTopic)
}

// hosted renders the objects of a resource that an agent of a kind serves; one of another kind serves none.
func (s *actions) hosted(c *call, res resource, topic string, ids func(api.View, api.HostID) iter.Seq[string]) (answer, error) {
	snap, out := s.State.Snapshot(), []row{}
	a, found := findAgent(snap.View, c.vars[0])
	if !found {
		return answer{}, noAgent(shorten(c.vars[0]))
	}
	if a.kind.topic == topic {
		for _, id := range slices.Sorted(ids(snap.View, a.host.ID)) {
			r, err := res.show(s.scope(c, snap), id, nil)
			if err != nil {
				return answer{}, err
			}
			out = append(out, r)
		}
	}
	return ok(row{{res.describe().Plural, out}}), nil
}

func (s *actions) l3Routers(c *call) (answer, error) {
	return s.hosted(c, routers(s.Ops), l3Topic, func(v api.View, h api.HostID) iter.Seq[string] {
		return func(yield func(string) bool) {
			for r := range v.RoutersGatedOn(h) {
				if _, placed := v.Placement(h, r.ID); !placed && !yield(string(r.ID)) {
					return
				}
			}
			for p := range v.PlacementsOn(h) {
				if !yield(string(p.RouterID)) {
					return
				}
			}
		}
	})
}

func (s *actions) dhcpNetworks(c *call) (answer, error) {
	return s.hosted(c, networks(s.Ops), dhcpTopic, func(v api.View, h api.HostID) iter.Seq[string] {
		return func(yield func(string) bool) {
			for seg := range v.SegmentsOn(h) {
				if hasDHCP(v, seg.NetworkID) && !yield(string(seg.NetworkID)) {
					return
				}
			}
		}
	})
}

// l3Agent finds an L3 agent that may be given a router, in Neutron's words if it may not.
func l3Agent(v api.View, id string) (*agent, error) {
	a, found := findAgent(v, id)
	switch {
	case !found:
		return nil, noAgent(shorten(id))
	case a.kind.topic != l3Topic || !a.up():
		return nil, api.Faultf(api.NotFound, "InvalidL3Agent", "Agent %s is not a L3 Agent or has been disabled", a.Ref().ID)
	}
	return a, nil
}

// addL3Router moves a router's gateway to an agent's host.
func (s *actions) addL3Router(c *call) (answer, error) {
	given, err := onlyMember(c, "router_id")
	if err != nil {
		return answer{}, err
	}
	id, err := uuid[api.RouterID]().parse(given)
	if err != nil {
		return answer{}, invalidValue("router_id", err)
	}
	_, header, err := s.commit(c, func(tx *api.Txn) error {
		a, err := l3Agent(tx.View, c.vars[0])
		if err != nil {
			return err
		}
		if r, found := tx.Router(id); found && r.GatewayHost() == a.host.ID {
			return nil // it is there
		}
		_, err = s.Ops.MoveGateway(tx, id, a.host.ID)
		return err
	})
	return answer{http.StatusCreated, row{}, header}, err
}

// removeL3Router moves a router's gateway away from an agent's host.
func (s *actions) removeL3Router(c *call) (answer, error) {
	_, header, err := s.commit(c, func(tx *api.Txn) error {
		a, found := findAgent(tx.View, c.vars[0])
		if !found {
			return noAgent(shorten(c.vars[0]))
		}
		_, err := s.Ops.LeaveGateway(tx, api.RouterID(c.vars[1]), a.host.ID)
		return err
	})
	return answer{http.StatusNoContent, nil, header}, err
}

// noDHCPSchedule is the answer to who would choose the host that answers DHCP.
func noDHCPSchedule(*call) (answer, error) {
	return answer{}, api.Faultf(api.Conflict, "NetworkHostedByDHCPAgent",
		"DHCP is answered on each guest's own host, by the DHCP agents of all of them; none can be added or removed.")
}
