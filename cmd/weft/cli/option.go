package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"weft/client"
)

// stage says of which commands an option is.
type stage int

const (
	onCreate stage = 1 << iota
	onSet
	onUnset
	always = onCreate | onSet
)

// option is one flag of a resource's commands, and what it does to the request.
type option struct {
	flag     string
	value    string // the word for its value in help; "" means that the flag takes none
	help     string
	on       stage
	required bool            // by create
	repeat   bool            // may be given more than once
	names    client.Resource // completes with the names of these
	words    []string        // completes with these
	group    string          // of options in a group, only one may be given
	sets     []string        // the attributes that it sets
	apply    func(e *edit, values []string) error
}

// edit is a request in the making.
type edit struct {
	ctx   context.Context
	c     *client.Client
	have  client.Object // the object as it is; nil when it is made
	attrs client.Object
	given func(flag string) bool

	newTags *[]string // nil: they stay
}

// text sets a string attribute.
func text(flag, attr, value, help string, on stage) option {
	return option{flag: flag, value: value, help: help, on: on, sets: []string{attr}, apply: func(e *edit, v []string) error {
		e.attrs[attr] = v[0]
		return nil
	}}
}

// oneOf is text with known words. Others go through too: the controller has the last word.
func oneOf(o option, words ...string) option {
	o.words = words
	return o
}

// number sets a whole number.
func number(flag, attr, value, help string, on stage) option {
	return option{flag: flag, value: value, help: help, on: on, sets: []string{attr}, apply: func(e *edit, v []string) error {
		n, err := strconv.Atoi(v[0])
		if err != nil {
			return usagef("--%s %s: want a whole number", flag, v[0])
		}
		e.attrs[attr] = n
		return nil
	}}
}

// numbers sets a whole number, or a range of them, which another attribute takes.
func numbers(flag, attr, longer, value, help string, on stage) option {
	o := number(flag, attr, value, help, on)
	one := o.apply
	o.sets = []string{attr, longer}
	o.apply = func(e *edit, v []string) error {
		if !strings.Contains(v[0], ":") {
			return one(e, v)
		}
		e.attrs[longer] = v[0]
		return nil
	}
	return o
}

// toggle makes the two flags that set a boolean.
func toggle(yes, no, attr, helpYes, helpNo string) []option {
	set := func(flag, help string, v bool) option {
		return option{flag: flag, help: help, on: always, group: attr, sets: []string{attr}, apply: func(e *edit, _ []string) error {
			e.attrs[attr] = v
			return nil
		}}
	}
	return []option{set(yes, helpYes, true), set(no, helpNo, false)}
}

// when restricts options to some commands.
func when(on stage, options []option) []option {
	for i := range options {
		options[i].on = on
	}
	return options
}

// ref sets an attribute to the id of an object that is given by name or id.
func ref(flag, attr string, r client.Resource, help string, on stage) option {
	value := strings.ToUpper(r.Singular)
	return option{flag: flag, value: value, help: help, on: on, names: r, sets: []string{attr}, apply: func(e *edit, v []string) error {
		id, err := e.c.ID(e.ctx, r, v[0])
		e.attrs[attr] = id
		return err
	}}
}

func must(o option) option {
	o.required = true
	return o
}

// null sets an attribute to null.
func null(flag, attr, help string, on stage) option {
	return option{flag: flag, help: help, on: on, sets: []string{attr}, apply: func(e *edit, _ []string) error {
		e.attrs[attr] = nil
		return nil
	}}
}

// entries makes the flag that adds to a list attribute, and the one that empties it. On set, what was there stays unless
// the second is given too.
func entries(o option, attr string, read func(e *edit, v string) (any, error)) []option {
	none := "no-" + o.flag
	o.repeat, o.sets = true, []string{attr}
	o.apply = func(e *edit, values []string) error {
		list := []any{}
		if old, ok := e.have[attr].([]any); ok && !e.given(none) {
			list = slices.Clone(old)
		}
		for _, v := range values {
			item, err := read(e, v)
			if err != nil {
				return err
			}
			list = append(list, item)
		}
		e.attrs[attr] = list
		return nil
	}
	empty := option{flag: none, help: "no --" + o.flag + ": those that are there go", on: o.on, sets: o.sets, apply: func(e *edit, _ []string) error {
		if !e.given(o.flag) {
			e.attrs[attr] = []any{}
		}
		return nil
	}}
	return []option{o, empty}
}

// plain reads an entry that is the value itself.
func plain(_ *edit, v string) (any, error) { return v, nil }

// keyed reads an entry of the form key=value,key=value; keys maps each key to the attribute that it sets.
func keyed(flag string, keys map[string]string) func(*edit, string) (any, error) {
	return func(_ *edit, v string) (any, error) {
		item := map[string]any{}
		for part := range strings.SplitSeq(v, ",") {
			k, val, ok := strings.Cut(part, "=")
			attr, known := keys[k]
			if !ok || !known || val == "" {
				words := slices.Sorted(maps.Keys(keys))
				return nil, usagef("--%s %s: want %s=…", flag, v, strings.Join(words, "=…,"))
			}
			if _, twice := item[attr]; twice {
				return nil, usagef("--%s %s: %s is there twice", flag, v, k)
			}
			item[attr] = val
		}
		return item, nil
	}
}

// fixedIP reads subnet=…,ip-address=…; the subnet may be a name.
func fixedIP(flag string) func(*edit, string) (any, error) {
	read := keyed(flag, map[string]string{"subnet": "subnet_id", "ip-address": "ip_address"})
	return func(e *edit, v string) (any, error) {
		item, err := read(e, v)
		if err != nil {
			return nil, err
		}
		m := item.(map[string]any)
		if name, ok := m["subnet_id"].(string); ok {
			if m["subnet_id"], err = e.c.ID(e.ctx, client.Subnets, name); err != nil {
				return nil, fmt.Errorf("--%s %s: %w", flag, v, err)
			}
		}
		return m, nil
	}
}

// subnetRange sets cidr, and the IP version that follows from it.
func subnetRange(e *edit, v []string) error {
	p, err := netip.ParsePrefix(v[0])
	if err != nil {
		return usagef("--subnet-range %s: want an address range such as 192.168.10.0/24", v[0])
	}
	e.attrs["cidr"], e.attrs["ip_version"] = v[0], 4
	if p.Addr().Is6() {
		e.attrs["ip_version"] = 6
	}
	return nil
}

// subnetGateway sets gateway_ip: an address, none, or auto (the controller's choice, which create gets by silence).
func subnetGateway(e *edit, v []string) error {
	switch v[0] {
	case "none":
		e.attrs["gateway_ip"] = nil
	case "auto":
		if e.have != nil {
			return usagef("--gateway auto: only a new subnet's gateway is chosen for you; give an address or none")
		}
	default:
		e.attrs["gateway_ip"] = v[0]
	}
	return nil
}

// gateway gives the external_gateway_info of the request, starting from the router's present one.
func (e *edit) gateway() map[string]any {
	if g, ok := e.attrs["external_gateway_info"].(map[string]any); ok {
		return g
	}
	g := map[string]any{}
	if old, ok := e.have["external_gateway_info"].(map[string]any); ok {
		g["network_id"] = old["network_id"]
	}
	e.attrs["external_gateway_info"] = g
	return g
}

func setGateway(e *edit, v []string) error {
	id, err := e.c.ID(e.ctx, client.Networks, v[0])
	e.gateway()["network_id"] = id
	return err
}

func setGatewayIPs(e *edit, values []string) error {
	read, list := fixedIP("fixed-ip"), []any{}
	for _, v := range values {
		item, err := read(e, v)
		if err != nil {
			return err
		}
		list = append(list, item)
	}
	return e.setOfGateway("fixed-ip", "external_fixed_ips", list)
}

func setSNAT(flag string, v bool) func(*edit, []string) error {
	return func(e *edit, _ []string) error { return e.setOfGateway(flag, "enable_snat", v) }
}

func (e *edit) setOfGateway(flag, attr string, v any) error {
	g := e.gateway()
	if g["network_id"] == nil {
		return usagef("--%s needs --external-gateway: the router has no gateway", flag)
	}
	g[attr] = v
	return nil
}

// pairs makes the flag that puts members into an object that may have any, and the one that takes them all away. On set,
// members that are not named stay.
func pairs(flag, attr, help string) []option {
	none := "no-" + flag
	return []option{
		{flag: flag, value: "KEY=VALUE", help: help + "; a JSON object does too", repeat: true, sets: []string{attr},
			apply: func(e *edit, values []string) error {
				all := map[string]any{}
				if old, ok := e.have[attr].(map[string]any); ok && !e.given(none) {
					maps.Copy(all, old)
				}
				for _, v := range values {
					given, err := pair(flag, v)
					if err != nil {
						return err
					}
					maps.Copy(all, given)
				}
				e.attrs[attr] = all
				return nil
			}},
		{flag: none, help: "no --" + flag + ": what is there goes", sets: []string{attr}, apply: func(e *edit, _ []string) error {
			if !e.given(flag) {
				e.attrs[attr] = map[string]any{}
			}
			return nil
		}},
	}
}

func pair(flag, v string) (map[string]any, error) {
	if strings.HasPrefix(v, "{") {
		var all map[string]any
		if err := json.Unmarshal([]byte(v), &all); err != nil {
			return nil, usagef("--%s %s: want a JSON object: %w", flag, v, err)
		}
		return all, nil
	}
	key, value, ok := strings.Cut(v, "=")
	if !ok || key == "" {
		return nil, usagef("--%s %s: want KEY=VALUE", flag, v)
	}
	return map[string]any{key: value}, nil
}
