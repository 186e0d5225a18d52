package neutron

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

// portOf declares the attribute that is a range of ports if that is one port. Where both are given, it goes before the range.
func portOf[O, R any](name, doc string, get func(O) api.PortRange, set func(*R) *intent.Opt[api.PortRange]) noun.Attr[O] {
	return noun.RW(name, doc, portNumber(), func(_ noun.Scope, o O) uint16 { n, _ := onlyPort(get(o)); return n }, func(r *R, v intent.Opt[uint16]) {
		if v.Set && !v.Null {
			*set(r) = intent.Opt[api.PortRange]{Set: true, V: api.OnePort(v.V)}
		}
	}).Instead(name + "_range")
}

// rangeOf declares the attribute that is a range of ports, after that of portOf.
func rangeOf[O, R any](name, doc string, get func(O) api.PortRange, set func(*R) *intent.Opt[api.PortRange]) noun.Attr[O] {
	return noun.RW(name, doc, portRange().OrNull(), func(_ noun.Scope, o O) api.PortRange { return get(o) }, func(r *R, v intent.Opt[api.PortRange]) {
		if v.Set && !v.Null && !set(r).Set {
			*set(r) = v
		}
	})
}

// onlyPort is the port that a range is, 0 if it has several.
func onlyPort(r api.PortRange) (uint16, bool) {
	if n, alone := r.Alone(); alone {
		return n, true
	}
	return 0, false
}

// portNumber is a port of a transport protocol, null if there is none. What is no number is an invalid value of the attribute,
// as in Neutron.
func portNumber() wire.Kind[uint16] {
	k := wire.Number[uint16](1, 65535).OrNull()
	parse := k.Parse
	k.Parse = func(v any) (uint16, error) {
		n, err := parse(v)
		if f := (*api.Fault)(nil); errors.As(err, &f) {
			err = fmt.Errorf("'%s' is not an integer", wire.Show(v))
		}
		return n, err
	}
	k.Render = func(n uint16) any {
		if n == 0 {
			return nil
		}
		return int(n)
	}
	return k
}

// portRange is a range of ports, or one, in the words in which Neutron refuses it.
func portRange() wire.Kind[api.PortRange] {
	return wire.Kind[api.PortRange]{
		Schema: wire.Schema{Type: "string", Format: "port-range", Numeric: true},
		Render: func(r api.PortRange) any { return r.String() },
		Parse: func(v any) (api.PortRange, error) {
			switch v := v.(type) {
			case string:
				return toPortRange(v)
			case json.Number:
				return toPortRange(v.String())
			}
			return api.PortRange{}, noRange("Invalid port: " + wire.Show(v))
		},
	}
}

// noRange is why something is no range of ports.
type noRange string

func (e noRange) Error() string { return string(e) }

func toPortRange(s string) (api.PortRange, error) {
	ports := strings.Split(s, ":")
	if len(ports) > 2 || ports[0] == "" || ports[len(ports)-1] == "" {
		return api.PortRange{}, noRange("Port range must be two integers separated by a colon")
	}
	var n [2]uint16
	for i := range n {
		text := strings.TrimSpace(ports[min(i, len(ports)-1)])
		p, err := strconv.ParseUint(text, 10, 16)
		switch {
		case err != nil:
			return api.PortRange{}, noRange("Invalid port: " + wire.Shorten(text))
		case p == 0:
			return api.PortRange{}, noRange("Invalid port: 0, the port must be in the range [1, 65535]")
		}
		n[i] = uint16(p)
	}
	if n[0] > n[1] {
		return api.PortRange{}, noRange("First port in a port range must be lower than the second port")
	}
	return api.PortRange{First: n[0], Last: n[1]}, nil
}
