package flowgen

import (
	"pgregory.net/rapid"

	"weft/pipeline"
	"weft/tables"
)

// Flows draws up to n flows of a bridge, no two of them with the same table, priority and match.
func Flows(bridge string, n int) *rapid.Generator[[]pipeline.Flow] {
	return rapid.SliceOfNDistinct(Flow(bridge), 1, n, func(f pipeline.Flow) string {
		f.Actions, f.Kind = nil, 0
		return f.String()
	})
}

// Flow draws one flow.
func Flow(bridge string) *rapid.Generator[pipeline.Flow] {
	return rapid.Custom(func(t *rapid.T) pipeline.Flow {
		g := &gen{t: t}
		g.match()
		f := pipeline.Flow{
			Bridge:   bridge,
			Kind:     tables.CookieKind(rapid.Uint8Range(1, 6).Draw(t, "kind")),
			Table:    tables.ID(rapid.Uint8Range(0, 30).Draw(t, "table")),
			Priority: rapid.OneOf(rapid.Uint16(), rapid.Just[uint16](32768)).Draw(t, "priority"),
			Match:    g.m,
		}
		f.Actions = g.actions(f.Table)
		return f
	})
}

// gen draws one flow from t.
type gen struct {
	t      *rapid.T
	m      pipeline.Match
	tagged bool               // the packet has an 802.1Q tag for sure
	writes []pipeline.FieldID // what an action may write, given the match
}

func (g *gen) coin(label string) bool { return rapid.Bool().Draw(g.t, label) }

func (g *gen) rarely(label string) bool { return rapid.IntRange(0, 5).Draw(g.t, label) == 0 }

func (g *gen) pick(label string, n int) int { return rapid.IntRange(0, n-1).Draw(g.t, label) }

// value draws a value of a field, often a small one.
func (g *gen) value(id pipeline.FieldID) pipeline.Value {
	v := pipeline.Value{Lo: rapid.OneOf(rapid.Uint64(), rapid.Uint64Range(0, 300)).Draw(g.t, "lo")}
	if id.Bits() > 64 && g.coin("wide") {
		v.Hi = rapid.Uint64().Draw(g.t, "hi")
	}
	if id == pipeline.FieldArpOp {
		v.Lo &= 0xff // the switch knows no others
	}
	return v.And(id.Full())
}

// mask draws a mask that is neither empty nor full: a prefix or any bits.
func (g *gen) mask(id pipeline.FieldID) pipeline.Value {
	var v pipeline.Value
	if g.coin("prefix") {
		return g.run(id.Bits()-rapid.IntRange(1, id.Bits()-1).Draw(g.t, "length"), id.Bits())
	}
	v = g.value(id)
	if v == (pipeline.Value{}) || v == id.Full() {
		v = pipeline.Value{Lo: 1}
	}
	return v
}

// run gives the mask of bits first to limit-1.
func (*gen) run(first, limit int) (v pipeline.Value) {
	for i := first; i < limit; i++ {
		if i < 64 {
			v.Lo |= 1 << i
		} else {
			v.Hi |= 1 << (i - 64)
		}
	}
	return v
}

// exact adds a condition on a whole field.
func (g *gen) exact(id pipeline.FieldID) {
	g.m = append(g.m, pipeline.Field{ID: id, Value: g.value(id)})
}

// masked adds a condition on a field or some bits of it.
func (g *gen) masked(id pipeline.FieldID) {
	f := pipeline.Field{ID: id, Value: g.value(id)}
	if g.coin("masked") {
		f.Mask = g.mask(id)
		f.Value = f.Value.And(f.Mask)
	}
	g.m = append(g.m, f)
}

// maybe adds conditions on some of the fields.
func (g *gen) maybe(add func(pipeline.FieldID), ids ...pipeline.FieldID) {
	for _, id := range ids {
		if g.rarely(id.String()) {
			add(id)
		}
	}
}
