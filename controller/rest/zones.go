package rest

import (
	"fmt"
	"iter"
	"slices"

	"weft/api"
)

// theZone is the name of the one availability zone: weft places nothing by zones.
const theZone = "nova"

// zone says that networks, or routers, are in the one availability zone.
type zone struct{ resource string }

// Ref implements api.Object.
func (z zone) Ref() api.Ref { return api.Ref{Kind: "availability_zone", ID: z.resource} }

// zoneHints declares the zones that an object was asked to be in. There is one, which everything is in.
func zoneHints[O, R any](get func(O) []string, set func(*R, opt[[]string])) attribute[O] {
	zones := listOf("availability_zone_hints", maxZoneHints, func(v any) (string, error) {
		name, ok := v.(string)
		if !ok {
			return "", fmt.Errorf("'%s' is not a valid string", show(v))
		}
		return name, nil
	}, func(name string) any { return name }).of(text(maxName).schema).given()
	parse := zones.parse
	zones.parse = func(v any) ([]string, error) {
		names, err := parse(v)
		for _, name := range names {
			if name != theZone {
				return nil, api.Faultf(api.NotFound, "AvailabilityZoneNotFound", "AvailabilityZone %s could not be found.", shorten(name))
			}
		}
		return names, err
	}
	return once("availability_zone_hints", "zones that it is to be in", zones,
		func(_ scope, o O) []string { return get(o) }, set).or(empty())
}

const maxZoneHints = 10

// zonesOf declares the zones of the hosts that an object is on.
func zonesOf[O any](doc string, placed func(api.View, O) bool) attribute[O] {
	return read("availability_zones", doc, list[string](), func(s scope, o O) []string {
		if placed(s.view, o) {
			return []string{theZone}
		}
		return nil
	})
}

func availabilityZones() resource {
	all := func(api.View) iter.Seq[zone] { return slices.Values([]zone{{"network"}, {"router"}}) }
	return &noun[zone, struct{}]{
		one: "availability_zone", many: "availability_zones", prefix: "v2.0", key: "resource",
		who:     publicView(),
		missing: notFound("AvailabilityZoneNotFound", "AvailabilityZone %s could not be found."),
		view:    &view[zone]{all, findIn(all)},
		attributes: []attribute[zone]{
			read("name", "name of the zone", text(maxName), func(scope, zone) string { return theZone }),
			read("resource", "what is in it", text(maxName), func(_ scope, z zone) string { return z.resource }),
			read("state", "available while a host is up", text(maxName), zoneState),
		},
	}
}

func zoneState(s scope, _ zone) string {
	for h := range s.view.Hosts() {
		if s.inspector.Host(h.ID).Alive {
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

func serviceProviders() resource {
	all := func(api.View) iter.Seq[provider] { return slices.Values([]provider{{"L3_ROUTER_NAT", "dvr"}}) }
	return &noun[provider, struct{}]{
		one: "service_provider", many: "service_providers", path: "service-providers", prefix: "v2.0", key: "name",
		who:     publicView(),
		missing: notFound("ServiceProviderNotFound", "Service provider %s could not be found."),
		view:    &view[provider]{all, findIn(all)},
		attributes: []attribute[provider]{
			read("service_type", "kind of service", text(maxName), func(_ scope, p provider) string { return p.service }),
			read("name", "name of the provider", text(maxName), func(_ scope, p provider) string { return p.name }),
			read("default", "whether it provides what asks for nobody", boolean(), func(scope, provider) bool { return true }),
		},
	}
}
