package plan

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"

	"weft/api"
)

func TestItemsSurviveTheAgentLink(t *testing.T) {
	subject := api.Ref{Kind: api.KindRouter, ID: "r1"}
	for _, s := range []Spec{
		Bridge{Name: "br-int", DatapathID: 7}, Namespace{Name: "qrouter-r1"},
		Route{NS: "x", Table: 16, Dst: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("169.254.64.1"), Dev: "rfp-1"},
		Route{NS: "x", Table: 254, Dst: netip.MustParsePrefix("10.0.0.1/32"), Dev: "fg-1"},
		Rule{NS: "x", Priority: 5, Table: 6, IIF: "fpr-1"},
	} {
		want := Item{Spec: s, Subject: subject}
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Item
		if err := json.Unmarshal(b, &got); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", b, got, err)
		}
	}
}

func TestItemOfUnknownKindIsNamedAndKept(t *testing.T) {
	const line = `{"kind":"teleport","ns":"br-int","id":"p1","spec":{"to":"mars"},"subject":{"kind":"port","id":"p1"}}`
	var got Item
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatal(err)
	}
	if want := (Key{Kind: "teleport", NS: "br-int", ID: "p1"}); got.Key() != want {
		t.Errorf("key = %v, want %v", got.Key(), want)
	}
	b, err := json.Marshal(got)
	if err != nil || string(b) != line {
		t.Errorf("written again: %s, %v", b, err)
	}
	if err := json.Unmarshal([]byte(`{"spec":{}}`), &got); err == nil {
		t.Error("an item without a kind was taken")
	}
}

func TestEveryKindHasItsPlaceAndItsForm(t *testing.T) {
	for _, k := range Kinds {
		typ, ok := specs[k]
		if !ok {
			t.Errorf("kind %s cannot be read from the agent link", k)
			continue
		}
		if got := reflect.New(typ).Elem().Interface().(Spec).Key().Kind; got != k {
			t.Errorf("kind %s is read as %s", k, got)
		}
	}
	if len(specs) != len(Kinds) {
		t.Errorf("%d forms for %d kinds", len(specs), len(Kinds))
	}
}
