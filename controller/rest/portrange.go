package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"weft/api"
)

// portOf declares the attribute that is a range of ports if that is one port. Where both are given, it goes before the range.
func portOf[O, R any](name, doc string, get func(O) api.PortRange, set func(*R) *opt[api.PortRange]) attribute[O] {
	return rw(name, doc, portNumber(), func(_ scope, o O) uint16 { n, _ := onlyPort(get(o)); return n }, func(r *R, v opt[uint16]) {
		if v.Set && !v.Null {
			*set(r) = opt[api.PortRange]{Set: true, V: api.OnePort(v.V)}
		}
	}).instead(name + "_range")
}

// rangeOf declares the attribute that is a range of ports, after that of portOf.
func rangeOf[O, R any](name, doc string, get func(O) api.PortRange, set func(*R) *opt[api.PortRange]) attribute[O] {
	return rw(name, doc, portRange().orNull(), func(_ scope, o O) api.PortRange { return get(o) }, func(r *R, v opt[api.PortRange]) {
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

// numberIn shows the port that a range is; null if it has several.
func numberIn(r api.PortRange) any {
	if n, alone := onlyPort(r); alone {
		return int(n)
	}
	return nil
}

// portNumber is a port of a transport protocol, null if there is none. What is no number is an invalid value of the attribute,
// as in Neutron.
func portNumber() kind[uint16] {
	k := number[uint16](1, 65535).orNull()
	parse := k.parse
	k.parse = func(v any) (uint16, error) {
		n, err := parse(v)
		if f := (*api.Fault)(nil); errors.As(err, &f) {
			err = fmt.Errorf("'%s' is not an integer", show(v))
		}
		return n, err
	}
	k.render = func(n uint16) any {
		if n == 0 {
			return nil
		}
		return int(n)
	}
	return k
}

// portRange is a range of ports, or one, in the words in which Neutron refuses it.
func portRange() kind[api.PortRange] {
	return kind[api.PortRange]{
		schema: schema{Type: "string", Format: "port-range", numeric: true},
		render: func(r api.PortRange) any { return r.String() },
		parse: func(v any) (api.PortRange, error) {
			switch v := v.(type) {
			case string:
				return toPortRange(v)
			case json.Number:
				return toPortRange(v.String())
			}
			return api.PortRange{}, noRange("Invalid port: " + show(v))
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
			return api.PortRange{}, noRange("Invalid port: " + shorten(text))
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
