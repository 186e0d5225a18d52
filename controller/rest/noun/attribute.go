package noun

import (
	"fmt"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/access"
	"weft/controller/rest/backend"
	"weft/controller/rest/wire"
)

// When says when an attribute may be given.
type When uint8

// Attributes are given in POST, in PUT, or in both.
const (
	OnCreate When = 1 << iota // in POST
	OnUpdate                  // in PUT
	required                  // in POST, and without it there is an error
)

// Scope is what rendering an attribute may look at besides the object.
type Scope struct {
	View      api.View
	Status    backend.Status
	Inspector backend.Inspector
	Query     *Query        // of a list; else nil
	Policy    access.Policy // of who asks
}

// Opt is an attribute's value in a request.
type Opt[V any] = intent.Opt[V]

// Attr is one attribute of objects O: all that parsing, rendering, filtering and describing need to know of it.
type Attr[O any] struct {
	Name   string
	doc    string
	typ    wire.Schema
	access When
	asked  bool // shown only if fields names it
	get    func(Scope, O) any
	// unshown makes an attribute one to filter by that is not shown.
	unshown bool
	// private makes an attribute one that only admins see.
	private bool
	guards  []Guard // who may give it
	// repeated means that PUT may give the value that the object has, although nothing changes it: update refuses others.
	repeated bool
	// strangers is the error for an object that its caller sees and must not use; nil: it is not there.
	strangers func(id string) error
	// unseen means that its caller need not see what the value names.
	unseen bool
	// plugs means that a router is put on what the value names.
	plugs bool
	// constant means that there is one value only.
	constant bool
	// Def is the value of an object made without the attribute, if that is always the same; else nil.
	Def *any
	// foreign means that others than those who declare a cloud give it its value, such as what runs virtual machines.
	foreign bool
	// wish is the attribute that has the value that was asked for, where this one has what came of it. "": this one.
	wish string
	// longer is the attribute that says the same at greater length, and says it all where this one is null.
	longer string
	// behind is a resource that must be there before the attribute is given, while the object itself can be made earlier.
	behind string
	// adds and removes are the actions that change a list that PUT does not, by adding and removing elements.
	adds, removes string
	// kept is the member of a list's elements that is null in those that PUT is to take away: the others stay. "": PUT gives
	// the whole list.
	kept string
	// cleared means that the list must be empty before the object can be deleted.
	cleared bool
	set     func(request, value any) error // request is a pointer to the resource's request; nil: read only
	Match   func(values []string) (func(any) bool, error)
}

// RW declares an attribute that POST and PUT may give.
func RW[O, R, V any](name, doc string, t wire.Kind[V], get func(Scope, O) V, set func(*R, intent.Opt[V])) Attr[O] {
	a := Read(name, doc, t, get)
	a.access = OnCreate | OnUpdate
	a.set = func(request, value any) error {
		v, err := t.Accept(value)
		if err != nil {
			return wire.InvalidValue(name, err)
		}
		set(request.(*R), v)
		return nil
	}
	return a
}

// Once declares an attribute that POST may give and nothing changes.
func Once[O, R, V any](name, doc string, t wire.Kind[V], get func(Scope, O) V, set func(*R, intent.Opt[V])) Attr[O] {
	a := RW(name, doc, t, get, set)
	a.access = OnCreate
	return a
}

// Later declares an attribute that only PUT may give.
func Later[O, R, V any](name, doc string, t wire.Kind[V], get func(Scope, O) V, set func(*R, intent.Opt[V])) Attr[O] {
	a := RW(name, doc, t, get, set)
	a.access = OnUpdate
	return a
}

// Read declares an attribute that only weft sets.
func Read[O, V any](name, doc string, t wire.Kind[V], get func(Scope, O) V) Attr[O] {
	return Attr[O]{
		Name:  name,
		doc:   doc,
		typ:   t.Schema,
		get:   func(s Scope, o O) any { return t.Render(get(s, o)) },
		Match: t.Matcher(),
	}
}

// Fixed declares an attribute that Neutron's clients expect and that has one value in weft. Requests may repeat that
// value, but another is refused, not forgotten.
func Fixed[O any](name, doc string, value any) Attr[O] {
	shown := wire.Show(value)
	return Attr[O]{
		Name:   name,
		doc:    doc,
		typ:    wire.Schema{Type: wire.JSONType(value), Nullable: value == nil},
		access: OnCreate | OnUpdate,
		get:    func(Scope, O) any { return value },

		constant: true,
		set: func(_, given any) error {
			if wire.Show(given) == shown || (given == nil && wire.IsEmpty(value)) {
				return nil
			}
			if b, err := wire.ToBool(given); err == nil && any(b) == value {
				return nil
			}
			return wire.InvalidValue(name, fmt.Errorf("'%s' is not supported, only %s is", wire.Show(given), shown))
		},
		Match: func(values []string) (func(any) bool, error) {
			want := wire.TextsOf(values)
			if b, err := wire.Boolean().Matcher()(values); err == nil {
				return func(v any) bool { return want.Has(v) || b(v) }, nil
			}
			return want.Has, nil
		},
	}
}

// FilterOnly makes an attribute one to filter by that is not shown.
func FilterOnly[O any](a Attr[O]) Attr[O] {
	a.unshown = true
	return a
}

// Need makes an attribute required in POST.
func (a Attr[O]) Need() Attr[O] {
	a.access |= required
	return a
}

// Or says what the value is if POST does not give one.
func (a Attr[O]) Or(value any) Attr[O] {
	a.Def = &value
	return a
}

// Repeatable lets PUT give the value that is there.
func (a Attr[O]) Repeatable() Attr[O] {
	a.repeated = true
	return a
}

// IdOf says that the value is the id of an object of the resource that another attribute names.
func (a Attr[O]) IdOf(attr string) Attr[O] {
	a.typ.RefBy = attr
	return a
}

// Theirs makes an attribute one that others write, such as what runs virtual machines: it is left alone by those who
// declare what a cloud should be, unless they name it.
func (a Attr[O]) Theirs() Attr[O] {
	a.foreign = true
	return a
}

// Wished names the attribute that has the value that was asked for.
func (a Attr[O]) Wished(attr string) Attr[O] {
	a.wish = attr
	return a
}

// Instead names the attribute that says the same at greater length: who declares a cloud gives one of the two.
func (a Attr[O]) Instead(attr string) Attr[O] {
	a.longer = attr
	return a
}

// After names a resource that must be there before the attribute is given.
func (a Attr[O]) After(resource string) Attr[O] {
	a.behind = resource
	return a
}

// By names the actions that change a list that PUT does not change.
func (a Attr[O]) By(adds, removes string) Attr[O] {
	a.adds, a.removes = adds, removes
	return a
}

// Keeping says that PUT leaves elements that it does not name, and takes away those whose member is null.
func (a Attr[O]) Keeping(member string) Attr[O] {
	a.kept = member
	return a
}

// EmptyFirst says that the list must be empty before the object can be deleted.
func (a Attr[O]) EmptyFirst() Attr[O] {
	a.cleared = true
	return a
}

// Hidden makes an attribute one that may be given but is not shown.
func Hidden[O any](a Attr[O]) Attr[O] {
	a.get, a.Match = nil, nil
	return a
}

// OnDemand makes an attribute one that is shown only to those who ask for it by name.
func OnDemand[O any](a Attr[O]) Attr[O] {
	a.asked, a.Match = true, nil
	return a
}
