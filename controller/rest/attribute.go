package rest

import (
	"errors"
	"fmt"

	"weft/api"
	"weft/controller/intent"
)

// access says when an attribute may be given.
type access uint8

const (
	onCreate access = 1 << iota // in POST
	onUpdate                    // in PUT
	required                    // in POST, and without it there is an error
)

// scope is what rendering an attribute may look at besides the object.
type scope struct {
	view      api.View
	status    Status
	inspector Inspector
	query     *query // of a list; else nil
	policy    policy // of who asks
}

// opt is an attribute's value in a request.
type opt[V any] = intent.Opt[V]

// attribute is one attribute of objects O: all that parsing, rendering, filtering and describing need to know of it.
type attribute[O any] struct {
	name   string
	doc    string
	typ    schema
	access access
	asked  bool // shown only if fields names it
	get    func(scope, O) any
	// unshown makes an attribute one to filter by that is not shown.
	unshown bool
	// private makes an attribute one that only admins see.
	private bool
	guards  []guard // who may give it
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
	// def is the value of an object made without the attribute, if that is always the same; else nil.
	def *any
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
	match   func(values []string) (func(any) bool, error)
}

// rw declares an attribute that POST and PUT may give.
func rw[O, R, V any](name, doc string, t kind[V], get func(scope, O) V, set func(*R, opt[V])) attribute[O] {
	a := read(name, doc, t, get)
	a.access = onCreate | onUpdate
	a.set = func(request, value any) error {
		v, err := t.accept(value)
		if err != nil {
			return invalidValue(name, err)
		}
		set(request.(*R), v)
		return nil
	}
	return a
}

// once declares an attribute that POST may give and nothing changes.
func once[O, R, V any](name, doc string, t kind[V], get func(scope, O) V, set func(*R, opt[V])) attribute[O] {
	a := rw(name, doc, t, get, set)
	a.access = onCreate
	return a
}

// later declares an attribute that only PUT may give.
func later[O, R, V any](name, doc string, t kind[V], get func(scope, O) V, set func(*R, opt[V])) attribute[O] {
	a := rw(name, doc, t, get, set)
	a.access = onUpdate
	return a
}

// read declares an attribute that only weft sets.
func read[O, V any](name, doc string, t kind[V], get func(scope, O) V) attribute[O] {
	return attribute[O]{
		name:  name,
		doc:   doc,
		typ:   t.schema,
		get:   func(s scope, o O) any { return t.render(get(s, o)) },
		match: t.matcher(),
	}
}

// fixed declares an attribute that Neutron's clients expect and that has one value in weft. Requests may repeat that
// value, but another is refused, not forgotten.
func fixed[O any](name, doc string, value any) attribute[O] {
	shown := show(value)
	return attribute[O]{
		name:   name,
		doc:    doc,
		typ:    schema{Type: jsonType(value), Nullable: value == nil},
		access: onCreate | onUpdate,
		get:    func(scope, O) any { return value },

		constant: true,
		set: func(_, given any) error {
			if show(given) == shown || (given == nil && isEmpty(value)) {
				return nil
			}
			if b, err := toBool(given); err == nil && any(b) == value {
				return nil
			}
			return invalidValue(name, fmt.Errorf("'%s' is not supported, only %s is", show(given), shown))
		},
		match: func(values []string) (func(any) bool, error) {
			want := textsOf(values)
			if b, err := boolean().matcher()(values); err == nil {
				return func(v any) bool { return want.has(v) || b(v) }, nil
			}
			return want.has, nil
		},
	}
}

// filterOnly makes an attribute one to filter by that is not shown.
func filterOnly[O any](a attribute[O]) attribute[O] {
	a.unshown = true
	return a
}

// need makes an attribute required in POST.
func (a attribute[O]) need() attribute[O] {
	a.access |= required
	return a
}

// or says what the value is if POST does not give one.
func (a attribute[O]) or(value any) attribute[O] {
	a.def = &value
	return a
}

// repeatable lets PUT give the value that is there.
func (a attribute[O]) repeatable() attribute[O] {
	a.repeated = true
	return a
}

// idOf says that the value is the id of an object of the resource that another attribute names.
func (a attribute[O]) idOf(attr string) attribute[O] {
	a.typ.RefBy = attr
	return a
}

// theirs makes an attribute one that others write, such as what runs virtual machines: it is left alone by those who
// declare what a cloud should be, unless they name it.
func (a attribute[O]) theirs() attribute[O] {
	a.foreign = true
	return a
}

// wished names the attribute that has the value that was asked for.
func (a attribute[O]) wished(attr string) attribute[O] {
	a.wish = attr
	return a
}

// instead names the attribute that says the same at greater length: who declares a cloud gives one of the two.
func (a attribute[O]) instead(attr string) attribute[O] {
	a.longer = attr
	return a
}

// after names a resource that must be there before the attribute is given.
func (a attribute[O]) after(resource string) attribute[O] {
	a.behind = resource
	return a
}

// by names the actions that change a list that PUT does not change.
func (a attribute[O]) by(adds, removes string) attribute[O] {
	a.adds, a.removes = adds, removes
	return a
}

// keeping says that PUT leaves elements that it does not name, and takes away those whose member is null.
func (a attribute[O]) keeping(member string) attribute[O] {
	a.kept = member
	return a
}

// emptyFirst says that the list must be empty before the object can be deleted.
func (a attribute[O]) emptyFirst() attribute[O] {
	a.cleared = true
	return a
}

// hidden makes an attribute one that may be given but is not shown.
func hidden[O any](a attribute[O]) attribute[O] {
	a.get, a.match = nil, nil
	return a
}

// invalidValue puts an attribute's name to what is wrong with its value, as Neutron does.
func invalidValue(name string, err error) error {
	var f *api.Fault
	if errors.As(err, &f) {
		return f
	}
	return badRequest("Invalid input for %s. Reason: %v.", name, err)
}
