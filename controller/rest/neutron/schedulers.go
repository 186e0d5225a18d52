package neutron

import (
	"iter"
	"net/http"
	"slices"

	"weft/api"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// agentRoutes are who routes and who answers DHCP, as Neutron's schedulers show it. In weft a router is on each host with a
// guest behind it, and DHCP is answered where the guest is; what can be scheduled is a router's gateway, which is on one
// host. So a router that is added to an L3 agent moves its gateway there, and one that is removed moves it away.
func (s *actions) agentRoutes() []request.Route {
	at := func(name string, methods map[string]request.Handler, pattern ...string) request.Route {
		return request.Route{Pattern: append([]string{"v2.0"}, pattern...), Name: name, Admin: true, Methods: methods}
	}
	return []request.Route{
		at("/v2.0/routers/{id}/l3-agents", map[string]request.Handler{http.MethodGet: s.l3Agents}, "routers", "*", "l3-agents"),
		at("/v2.0/agents/{id}/l3-routers", map[string]request.Handler{http.MethodGet: s.l3Routers, http.MethodPost: s.addL3Router},
			"agents", "*", "l3-routers"),
		at("/v2.0/agents/{id}/l3-routers/{router_id}", map[string]request.Handler{http.MethodDelete: s.removeL3Router},
			"agents", "*", "l3-routers", "*"),
		at("/v2.0/networks/{id}/dhcp-agents", map[string]request.Handler{http.MethodGet: s.dhcpAgents}, "networks", "*", "dhcp-agents"),
		at("/v2.0/agents/{id}/dhcp-networks", map[string]request.Handler{http.MethodGet: s.dhcpNetworks, http.MethodPost: noDHCPSchedule},
			"agents", "*", "dhcp-networks"),
		at("/v2.0/agents/{id}/dhcp-networks/{network_id}", map[string]request.Handler{http.MethodDelete: noDHCPSchedule},
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
func (s *actions) agentsOn(c *request.Call, snap *api.Snapshot, hosts []api.HostID, topic string) (request.Answer, error) {
	res, out := agents(s.Ops), []wire.Row{}
	for a := range allAgents(snap.View) {
		if a.kind.topic != topic || !slices.Contains(hosts, a.host.ID) {
			continue
		}
		r, err := res.Show(s.Scope(c, snap), a.Ref().ID, nil)
		if err != nil {
			return request.Answer{}, err
		}
		if topic == l3Topic {
			r = append(r, wire.Member{"ha_state", nil})
		}
		out = append(out, r)
	}
	return request.OK(wire.Row{{"agents", out}}), nil
}

func (s *actions) l3Agents(c *request.Call) (request.Answer, error) {
	snap := s.State.Snapshot()
	r, found := snap.Router(api.RouterID(c.Vars[0]))
	if !found {
		return request.Answer{}, noRouter(wire.Shorten(c.Vars[0]))
	}
	return s.agentsOn(c, snap, routerHosts(snap.View, r), l3Topic)
}

func (s *actions) dhcpAgents(c *request.Call) (request.Answer, error) {
	snap := s.State.Snapshot()
	n, found := snap.Network(api.NetworkID(c.Vars[0]))
	if !found {
		return request.Answer{}, noNetwork(wire.Shorten(c.Vars[0]))
	}
	return s.agentsOn(c, snap, dhcpHosts(snap.View, n.ID), dhcpTopic)
}

// hosted renders the objects of a resource that an agent of a kind serves; one of another kind serves none.
func (s *actions) hosted(c *request.Call, res noun.Resource, topic string, ids func(api.View, api.HostID) iter.Seq[string]) (request.Answer, error) {
	snap, out := s.State.Snapshot(), []wire.Row{}
	a, found := findAgent(snap.View, c.Vars[0])
	if !found {
		return request.Answer{}, noAgent(wire.Shorten(c.Vars[0]))
	}
	if a.kind.topic == topic {
		for _, id := range slices.Sorted(ids(snap.View, a.host.ID)) {
			r, err := res.Show(s.Scope(c, snap), id, nil)
			if err != nil {
				return request.Answer{}, err
			}
			out = append(out, r)
		}
	}
	return request.OK(wire.Row{{res.Describe().Plural, out}}), nil
}

func (s *actions) l3Routers(c *request.Call) (request.Answer, error) {
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

func (s *actions) dhcpNetworks(c *request.Call) (request.Answer, error) {
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
		return nil, noAgent(wire.Shorten(id))
	case a.kind.topic != l3Topic || !a.up():
		return nil, api.Faultf(api.NotFound, "InvalidL3Agent", "Agent %s is not a L3 Agent or has been disabled", a.Ref().ID)
	}
	return a, nil
}

// addL3Router moves a router's gateway to an agent's host.
func (s *actions) addL3Router(c *request.Call) (request.Answer, error) {
	given, err := request.OnlyMember(c, "router_id")
	if err != nil {
		return request.Answer{}, err
	}
	id, err := wire.UUID[api.RouterID]().Parse(given)
	if err != nil {
		return request.Answer{}, wire.InvalidValue("router_id", err)
	}
	_, header, err := s.Commit(c, func(tx *api.Txn) error {
		a, err := l3Agent(tx.View, c.Vars[0])
		if err != nil {
			return err
		}
		if r, found := tx.Router(id); found && r.GatewayHost() == a.host.ID {
			return nil // it is there
		}
		_, err = s.Ops.MoveGateway(tx, id, a.host.ID)
		return err
	})
	return request.Answer{Status: http.StatusCreated, Body: wire.Row{}, Header: header}, err
}

// removeL3Router moves a router's gateway away from an agent's host.
func (s *actions) removeL3Router(c *request.Call) (request.Answer, error) {
	_, header, err := s.Commit(c, func(tx *api.Txn) error {
		a, found := findAgent(tx.View, c.Vars[0])
		if !found {
			return noAgent(wire.Shorten(c.Vars[0]))
		}
		_, err := s.Ops.LeaveGateway(tx, api.RouterID(c.Vars[1]), a.host.ID)
		return err
	})
	return request.Answer{Status: http.StatusNoContent, Body: nil, Header: header}, err
}

// noDHCPSchedule is the answer to who would choose the host that answers DHCP.
func noDHCPSchedule(*request.Call) (request.Answer, error) {
	return request.Answer{}, api.Faultf(api.Conflict, "NetworkHostedByDHCPAgent",
		"DHCP is answered on each guest's own host, by the DHCP agents of all of them; none can be added or removed.")
}
