package neutron

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"time"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

// agent is one of Neutron's agents, as clients of Neutron look for them: each host does the work of three.
type agent struct {
	host *api.Host
	kind agentKind
}

type agentKind struct {
	name, binary, topic string
	settings            map[string]any
}

// The topics of Neutron's agents tell their kinds apart.
const (
	switchTopic = "N/A"
	l3Topic     = "l3_agent"
	dhcpTopic   = "dhcp_agent"
)

func agentKinds() []agentKind {
	return []agentKind{
		{"Open vSwitch agent", "neutron-openvswitch-agent", switchTopic,
			map[string]any{"tunnel_types": []any{"vxlan"}, "enable_distributed_routing": true}},
		{"L3 agent", "neutron-l3-agent", l3Topic, map[string]any{"agent_mode": "dvr_snat"}},
		{"DHCP agent", "neutron-dhcp-agent", dhcpTopic, map[string]any{}},
	}
}

// Ref implements api.Object. An agent's id follows from its host's name and its kind.
func (a *agent) Ref() api.Ref {
	return api.Ref{Kind: "agent", ID: uuidOf(a.kind.binary, string(a.host.ID))}
}

// uuidOf makes an id of what identifies a thing, for things that are not stored but that clients know by an id.
func uuidOf(kind, name string) string {
	b := sha256.Sum256([]byte(kind + "\x00" + name))
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

func allAgents(v api.View) iter.Seq[*agent] {
	return func(yield func(*agent) bool) {
		for h := range v.Hosts() {
			for _, k := range agentKinds() {
				if !yield(&agent{h, k}) {
					return
				}
			}
		}
	}
}

// findIn finds an object of a view that is small enough to look through.
func findIn[O api.Object](all func(api.View) iter.Seq[O]) func(api.View, string) (O, bool) {
	return func(v api.View, id string) (O, bool) {
		for o := range all(v) {
			if o.Ref().ID == id {
				return o, true
			}
		}
		var none O
		return none, false
	}
}

var findAgent = findIn(allAgents)

var noAgent = wire.NotFound("AgentNotFound", "Agent %s could not be found.")

// agentRequest changes an agent.
type agentRequest struct {
	up          intent.Opt[bool]
	description intent.Opt[string]
}

func agents(ops *intent.Ops) noun.Resource {
	type A = *agent
	type R = agentRequest
	return &noun.Noun[A, R]{
		One: "agent", Many: "agents", Prefix: "v2.0", Key: "id", Meta: func(a A) *api.Meta { return &a.host.Meta }, Apart: true,
		Who:     access.Rights{See: access.Admins, Update: access.Admins, Delete: access.Admins},
		Missing: noAgent,
		View:    &noun.View[A]{All: allAgents, Find: findAgent},
		Update:  func(tx *api.Txn, id string, r R) (A, error) { return updateAgent(ops, tx, id, r) },
		Remove:  func(tx *api.Txn, id string) error { return deleteAgent(ops, tx, id) },
		Attributes: []noun.Attr[A]{
			noun.Read("id", "id of the agent; follows from host and type", wire.UUID[string](), func(_ noun.Scope, a A) string { return a.Ref().ID }),
			noun.Read("agent_type", "which of Neutron's agents", wire.Text(noun.MaxName), func(_ noun.Scope, a A) string { return a.kind.name }),
			noun.Read("binary", "Neutron's program for this", wire.Text(noun.MaxName), func(_ noun.Scope, a A) string { return a.kind.binary }),
			noun.Read("topic", "where Neutron sends its messages", wire.Text(noun.MaxName), func(_ noun.Scope, a A) string { return a.kind.topic }),
			noun.Read("host", "host that does the work", wire.Named[api.HostID](wire.Text(noun.MaxName)), func(_ noun.Scope, a A) api.HostID { return a.host.ID }),
			noun.Later("admin_state_up", "false: the L3 agent's host gets no gateways of routers, and gives up those that another can take; the Open vSwitch "+
				"agent's gets no further guests; the DHCP agent's is always true, since each host answers its own guests", wire.Boolean(),
				func(_ noun.Scope, a A) bool { return a.up() }, func(r *R, v intent.Opt[bool]) { r.up = v }),
			noun.Read("alive", "whether the host's agent was heard within the last seconds", wire.Boolean(),
				func(s noun.Scope, a A) bool { return s.Inspector.Host(a.host.ID).Alive }),
			noun.Read("availability_zone", "zone that the host is in; null: what the agent does is in no zone", wire.NullWhenEmpty(wire.Text(noun.MaxName)),
				func(_ noun.Scope, a A) string { return a.zone() }),
			noun.Read("configurations", "how it works", wire.Object(), agentSettings),
			noun.Later("description", "what the host is; its agents share it", wire.NullWhenEmpty(wire.Text(noun.MaxName)),
				func(_ noun.Scope, a A) string { return a.host.Description },
				func(r *R, v intent.Opt[string]) { r.description = intent.Some(v.Or("")) }),
			noun.Read("created_at", "when the host was made", agentTime(), func(_ noun.Scope, a A) time.Time { return a.host.CreatedAt }),
			noun.Read("started_at", "when the host was made", agentTime(), func(_ noun.Scope, a A) time.Time { return a.host.CreatedAt }),
			noun.Read("heartbeat_timestamp", "when the host's agent was last heard", agentTime(),
				func(s noun.Scope, a A) time.Time { return s.Inspector.Host(a.host.ID).LastSeen }),
			noun.Read("resources_synced", "not used by weft", wire.Boolean().OrNull(), func(noun.Scope, A) bool { return true }),
		},
	}
}

// up reports whether the administrator lets an agent do its work.
func (a *agent) up() bool {
	switch a.kind.topic {
	case l3Topic:
		return !a.host.NoGateways
	case dhcpTopic:
		return true
	}
	return !a.host.NoGuests
}

// zone is the availability zone of what the agent does: routers and networks are in zones, ports are not.
func (a *agent) zone() string {
	if a.kind.topic == switchTopic {
		return ""
	}
	return theZone
}

func updateAgent(ops *intent.Ops, tx *api.Txn, id string, r agentRequest) (*agent, error) {
	a, ok := findAgent(tx.View, id)
	if !ok {
		return nil, noAgent(wire.Shorten(id))
	}
	req := intent.HostRequest{Description: r.description}
	switch a.kind.topic {
	case l3Topic:
		req.TakesGateways = r.up
	case dhcpTopic:
		if !r.up.Or(true) {
			return nil, wire.InvalidInput("a DHCP agent is always up: each host answers the guests that it has. Switch enable_dhcp of a subnet")
		}
	default:
		req.TakesGuests = r.up
	}
	h, err := ops.UpdateHost(tx, a.host.ID, req)
	return &agent{h, a.kind}, err
}

// deleteAgent forgets the host whose agent it is, with its other agents, if it is dead.
func deleteAgent(ops *intent.Ops, tx *api.Txn, id string) error {
	a, ok := findAgent(tx.View, id)
	if !ok {
		return noAgent(wire.Shorten(id))
	}
	return ops.DeleteDeadHost(tx, a.host.ID)
}

func agentSettings(_ noun.Scope, a *agent) map[string]any {
	out := map[string]any{}
	for k, v := range a.kind.settings {
		out[k] = v
	}
	if a.kind.topic == switchTopic {
		out["bridge_mappings"] = wire.AnyMap(a.host.BridgeMappings)
		out["tunneling_ip"] = wire.Address().Render(a.host.TunnelIP)
	}
	return out
}

// agentTime is a point in time as Neutron writes it for agents alone.
func agentTime() wire.Kind[time.Time] {
	k := wire.Instant()
	k.Schema.Format = "YYYY-MM-DD HH:MM:SS"
	k.Render = func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UTC().Format(time.DateTime)
	}
	return k
}
