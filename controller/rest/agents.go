package rest

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"time"

	"weft/api"
	"weft/controller/intent"
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

var noAgent = notFound("AgentNotFound", "Agent %s could not be found.")

// agentRequest changes an agent.
type agentRequest struct {
	up          opt[bool]
	description opt[string]
}

func agents(ops *intent.Ops) resource {
	type A = *agent
	type R = agentRequest
	return &noun[A, R]{
		one: "agent", many: "agents", prefix: "v2.0", key: "id", meta: func(a A) *api.Meta { return &a.host.Meta }, apart: true,
		who:     rights{see: admins, update: admins, delete: admins},
		missing: noAgent,
		view:    &view[A]{allAgents, findAgent},
		update:  func(tx *api.Txn, id string, r R) (A, error) { return updateAgent(ops, tx, id, r) },
		remove:  func(tx *api.Txn, id string) error { return deleteAgent(ops, tx, id) },
		attributes: []attribute[A]{
			read("id", "id of the agent; follows from host and type", uuid[string](), func(_ scope, a A) string { return a.Ref().ID }),
			read("agent_type", "which of Neutron's agents", text(maxName), func(_ scope, a A) string { return a.kind.name }),
			read("binary", "Neutron's program for this", text(maxName), func(_ scope, a A) string { return a.kind.binary }),
			read("topic", "where Neutron sends its messages", text(maxName), func(_ scope, a A) string { return a.kind.topic }),
			read("host", "host that does the work", named[api.HostID](text(maxName)), func(_ scope, a A) api.HostID { return a.host.ID }),
			later("admin_state_up", "false: the L3 agent's host gets no gateways of routers, and gives up those that another can take; the Open vSwitch "+
				"agent's gets no further guests; the DHCP agent's is always true, since each host answers its own guests", boolean(),
				func(_ scope, a A) bool { return a.up() }, func(r *R, v opt[bool]) { r.up = v }),
			read("alive", "whether the host's agent was heard within the last seconds", boolean(),
				func(s scope, a A) bool { return s.inspector.Host(a.host.ID).Alive }),
			read("availability_zone", "zone that the host is in", text(maxName), func(scope, A) string { return theZone }),
			read("configurations", "how it works", object(), agentSettings),
			later("description", "what the host is; its agents share it", text(maxName),
				func(_ scope, a A) string { return a.host.Description }, func(r *R, v opt[string]) { r.description = v }),
			read("created_at", "when the host was made", agentTime(), func(_ scope, a A) time.Time { return a.host.CreatedAt }),
			read("started_at", "when the host was made", agentTime(), func(_ scope, a A) time.Time { return a.host.CreatedAt }),
			read("heartbeat_timestamp", "when the host's agent was last heard", agentTime(),
				func(s scope, a A) time.Time { return s.inspector.Host(a.host.ID).LastSeen }),
			read("resources_synced", "not used by weft", boolean().orNull(), func(scope, A) bool { return true }),
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

func updateAgent(ops *intent.Ops, tx *api.Txn, id string, r agentRequest) (*agent, error) {
	a, ok := findAgent(tx.View, id)
	if !ok {
		return nil, noAgent(shorten(id))
	}
	req := intent.HostRequest{Description: r.description}
	switch a.kind.topic {
	case l3Topic:
		req.TakesGateways = r.up
	case dhcpTopic:
		if !r.up.Or(true) {
			return nil, invalidInput("a DHCP agent is always up: each host answers the guests that it has. Switch enable_dhcp of a subnet")
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
		return noAgent(shorten(id))
	}
	return ops.DeleteDeadHost(tx, a.host.ID)
}

func agentSettings(_ scope, a *agent) map[string]any {
	out := map[string]any{}
	for k, v := range a.kind.settings {
		out[k] = v
	}
	if a.kind.topic == switchTopic {
		out["bridge_mappings"] = anyMap(a.host.BridgeMappings)
		out["tunneling_ip"] = address().render(a.host.TunnelIP)
	}
	return out
}

// agentTime is a point in time as Neutron writes it for agents alone.
func agentTime() kind[time.Time] {
	k := instant()
	k.schema.Format = "YYYY-MM-DD HH:MM:SS"
	k.render = func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UTC().Format(time.DateTime)
	}
	return k
}
