package neutron

import (
	"fmt"
	"iter"
	"slices"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

// theZone is the name of the one availability zone: weft places nothing by zones.
const theZone = "nova"

// zone says that networks, or routers, are in the one availability zone.
type zone struct{ resource string }

// Ref implements api.Object.
func (z zone) Ref() api.Ref { return api.Ref{Kind: "availability_zone", ID: z.resource} }

// zoneHints declares the zones that an object was asked to be in. There is one, which everything is in.
func zoneHints[O, R any](get func(O) []string, set func(*R, intent.Opt[[]string])) noun.Attr[O] {
	zones := wire.ListOf("availability_zone_hints", maxZoneHints, func(v any) (string, error) {
		name, ok := v.(string)
		if !ok {
			return "", fmt.Errorf("'%s' is not a valid string", wire.Show(v))
		}
		return name, nil
	}, func(name string) any { return name }).Of(wire.Text(noun.MaxName).Schema).Given()
	parse := zones.Parse
	zones.Parse = func(v any) ([]string, error) {
		names, err := parse(v)
		for _, name := range names {
			if name != theZone {
				return nil, api.Faultf(api.NotFound, "AvailabilityZoneNotFound", "AvailabilityZone %s could not be found.", wire.Shorten(name))
			}
		}
		return names, err
	}
	return noun.Once("availability_zone_hints", "zones that it is to be in", zones,
		func(_ noun.Scope, o O) []string { return get(o) }, set).Or(wire.Empty())
}

const maxZoneHints = 10

// zonesOf declares the zones of the hosts that an object is on.
func zonesOf[O any](doc string, placed func(api.View, O) bool) noun.Attr[O] {
	return noun.Read("availability_zones", doc, wire.List[string](), func(s noun.Scope, o O) []string {
		if placed(s.View, o) {
			return []string{theZone}
		}
		return nil
	})
}

func availabilityZones() noun.Resource {
	all := func(api.View) iter.Seq[zone] { return slices.Values([]zone{{"network"}, {"router"}}) }
	return &noun.Noun[zone, struct{}]{
		One: "availability_zone", Many: "availability_zones", Prefix: "v2.0", Key: "resource",
		Who:     access.PublicView(),
		Missing: wire.NotFound("AvailabilityZoneNotFound", "AvailabilityZone %s could not be found."),
		View:    &noun.View[zone]{All: all, Find: findIn(all)},
		Attributes: []noun.Attr[zone]{
			noun.Read("name", "name of the zone", wire.Text(noun.MaxName), func(noun.Scope, zone) string { return theZone }),
			noun.Read("resource", "what is in it", wire.Text(noun.MaxName), func(_ noun.Scope, z zone) string { return z.resource }),
			noun.Read("state", "available while a host is up", wire.Text(noun.MaxName), zoneState),
		},
	}
}

func zoneState(s noun.Scope, _ zone) string {
	for h := range s.View.Hosts() {
		if s.Inspector.Host(h.ID).Alive {
			return "available"
		}
	}
	return "unavailable"
}

// provider is who provides a service.
type provider struct{ service, name string }

// Ref implements api.Object.
func (p provider) Ref() api.Ref {
	return api.Ref{Kind: "service_provider", ID: p.name}
}

func serviceProviders() noun.Resource {
	all := func(api.View) iter.Seq[provider] { return slices.Values([]provider{{"L3_ROUTER_NAT", "dvr"}}) }
	return &noun.Noun[provider, struct{}]{
		One: "service_provider", Many: "service_providers", Path: "service-providers", Prefix: "v2.0", Key: "name",
		Who:     access.PublicView(),
		Missing: wire.NotFound("ServiceProviderNotFound", "Service provider %s could not be found."),
		View:    &noun.View[provider]{All: all, Find: findIn(all)},
		Attributes: []noun.Attr[provider]{
			noun.Read("service_type", "kind of service", wire.Text(noun.MaxName), func(_ noun.Scope, p provider) string { return p.service }),
			noun.Read("name", "name of the provider", wire.Text(noun.MaxName), func(_ noun.Scope, p provider) string { return p.name }),
			noun.Read("default", "whether it provides what asks for nobody", wire.Boolean(), func(noun.Scope, provider) bool { return true }),
		},
	}
}
