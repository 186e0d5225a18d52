package operator

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
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
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

func hosts(ops *intent.Ops, token func(api.HostID, string) string) noun.Resource {
	type R = hostRequest
	type H = *api.Host
	meta := func(h H) *api.Meta { return &h.Meta }
	return &noun.Noun[H, R]{
		Kind: api.KindHost, One: "host", Many: "hosts", Prefix: "v1", Key: "name", Meta: meta, Apart: true,
		Example: wire.Row{{"name", "host7"}, {"description", "rack 7"}},
		Who:     access.OnlyAdmins(),
		Missing: wire.NotFound("HostNotFound", "Host %s could not be found."),
		Create:  func(tx *api.Txn, r R) (H, error) { return ops.CreateHost(tx, r.hashed()) },
		Update:  func(tx *api.Txn, id string, r R) (H, error) { return ops.UpdateHost(tx, api.HostID(id), r.hashed()) },
		Remove:  noun.DropID(ops.DeleteHost),
		Extra: func(h H, r *R) wire.Row {
			if r.secret == "" {
				return nil
			}
			return wire.Row{{"join_token", token(h.ID, r.secret)}}
		},
		Extras: []wire.Part{wire.May("join_token", wire.Word)},
		Attributes: []noun.Attr[H]{
			noun.Once("name", "name of the host, as in its certificate", hostName(),
				func(_ noun.Scope, h H) api.HostID { return h.ID }, func(r *R, v intent.Opt[api.HostID]) { r.Name, r.secret = v.V, auth.NewSecret() }).Need(),
			noun.Hidden(noun.Later[H]("rejoin", "true: the answer has a new join token, with which the host's agent may join anew", wire.Boolean(),
				func(noun.Scope, H) bool { return false }, func(r *R, v intent.Opt[bool]) {
					if v.Or(false) {
						r.secret = auth.NewSecret()
					}
				})),
			noun.RW("description", "what the host is", wire.Text(noun.MaxName),
				func(_ noun.Scope, h H) string { return h.Description }, func(r *R, v intent.Opt[string]) { r.Description = v }),
			noun.RW("takes_guests", "whether guests that are not there yet may be bound to it; those that are there stay", wire.Boolean(),
				func(_ noun.Scope, h H) bool { return !h.NoGuests }, func(r *R, v intent.Opt[bool]) { r.TakesGuests = v }).Or(true),
			noun.RW("takes_gateways", "whether routers' gateways may be on it; false: they move to hosts that can take them", wire.Boolean(),
				func(_ noun.Scope, h H) bool { return !h.NoGateways }, func(r *R, v intent.Opt[bool]) { r.TakesGateways = v }).Or(true),
			noun.Read("state", "joining: its agent has not come yet; up; down: its agent is not heard; cut-off: it cannot be reached, and works on", wire.Text(noun.MaxName), hostState),
			noun.Read("down_since", "since when nothing of it has been connected; its routers' gateways are elsewhere, unless it is cut off; null: it is connected", wire.Instant().OrNull(),
				func(_ noun.Scope, h H) time.Time { return h.Down }),
			noun.Read("alive", "whether its agent was heard within the last seconds", wire.Boolean(),
				func(s noun.Scope, h H) bool { return s.Inspector.Host(h.ID).Alive }),
			noun.Read("last_seen", "when its agent was last heard", wire.Instant(),
				func(s noun.Scope, h H) time.Time { return s.Inspector.Host(h.ID).LastSeen }),
			noun.Read("tunnel_ip", "address of its tunnels", wire.Address().OrNull(), func(_ noun.Scope, h H) netip.Addr { return h.TunnelIP }),
			noun.Read("tunnel_mtu", "MTU of the device that has tunnel_ip, in bytes; 0: not known", wire.Integer(0, 1<<16),
				func(_ noun.Scope, h H) int { return h.TunnelMTU }),
			noun.Read("mac_address", "source of routed frames that it sends to others", wire.MAC(), func(_ noun.Scope, h H) api.MAC { return h.MAC }),
			noun.Read("bridge_mappings", "bridge of each physical network", wire.Object(),
				func(_ noun.Scope, h H) map[string]any { return wire.AnyMap(h.BridgeMappings) }),
			noun.Read("bridges", "its bridges, as its agent sees them", wire.List[api.BridgeState]().Of(wire.Shape(wire.Must("name", wire.Word), wire.Must("datapath_id", wire.Whole), wire.May("ports", wire.Schema{Type: "object"}))),
				func(_ noun.Scope, h H) []api.BridgeState { return h.Bridges }),
			noun.Read("problem", "what keeps it from working; empty if nothing is known to", wire.Text(noun.MaxName), hostProblem),
			noun.Read("revision_wanted", "newest revision that concerns it", revisionKind(),
				func(s noun.Scope, h H) api.Revision { return s.Inspector.Host(h.ID).Wanted }),
			noun.Read("revision_confirmed", "revision of which it holds everything", revisionKind(),
				func(s noun.Scope, h H) api.Revision { return s.Inspector.Host(h.ID).Confirmed }),
			noun.Read("repaired", "what of weft's own somebody else had changed there, and was last put right; empty: nothing since the controller's start", wire.Text(noun.MaxName),
				func(s noun.Scope, h H) string { return s.Inspector.Host(h.ID).Repaired }),
			noun.Read("repaired_at", "when that was; null: never", wire.Instant().OrNull(),
				func(s noun.Scope, h H) time.Time { return s.Inspector.Host(h.ID).RepairedAt }),
			noun.Read("agent_version", "version of its agent", wire.Text(noun.MaxName), func(s noun.Scope, h H) string { return s.Inspector.Host(h.ID).Agent }),
			noun.Read("ovs_version", "version of its Open vSwitch", wire.Text(noun.MaxName), func(s noun.Scope, h H) string { return s.Inspector.Host(h.ID).OVS }),
			noun.Read("created_at", "when the host was made", wire.Instant(), func(_ noun.Scope, h H) time.Time { return h.CreatedAt }),
			noun.Read("updated_at", "when the host last changed", wire.Instant(), func(_ noun.Scope, h H) time.Time { return h.UpdatedAt }),
			noun.Read("revision_number", "counts the changes of the host", wire.Integer(0, 1<<62), func(_ noun.Scope, h H) int { return h.RevisionNumber }),
		},
	}
}

var hostNames = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$`)

func hostName() wire.Kind[api.HostID] {
	return wire.Named[api.HostID](wire.Kind[string]{
		Schema: wire.Schema{Type: "string", Format: "hostname"},
		Render: wire.Same[string],
		Parse: func(v any) (string, error) {
			s, _ := v.(string)
			if !hostNames.MatchString(s) {
				return "", fmt.Errorf("'%s' is not a host name: up to 63 letters, digits, '-', '_' and '.', first and last a letter or digit", wire.Show(v))
			}
			return s, nil
		},
	})
}

func revisionKind() wire.Kind[api.Revision] { return wire.Number[api.Revision](0, 1<<62) }

func hostState(s noun.Scope, h *api.Host) string {
	switch st := s.Inspector.Host(h.ID); {
	case st.Alive:
		return "up"
	case h.Life() == api.CutOff:
		return "cut-off"
	case st.LastSeen.IsZero() && h.JoinHash != "":
		return "joining"
	}
	return "down"
}

func hostProblem(s noun.Scope, h *api.Host) string {
	said := s.Inspector.Host(h.ID).Problem
	switch hostState(s, h) {
	case "cut-off":
		return "the controller cannot reach it, other hosts can: it works on with what it was told last, and keeps routers' gateways"
	case "joining":
		return "its agent has not come yet: start it there with its join token ('weft host set " + string(h.ID) + " --rejoin' makes a new one)"
	case "down":
		why := "nothing is heard of its agent: is the machine on, does weft-agent run there, and does it reach the controller?"
		known := slices.DeleteFunc([]string{said, s.Status.Problem(h.Ref())}, func(p string) bool { return p == "" })
		if len(known) > 0 {
			why += " (known before: " + strings.Join(known, "; ") + ")"
		}
		return why
	}
	if said != "" {
		return said
	}
	if p := s.Status.Problem(h.Ref()); p != "" {
		return p
	}
	return intent.MTUProblem(s.View, h)
}
