package apply

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"go.yaml.in/yaml/v3"

	"weft/api"
	"weft/client"
)

// A router's leg is a port that weft makes: it is in no file, and goes by its router and a subnet that it is on, as in
// "port: {router: r, subnet: web4}".

// leg says which one a reference means.
type leg struct{ router, subnet *reference }

// leg reads a reference to a leg, if a port is named and not by one word.
func (r *reader) leg(at string, s client.Schema, n *yaml.Node) (ref any, isLeg bool) {
	port, isPort := client.KindOf(r.doc.kinds, s.Ref)
	if !isPort || s.Ref != client.Ports.Singular || n.Kind != yaml.MappingNode {
		return nil, false
	}
	parts := map[string]*reference{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, resolved(n.Content[i+1])
		k, known := client.KindOf(r.doc.kinds, key)
		if known && value.Kind == yaml.ScalarNode && (key == client.Routers.Singular || key == client.Subnets.Singular) {
			parts[key] = &reference{kind: k, text: value.Value, at: r.at(value)}
		}
	}
	l := &leg{parts[client.Routers.Singular], parts[client.Subnets.Singular]}
	if l.router == nil || l.subnet == nil || len(n.Content) != 4 {
		r.fault(n, `%s: a router's interface is written {router: its router, subnet: a subnet that it is on}`, at)
		return nil, true
	}
	return &reference{kind: port, text: l.router.text + " on " + l.subnet.text, at: r.at(n), leg: l}, true
}

// finds reports whether a port is the leg.
func (l *leg) finds(o client.Object) bool {
	router, subnet := l.router.known(), l.subnet.known()
	return router != "" && subnet != "" && o.Text("device_owner") == api.OwnerRouterInterface && o.Text("device_id") == router &&
		slices.ContainsFunc(asList(o["fixed_ips"]), func(v any) bool {
			f, _ := v.(map[string]any)
			return f["subnet_id"] == subnet
		})
}

// leg finds the port of a leg, if it is there already.
func (l *live) leg(ctx context.Context, ref *reference) error {
	if _, err := l.all(ctx, ref.kind); err != nil {
		return err
	}
	for _, o := range l.own[ref.kind.Singular] {
		if ref.leg.finds(o.Object) {
			ref.id = o.id
		}
	}
	return nil
}

// legs finds the ports of the legs in a value that were made meanwhile.
func (r *runner) legs(ctx context.Context, v any) error {
	for _, ref := range collect(nil, v) {
		if ref.leg == nil || ref.id != "" {
			continue
		}
		list, err := r.c.List(ctx, ref.kind.Resource(), url.Values{"device_id": {ref.leg.router.known()}, "device_owner": {api.OwnerRouterInterface}})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, ref.leg.finds)
		if i < 0 {
			return &Problem{ref.at, fmt.Errorf("router %q has no interface on subnet %q: add it to the router's interfaces",
				ref.leg.router.text, ref.leg.subnet.text)}
		}
		ref.id = ref.kind.Resource().IDOf(list[i])
	}
	return nil
}

// legOf writes how the file refers to a leg; nil: the id is none's.
func (x *exporter) legOf(kind, id string) *yaml.Node {
	if kind != client.Ports.Singular || x.refs[kind][id] != "" {
		return nil
	}
	i := slices.IndexFunc(x.live.own[kind], func(o *object) bool { return o.id == id && o.Text("device_owner") == api.OwnerRouterInterface })
	if i < 0 {
		return nil
	}
	o := x.live.own[kind][i]
	addresses := asList(o.Object["fixed_ips"])
	if len(addresses) == 0 {
		return nil
	}
	first, _ := addresses[0].(map[string]any)
	return &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle, Content: []*yaml.Node{
		word(client.Routers.Singular), word(x.ref(client.Routers.Singular, o.Text("device_id"))),
		word(client.Subnets.Singular), word(x.ref(client.Subnets.Singular, text(first["subnet_id"]))),
	}}
}
