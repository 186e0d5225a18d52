package pipeline

import (
	"weft/plan"
	"weft/tables"
)

// Flow is one entry of a flow table.
type Flow struct {
	Bridge   string
	Kind     tables.CookieKind
	Table    tables.ID
	Priority uint16
	Match    Match
	Actions  []Action
}

// Match is a conjunction of conditions; an empty one matches every packet. The order of its fields has no meaning.
type Match []Field

// Part is what one subject needs on one host.
type Part struct {
	Flows []Flow
	Items []plan.Item
}

// Add appends another Part.
func (p *Part) Add(q Part) {
	p.Flows = append(p.Flows, q.Flows...)
	p.Items = append(p.Items, q.Items...)
}
