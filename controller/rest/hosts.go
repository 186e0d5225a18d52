package rest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"weft/api"
	"weft/controller/auth"
	"weft/controller/intent"
)

// hostRequest is a request for a host with the secret that its answer shows once.
type hostRequest struct {
	intent.HostRequest
	secret string
}

// hashed gives the request as the state keeps it: of the secret only a hash.
func (r hostRequest) hashed() intent.HostRequest {
	if r.secret != "" {
		sum := sha256.Sum256([]byte(r.secret))
		r.JoinHash = hex.EncodeToString(sum[:])
	}
	return r.HostRequest
}

func hosts(ops *intent.Ops, token func(api.HostID, string) string) resource {
	type R = hostRequest
	type H = *api.Host
	meta := func(h H) *api.Meta { return &h.Meta }
	return &noun[H, R]{
		kind: api.KindHost, one: "host", many: "hosts", prefix: "v1", key: "name", meta: meta, apart: true,
		example: row{{"name", "host7"}, {"description", "rack 7"}},
		who:     onlyAdmins(),
		missing: notFound("HostNotFound", "Host %s could not be found."),
		create:  func(tx *api.Txn, r R) (H, error) { return ops.CreateHost(tx, r.hashed()) },
		update:  func(tx *api.Txn, id string, r R) (H, error) { return ops.UpdateHost(tx, api.HostID(id), r.hashed()) },
		remove:  dropID(ops.DeleteHost),
		extra: func(h H, r *R) row {
			if r.secret == "" {
				return nil
			}
			return row{{"join_token", token(h.ID, r.secret)}}
		},
		extras: []part{may("join_token", aWord)},
		attributes: []attribute[H]{
			once("name", "name of the host, as in its certificate", hostName(),
				func(_ scope, h H) api.HostID { return h.ID }, func(r *R, v opt[api.HostID]) { r.Name, r.secret = v.V, auth.NewSecret() }).need(),
			hidden(later[H]("rejoin", "true: the answer has a new join token, with which the host's agent may join anew", boolean(),
				func(scope, H) bool { return false }, func(r *R, v opt[bool]) {
					if v.Or(false) {
						r.secret = auth.NewSecret()
					}
				})),
			rw("description", "what the host is", text(maxName),
				func(_ scope, h H) string { return h.Description }, func(r *R, v opt[string]) { r.Description = v }),
			rw("takes_guests", "whether guests that are not there yet may be bound to it; those that are there stay", boolean(),
				func(_ scope, h H) bool { return !h.NoGuests }, func(r *R, v opt[bool]) { r.TakesGuests = v }).or(true),
			rw("takes_gateways", "whether routers' gateways may be on it; false: they move to hosts that can take them", boolean(),
				func(_ scope, h H) bool { return !h.NoGateways }, func(r *R, v opt[bool]) { r.TakesGateways = v }).or(true),
			read("state", "joining: its agent has not come yet; up; down: its agent is not heard; cut-off: it cannot be reached, and works on", text(maxName), hostState),
			read("down_since", "since when nothing of it has been connected; its routers' gateways are elsewhere, unless it is cut off; null: it is connected", instant().orNull(),
				func(_ scope, h H) time.Time { return h.Down }),
			read("alive", "whether its agent was heard within the last seconds", boolean(),
				func(s scope, h H) bool { return s.inspector.Host(h.ID).Alive }),
			read("last_seen", "when its agent was last heard", instant(),
				func(s scope, h H) time.Time { return s.inspector.Host(h.ID).LastSeen }),
			read("tunnel_ip", "address of its tunnels", address().orNull(), func(_ scope, h H) netip.Addr { return h.TunnelIP }),
			read("tunnel_mtu", "MTU of the device that has tunnel_ip, in bytes; 0: not known", integer(0, 1<<16),
				func(_ scope, h H) int { return h.TunnelMTU }),
			read("mac_address", "source of routed frames that it sends to others", mac(), func(_ scope, h H) api.MAC { return h.MAC }),
			read("bridge_mappings", "bridge of each physical network", object(),
				func(_ scope, h H) map[string]any { return anyMap(h.BridgeMappings) }),
			read("bridges", "its bridges, as its agent sees them", list[api.BridgeState]().of(shape(must("name", aWord), must("datapath_id", aNumber), may("ports", schema{Type: "object"}))),
				func(_ scope, h H) []api.BridgeState { return h.Bridges }),
			read("problem", "what keeps it from working; empty if nothing is known to", text(maxName), hostProblem),
			read("revision_wanted", "newest revision that concerns it", revisionKind(),
				func(s scope, h H) api.Revision { return s.inspector.Host(h.ID).Wanted }),
			read("revision_confirmed", "revision of which it holds everything", revisionKind(),
				func(s scope, h H) api.Revision { return s.inspector.Host(h.ID).Confirmed }),
			read("repaired", "what of weft's own somebody else had changed there, and was last put right; empty: nothing since the controller's start", text(maxName),
				func(s scope, h H) string { return s.inspector.Host(h.ID).Repaired }),
			read("repaired_at", "when that was; null: never", instant().orNull(),
				func(s scope, h H) time.Time { return s.inspector.Host(h.ID).RepairedAt }),
			read("agent_version", "version of its agent", text(maxName), func(s scope, h H) string { return s.inspector.Host(h.ID).Agent }),
			read("ovs_version", "version of its Open vSwitch", text(maxName), func(s scope, h H) string { return s.inspector.Host(h.ID).OVS }),
			read("created_at", "when the host was made", instant(), func(_ scope, h H) time.Time { return h.CreatedAt }),
			read("updated_at", "when the host last changed", instant(), func(_ scope, h H) time.Time { return h.UpdatedAt }),
			read("revision_number", "counts the changes of the host", integer(0, 1<<62), func(_ scope, h H) int { return h.RevisionNumber }),
		},
	}
}

var hostNames = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$`)

func hostName() kind[api.HostID] {
	return named[api.HostID](kind[string]{
		schema: schema{Type: "string", Format: "hostname"},
		render: same[string],
		parse: func(v any) (string, error) {
			s, _ := v.(string)
			if !hostNames.MatchString(s) {
				return "", fmt.Errorf("'%s' is not a host name: up to 63 letters, digits, '-', '_' and '.', first and last a letter or digit", show(v))
			}
			return s, nil
		},
	})
}

func revisionKind() kind[api.Revision] { return number[api.Revision](0, 1<<62) }

func hostState(s scope, h *api.Host) string {
	switch st := s.inspector.Host(h.ID); {
	case st.Alive:
		return "up"
	case h.Life() == api.CutOff:
		return "cut-off"
	case st.LastSeen.IsZero() && h.JoinHash != "":
		return "joining"
	}
	return "down"
}

func hostProblem(s scope, h *api.Host) string {
	said := s.inspector.Host(h.ID).Problem
	switch hostState(s, h) {
	case "cut-off":
		return "the controller cannot reach it, other hosts can: it works on with what it was told last, and keeps routers' gateways"
	case "joining":
		return "its agent has not come yet: start it there with its join token ('weft host set " + string(h.ID) + " --rejoin' makes a new one)"
	case "down":
		why := "nothing is heard of its agent: is the machine on, does weft-agent run there, and does it reach the controller?"
		known := slices.DeleteFunc([]string{said, s.status.Problem(h.Ref())}, func(p string) bool { return p == "" })
		if len(known) > 0 {
			why += " (known before: " + strings.Join(known, "; ") + ")"
		}
		return why
	}
	if said != "" {
		return said
	}
	if p := s.status.Problem(h.Ref()); p != "" {
		return p
	}
	return intent.MTUProblem(s.view, h)
}

func anyMap(m map[string]string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}
