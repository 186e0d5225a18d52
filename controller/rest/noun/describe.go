package noun

import (
	"cmp"
	"fmt"

	"weft/controller/rest/wire"
)

// openAPI is the JSON schema of an attribute's values.
func (a Attribute) openAPI() wire.Row {
	out := append(wire.Row{{"description", a.Doc}}, a.Schema.OpenAPI()...)
	if a.Default != nil {
		out = append(out, wire.Member{"default", *a.Default})
	}
	return out
}

// ShownSchema is an object as answers show it, with more members if an answer has more.
func (d Description) ShownSchema(more ...wire.Member) wire.Row {
	props := append(wire.Row{}, more...)
	for _, a := range d.Attributes {
		if a.Shown {
			props = append(props, wire.Member{a.Name, a.openAPI()})
		}
	}
	for _, p := range d.Extra {
		props = append(props, wire.Member{p.Name, p.OpenAPI()})
	}
	return wire.Row{{"type", "object"}, {"properties", props}}
}

// GivenSchema is an object as requests give it.
func (d Description) GivenSchema(may func(Attribute) bool, creating bool) wire.Row {
	props, required := wire.Row{}, []string{}
	for _, a := range d.Attributes {
		if !may(a) {
			continue
		}
		props = append(props, wire.Member{a.Name, a.openAPI()})
		if creating && a.Required {
			required = append(required, a.Name)
		}
	}
	out := wire.Row{{"type", "object"}, {"additionalProperties", false}, {"properties", props}}
	if len(required) > 0 {
		out = append(out, wire.Member{"required", required})
	}
	return out
}

// Description describes a resource to documents and command lines.
type Description struct {
	Singular string `json:"name"`
	Plural   string `json:"collection"`
	Path     string `json:"path"`
	Key      string `json:"key"`
	// Parent is the resource whose objects the collection is below: its id is the word in braces of Path. "": none.
	Parent     string      `json:"parent,omitempty"`
	Creatable  bool        `json:"creatable"`
	Updatable  bool        `json:"updatable"`
	Deletable  bool        `json:"deletable"`
	Attributes []Attribute `json:"attributes"`
	// Extra are further members that answers to POST and PUT may have.
	Extra []wire.Part `json:"extra,omitempty"`
	// AdminOnly objects are for nobody but admins.
	AdminOnly bool `json:"admin_only,omitempty"`
	// Own finds the objects that weft itself makes and unmakes.
	Own *Prefix `json:"own,omitempty"`
	// Lent finds the objects that others run: files leave what is foreign in them alone.
	Lent *Prefix `json:"lent,omitempty"`
	// Drawn finds the objects in which what is foreign follows from other objects: files leave it out.
	Drawn *Prefix `json:"drawn,omitempty"`
	// Mirrors says which attributes of other objects say the same as weft's own ones of these.
	Mirrors *Mirror `json:"mirrors,omitempty"`
	// After are resources that must be there before, although no attribute refers to them.
	After []string `json:"after,omitempty"`
	// Apart objects are in no file that declares a cloud.
	Apart bool `json:"apart,omitempty"`
	// Identity are sets of attributes, each enough to tell an object from all others.
	Identity [][]string `json:"identity,omitempty"`
	// Upsert means that PUT makes an object that is not there, and POST none.
	Upsert bool `json:"upsert,omitempty"`
	// Example is an object as POST may ask for it.
	Example wire.Row
}

// Attribute describes one attribute of a Resource.
type Attribute struct {
	Name       string `json:"name"`
	Doc        string `json:"description"`
	OnCreate   bool   `json:"on_create"`
	OnUpdate   bool   `json:"on_update"`
	Required   bool   `json:"required"`
	Filterable bool   `json:"filterable"`
	Shown      bool   `json:"shown"` // in answers
	// OnDemand attributes are shown only if fields names them.
	OnDemand bool `json:"on_demand,omitempty"`
	// Repeatable attributes may be given to PUT too, if nothing else than what is there.
	Repeatable bool `json:"repeatable,omitempty"`
	// Internal attributes are seen and given by admins alone.
	Internal bool `json:"internal,omitempty"`
	// Constant: there is one value only.
	Constant bool `json:"constant,omitempty"`
	// Default is the value of an object made without the attribute, if that is always the same; else nil.
	Default *any `json:"default,omitempty"`
	// Foreign attributes are written by others than those who declare a cloud.
	Foreign bool `json:"foreign,omitempty"`
	// Asked is the attribute that has what was asked for, where this one has what came of it. "": this one.
	Asked string `json:"asked,omitempty"`
	// Longer is the attribute that says the same at greater length, and says it all where this one is null. "": none.
	Longer string `json:"longer,omitempty"`
	// After is a resource that must be there before the attribute is given; the object can be made without it, earlier.
	After string `json:"after,omitempty"`
	// Adds and Removes are actions that change a list which PUT does not change.
	Adds    string `json:"adds,omitempty"`
	Removes string `json:"removes,omitempty"`
	// Kept is the member that is null in the elements which PUT is to take away from a list; it leaves what it does not name.
	Kept string `json:"kept,omitempty"`
	// Cleared lists must be empty before the object can be deleted.
	Cleared bool `json:"cleared,omitempty"`
	wire.Schema
}

// Describe implements Resource.
func (n *Noun[O, R]) Describe() Description {
	n.once.Do(func() { n.self = n.declared() })
	return n.self
}

func (n *Noun[O, R]) declared() Description {
	r := Description{
		Singular: n.One, Plural: n.Many, Path: fmt.Sprintf("/%s/%s", n.Prefix, cmp.Or(n.Path, n.Many)), Key: n.Key,
		Creatable: n.Create != nil, Updatable: n.Update != nil, Deletable: n.Remove != nil, AdminOnly: n.Who.Operators,
		Parent: n.Parent, Own: n.Own, Lent: n.Lent, Drawn: n.Drawn, Mirrors: n.Mirrors, After: n.After, Apart: n.Apart, Identity: n.Identity,
		Extra: n.Extras, Example: n.Example,
	}
	for _, a := range n.Attributes {
		r.Attributes = append(r.Attributes, Attribute{
			Name: a.Name, Doc: a.doc, Schema: a.typ,
			OnCreate: a.access&OnCreate != 0, OnUpdate: a.access&OnUpdate != 0 && n.Update != nil,
			Required: a.access&required != 0, Filterable: a.Match != nil, Shown: a.get != nil && !a.unshown, OnDemand: a.asked, Repeatable: a.repeated, Internal: a.private,
			Constant: a.constant, Default: a.Def, Foreign: a.foreign, Asked: a.wish, Longer: a.longer, After: a.behind, Adds: a.adds, Removes: a.removes, Cleared: a.cleared, Kept: a.kept,
		})
	}
	return r
}

// SampleID stands for the id of whatever an example names.
const SampleID = "5f1c8e0a-7d3b-4c52-9a64-0e2b7d918c36"

// Owned reports whether objects of a resource belong to projects.
func (d Description) Owned() bool {
	for _, a := range d.Attributes {
		if a.Name == "project_id" {
			return a.OnCreate
		}
	}
	return false
}
