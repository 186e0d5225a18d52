package apply_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"weft/client"
)

// oddWords are texts that YAML, JSON or a shell would rather read as something else.
var oddWords = []string{
	"no", "yes", "on", "off", "y", "N", "~", "null", "Null", "true", "FALSE", "1", "-1", "+1", "1e3", "1.0", ".5", ".inf", "-.INF", ".nan",
	"0x10", "0o7", "017", "0b1", "1_000", "190:20:30", "12:30", "2026-01-01", "2026-01-01T00:00:00Z", "<<", "=", "!", "!!str x", "&a", "*a",
	"{}", "[", "]", "- a", "-", "--- ", "...", "? k", "a: b", "a:", ": a", "# c", "a #c", "'", "''", `"`, `\`, `\n`, "%YAML 1.2", "@a", "`", "|", ">",
	" a", "a ", "\t", "a\tb", "\n", "a\n", "a\n\n", "\na", "a\nb", " a\nb", "a\r", "a\r\nb", "é", "e\u0301", "ß→𝄞", "\u00a0", "\u0085", "\u2028", "\ufeff", "\u200b",
	"\u202eabc", "weft", "web#1", "network#1", "a,b", "a=b", "$HOME", "x'; DROP", "../..", "%s",
}

// oddJSON are values that lose something when they pass through another type.
var oddJSON = []any{
	nil, true, "no", "1e3", "~", "", json.Number("1e3"), json.Number("1E400"), json.Number("-0"), json.Number("0.10"), json.Number("1.0"), json.Number("1e-7"),
	json.Number("123456789012345678901234567890"), json.Number("9007199254740993"), json.Number("-1"), json.Number("0.1e1"),
	[]any{}, client.Object{}, []any{nil, []any{}, client.Object{"": ""}},
}

// Every odd text in every place that takes one, and every odd value where anything is kept, is in an export as it was.
func TestAnExportKeepsWhateverYAMLWouldRatherReadAsSomethingElse(t *testing.T) {
	a, b := start(t), serve(t, 2)
	defer b.close()
	for i, word := range oddWords {
		profile := client.Object{word: word}
		for n, v := range oddJSON {
			profile[fmt.Sprint(n)] = v
		}
		network := a.take(client.Networks, client.Object{}, word, nil)
		a.take(client.Subnets, client.Object{"network_id": network, "ip_version": 4, "cidr": fmt.Sprintf("10.0.%d.0/24", i)}, word, nil)
		port := a.take(client.Ports, client.Object{"network_id": network}, word, client.Object{
			"binding:profile": profile, "extra_dhcp_opts": []any{client.Object{"opt_name": "domain-name", "opt_value": word}},
		})
		a.take(client.Trunks, client.Object{"port_id": port}, word, nil)
		a.take(client.Routers, client.Object{}, word, nil)
		a.take(client.AddressScopes, client.Object{"ip_version": 4}, word, nil)
		a.take(client.SubnetPools, client.Object{"prefixes": []any{"172.16.0.0/16"}}, word, nil)
	}
	sameAgain(t, a, b)
}

// take makes an object with a word in each of its texts, one by one, as far as the API takes it, and with more.
func (w *controller) take(r client.Resource, base client.Object, word string, more client.Object) string {
	w.t.Helper()
	if name := (client.Object{"name": word, "project_id": word}); len(word) > 0 {
		maps.Copy(name, base)
		base = name
	}
	o, err := w.c.Create(context.Background(), r, base)
	if err != nil {
		w.t.Fatalf("make a %s called %q: %v", r.Singular, word, err)
	}
	id, attrs := r.IDOf(o), maps.Clone(more)
	if attrs == nil {
		attrs = client.Object{}
	}
	k, _ := client.KindOf(kinds(w.t), r.Singular)
	for _, a := range k.Attributes {
		switch {
		case a.OnUpdate && a.Name == "tags":
			attrs["tags"] = []any{word}
		case a.OnUpdate && a.Type == "string" && a.Ref == "" && a.Format == "" && len(a.Enum) == 0:
			attrs[a.Name] = word
		}
	}
	w.set(k, id, attrs)
	return id
}

// odd sets some attributes of some object to values that their declarations allow, however odd; what the rules of the API
// refuse stays as it was. Whom a subnet's addresses are for is not changed after others have got some: see Export.
func (b *builder) odd() {
	var choice []client.Kind
	for _, k := range kinds(b.t) {
		if k.Parent == "" && k.Updatable && len(b.ids[k.Singular]) > 0 {
			choice = append(choice, k)
		}
	}
	k := rapid.SampledFrom(choice).Draw(b.t, "odd kind")
	attrs := client.Object{}
	for _, a := range k.Attributes {
		if later := k.Singular == "subnet" && a.Name == "service_types"; a.OnUpdate && !later && rapid.IntRange(0, 4).Draw(b.t, "odd attribute") == 0 {
			attrs[a.Name] = b.oddValue(a.Schema)
		}
	}
	b.w.set(k, b.pick(k.Resource()), attrs)
}

// set asks for several attributes at once, and for each half of them if that is refused, so that all are set that can be.
func (w *controller) set(k client.Kind, id string, attrs client.Object) {
	w.t.Helper()
	_, err := w.c.Update(context.Background(), k.Resource(), id, attrs)
	var refused *client.Error
	if err != nil && (!errors.As(err, &refused) || refused.Status >= 500) {
		w.t.Fatalf("set %v of the %s %s: %v", attrs, k.Singular, id, err)
	}
	if err == nil || len(attrs) < 2 {
		return
	}
	names := slices.Sorted(maps.Keys(attrs))
	for half := range slices.Chunk(names, (len(names)+1)/2) {
		some := client.Object{}
		for _, name := range half {
			some[name] = attrs[name]
		}
		w.set(k, id, some)
	}
}

func (b *builder) oddValue(s client.Schema) any {
	if s.Nullable && b.flip("nothing") {
		return nil
	}
	switch s.Type {
	case "boolean":
		return b.flip("true")
	case "integer":
		least, most := 0, 5000
		if s.Min != nil {
			least = *s.Min
		}
		if s.Max != nil {
			most = *s.Max
		}
		return rapid.OneOf(rapid.SampledFrom([]int{least, most}), rapid.IntRange(least, max(least, most))).Draw(b.t, "number")
	case "array":
		var out = []any{}
		element := client.Schema{Type: "object"}
		if s.Items != nil {
			element = *s.Items
		}
		for range rapid.IntRange(0, 3).Draw(b.t, "entries") {
			out = append(out, b.oddValue(element))
		}
		return out
	case "object":
		return b.oddObject(s)
	}
	return b.oddText(s)
}

func (b *builder) oddText(s client.Schema) any {
	switch {
	case len(s.Enum) > 0:
		return rapid.SampledFrom(s.Enum).Draw(b.t, "word")
	case s.Ref != "":
		return b.pick(client.Resource{Singular: s.Ref})
	case s.Format == "mac":
		return fmt.Sprintf("FA-16-3E-00-00-%02X", rapid.IntRange(0, 9).Draw(b.t, "mac"))
	case s.Format == "cidr":
		return rapid.SampledFrom([]string{"0.0.0.0/0", "10.0.0.0/8", "10.0.1.0/24", "::/0", "FD00::/64", "10.0.0.7/32"}).Draw(b.t, "cidr")
	case s.Format == "ip", s.Format == "ip or cidr":
		return rapid.SampledFrom([]string{"10.0.1.9", "10.0.2.9", "FD00:0:0:1::9", "fd00:0000::1", "10.0.1.1"}).Draw(b.t, "address")
	}
	text := []rune(rapid.OneOf(rapid.SampledFrom(oddWords), rapid.String()).Draw(b.t, "text"))
	if s.Max != nil && len(text) > *s.Max {
		text = text[:*s.Max]
	}
	return string(text)
}

// oddObject makes an object of its declared members, or of anything if none are declared.
func (b *builder) oddObject(s client.Schema) any {
	out := client.Object{}
	for _, m := range s.Members {
		if m.Required || b.flip("member") {
			out[m.Name] = b.oddValue(m.Schema)
		}
	}
	if len(s.Members) > 0 {
		return out
	}
	for range rapid.IntRange(0, 3).Draw(b.t, "keys") {
		out[rapid.SampledFrom(oddWords).Draw(b.t, "key")] = rapid.SampledFrom(oddJSON).Draw(b.t, "value")
	}
	return out
}
