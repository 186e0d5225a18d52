package rest

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"time"

	"weft/api"
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

func agentKinds() []agentKind {
	return []agentKind{
		{"Open vSwitch agent", "neutron-openvswitch-agent", "N/A",
			map[string]any{"tunnel_types": []any{"vxlan"}, "enable_distributed_routing": true}},
		{"L3 agent", "neutron-l3-agent", "l3_agent", map[string]any{"agent_mode": "dvr_snat"}},
		{"DHCP agent", "neutron-dhcp-agent", "dhcp_agent", map[string]any{}},
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

func agents() resource {
	type A = *agent
	return &noun[A, struct{}]{
		one: "agent", many: "agents", prefix: "v2.0", key: "id",
		missing: notFound("AgentNotFound", "Agent %s could not be found."),
		view:    &view[A]{allAgents, findIn(allAgents)},
		attributes: []attribute[A]{
			read("id", "id of the agent; follows from host and type", uuid[string](), func(_ scope, a A) string { return a.Ref().ID }),
			read("agent_type", "which of Neutron's agents", text(maxName), func(_ scope, a A) string { return a.kind.name }),
			read("binary", "Neutron's program for this", text(maxName), func(_ scope, a A) string { return a.kind.binary }),
			read("topic", "where Neutron sends its messages", text(maxName), func(_ scope, a A) string { return a.kind.topic }),
			read("host", "host that does the work", named[api.HostID](text(maxName)), func(_ scope, a A) api.HostID { return a.host.ID }),
			read("admin_state_up", "whether it may do its work", boolean(), func(scope, A) bool { return true }),
			read("alive", "whether the host's agent was heard within the last seconds", boolean(),
				func(s scope, a A) bool { return s.inspector.Host(a.host.ID).Alive }),
			read("availability_zone", "zone that the host is in", text(maxName), func(scope, A) string { return theZone }),
			read("configurations", "how it works", object(), agentSettings),
			read("description", "what the host is", text(maxName), func(_ scope, a A) string { return a.host.Description }),
			read("created_at", "when the host was made", agentTime(), func(_ scope, a A) time.Time { return a.host.CreatedAt }),
			read("started_at", "when the host was made", agentTime(), func(_ scope, a A) time.Time { return a.host.CreatedAt }),
			read("heartbeat_timestamp", "when the host's agent was last heard", agentTime(),
				func(s scope, a A) time.Time { return s.inspector.Host(a.host.ID).LastSeen }),
			read("resources_synced", "not used by weft", boolean().orNull(), func(scope, A) bool { return true }),
		},
	}
}

func agentSettings(_ scope, a *agent) map[string]any {
	out := map[string]any{}
	for k, v := range a.kind.settings {
		out[k] = v
	}
	if a.kind.topic == "N/A" {
		out["bridge_mappings"] = anyMap(a.host.BridgeMappings)
		out["tunneling_ip"] = address().render(a.host.TunnelIP)
	}
	return out
}

// agentTime is a point in time as Neutron writes it for agents alone.
func agentTime() kind[time.Time] {
	k := instant()
	k.render = func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UTC().Format(time.DateTime)
	}
	return k
}
