package flowgen

import (
	"pgregory.net/rapid"

	"weft/pipeline"
	"weft/tables"
)

func (g *gen) actions(table tables.ID) []pipeline.Action {
	var as []pipeline.Action
	for range g.pick("actions", 6) {
		as = append(as, g.action())
	}
	if g.rarely("tag") && !g.tagged {
		as = append(as, pipeline.TagVlan(uint16(g.pick("vid", 4096)))...)
		g.tagged = true
	}
	if g.coin("goto") {
		next := rapid.Uint8Range(uint8(table)+1, 60).Draw(g.t, "next")
		as = append(as, pipeline.Goto{Table: tables.ID(next)})
	}
	return as
}

func (g *gen) action() pipeline.Action {
	switch g.pick("action", 11) {
	case 0:
		ports := rapid.OneOf(rapid.Uint32Range(1, 0xfeff), rapid.Just(pipeline.PortLocal))
		return pipeline.Output{Port: ports.Draw(g.t, "port")}
	case 1:
		return pipeline.InPortOut{}
	case 2:
		return pipeline.Normal{}
	case 3:
		return pipeline.ToController{
			ID:     uint16(g.pick("id", 3)),
			MaxLen: rapid.SampledFrom([]uint16{0, 128, 0xffff}).Draw(g.t, "max_len"),
		}
	case 4:
		port := uint32(0)
		if g.coin("port") {
			port = rapid.OneOf(rapid.Uint32Range(1, 0xfeff), rapid.Just(pipeline.PortLocal)).Draw(g.t, "in_port")
		}
		return pipeline.Resubmit{InPort: port, Table: tables.ID(g.pick("resubmit", 254))}
	case 5:
		if g.tagged {
			if g.coin("set tag") {
				return pipeline.Set(pipeline.DlVlan(uint16(g.pick("vid", 4096))))
			}
			g.tagged = false
			return pipeline.PopVlan{}
		}
		g.tagged = true
		return pipeline.PushVlan{}
	case 6:
		return g.move()
	case 8:
		g.tagged = false
		return pipeline.ClearVlan{}
	case 7:
		return g.learn()
	}
	return g.set()
}

// learn needs nothing beside it: what it reads every packet has.
func (g *gen) learn() pipeline.Action {
	return pipeline.Learn{
		Way:   pipeline.Way(g.pick("way", 4)),
		Table: tables.ID(g.pick("learn", 254)), Priority: uint16(g.pick("priority", 65535)),
		Cookie: tables.Learned("some vtep"), Limit: uint32(g.pick("limit", 5000)),
		Idle: uint16(g.pick("idle", 65535)), Hard: uint16(g.pick("hard", 65535)),
	}
}

// move copies between two fields of equal width; a field has at least itself.
func (g *gen) move() pipeline.Action {
	movable := g.fields(func(id pipeline.FieldID) bool { return id != pipeline.FieldNwTTL })
	src := movable[g.pick("source", len(movable))]
	same := g.fields(func(id pipeline.FieldID) bool { return id.Bits() == src.Bits() })
	return pipeline.Move{Src: src, Dst: same[g.pick("destination", len(same))]}
}

func (g *gen) fields(ok func(pipeline.FieldID) bool) []pipeline.FieldID {
	var ids []pipeline.FieldID
	for _, id := range g.writes {
		if ok(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// set writes a field, or one run of its bits.
func (g *gen) set() pipeline.Action {
	id := g.writes[g.pick("field", len(g.writes))]
	f := pipeline.Field{ID: id, Value: g.value(id)}
	if id != pipeline.FieldArpOp && g.coin("part") {
		bits := rapid.IntRange(1, min(64, id.Bits()-1)).Draw(g.t, "bits")
		first := g.pick("first", id.Bits()-bits+1)
		f.Mask = g.run(first, first+bits)
		f.Value = f.Value.And(f.Mask)
	}
	return pipeline.Set(f)
}
