package operator

import (
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// Exchanges are what the paths of Routes take and give.
func Exchanges() map[string]request.Exchange {
	thing := wire.Schema{Type: "object"}
	things := wire.ArrayOf(thing)
	kept := wire.Schema{Type: "string", Format: "binary"}.OpenAPI()
	return map[string]request.Exchange{
		"GET /v1/hosts/{name}/plan":         request.Gives(request.PlainObject(wire.Must("revision", wire.Whole), wire.Must("flows", things), wire.Must("items", things))),
		"GET /v1/hosts/{name}/diff":         request.Gives(request.PlainObject(wire.Must("revision", wire.Whole), wire.Must("missing_flows", things), wire.Must("extra_flows", things), wire.Must("item_errors", things))),
		"GET /v1/hosts/{name}/flows":        request.Gives(request.PlainObject(wire.Must("flows", things))),
		"PUT /v1/routers/{id}/gateway-host": request.Takes(request.PlainObject(wire.Must("host", wire.Word)), request.Wrapped("router", request.Ref("router"))),
		"GET /v1/trace":                     request.Gives(request.PlainObject(wire.Must("trace", thing))),
		"GET /v1/check/tunnels":             request.Gives(request.PlainObject(wire.Must("tunnels", things))),
		"GET /v1/backup":                    {Status: "200", Media: octets, Gives: kept},
		"PUT /v1/backup": {Status: "200", Sent: octets, Takes: kept,
			Gives: request.PlainObject(wire.Must("dry_run", wire.Flag), wire.Must("revision", wire.Whole), wire.Must("objects", thing))},
	}
}

// octets is the media type of a backup.
const octets = "application/octet-stream"
