package rest

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"weft/api"
)

// noun declares a resource: objects O of the state, changed by requests R.
type noun[O api.Object, R any] struct {
	kind       api.Kind
	one, many  string // "network", "networks": names of members in bodies, and of the collection in paths
	path       string // the collection in paths, where it is not spelt as many
	parent     string // the resource whose objects the collection is below; "": none
	prefix     string // path before the collection: "v2.0" or "v1"
	key        string // the attribute that identifies an object
	attributes []attribute[O]
	missing    func(id string) error
	create     func(*api.Txn, R) (O, error)
	update     func(tx *api.Txn, id string, r R) (O, error) // nil: there is no PUT
	remove     func(tx *api.Txn, id string) error
	meta       func(O) *api.Meta
	// near gives the objects with a value of an attribute by an index, for filters that would else scan everything.
	near near[O]
	// names tells which objects a request names in ways that its attributes' types do not tell. Optional.
	names func(members map[string]any) []mention
	// extra gives members to add to the answers of POST and PUT, made from the request. Optional.
	extra func(O, *R) row
	// extras are the members that extra may give.
	extras []part
	// who may do what with the objects; left out: their project, or only admins if they belong to none.
	who rights
	// held says why an object must not be changed now by those who may change it, admins apart. Optional.
	held func(p policy, v api.View, o O) error
	// network is the network that an object is or is on, whose owner may have rights too. Optional.
	network func(O) api.NetworkID
	// shared reports whether every project may use an object. Optional.
	shared func(O) bool
	// reach gives a superset of what a project may see, where there is an index for it. Optional.
	reach func(v api.View, project string) iter.Seq[O]
	// what describe gives; it is asked several times a request
	once sync.Once
	self Resource
	// view is where objects come from that are not stored but follow from others. Optional: the state.
	view *view[O]
	// own finds, by what an attribute's value starts with, the objects that weft itself makes and unmakes.
	own *prefix
	// lent finds, likewise, the objects that others run: what is foreign in them is theirs alone. Optional.
	lent *prefix
	// drawn finds, likewise, the objects in which what is foreign follows from other objects. Optional.
	drawn *prefix
	// mirrors says of which attributes of other objects weft's own ones are the image. Optional.
	mirrors *mirror
	// after are resources that must be there before, although no attribute names them.
	after []string
	// apart keeps objects out of files that declare a cloud, since making one means more than storing it.
	apart bool
	// example is an object as POST may ask for it, where sampleID stands for ids.
	example row
	// identity are attributes that tell an object without a name from the others: each set of them is enough.
	identity [][]string
}

// prefix is how an attribute's value starts.
type prefix struct {
	Attribute string `json:"attribute"`
	Prefix    string `json:"prefix"`
}

// mirror says where else objects are said: the attribute of the object that Object names which belongs to the value of By.
type mirror struct {
	Object     string            `json:"object"`
	By         string            `json:"by"`
	Attributes map[string]string `json:"attributes"`
}

// view computes objects from the state. Nobody makes, changes or deletes them.
type view[O any] struct {
	all  func(api.View) iter.Seq[O]
	find func(api.View, string) (O, bool)
}

// resource is a noun as the handlers see it, whatever its types.
type resource interface {
	describe() Resource
	// parse reads the members of a body for POST (onCreate) or PUT (onUpdate) into a request.
	parse(members map[string]any, on access) (request any, err error)
	// demands reads from the members what they ask the caller to be allowed.
	demands(members map[string]any, on access) demands
	// deed names what is done to an object, for permit.
	deed(verb, demands) deed
	// permit refuses what the caller must not do to an object; one that it may not even see is not there.
	permit(p policy, v api.View, id string, d deed) error
	// permitNew refuses an object that the caller must not make.
	permitNew(p policy, v api.View, d demands) error
	add(tx *api.Txn, request any) (id string, err error)
	change(tx *api.Txn, id string, request any) error
	drop(tx *api.Txn, id string) error
	// revision is the object's revision_number, and an error if there is no such object.
	revision(v api.View, id string) (int, error)
	// tags are the object's, and an error if there is no such object.
	tags(v api.View, id string) ([]string, error)
	ref(id string) api.Ref
	show(s scope, id string, fields []string) (row, error)
	// made is show for an object that request just made or changed.
	made(s scope, id string, request any) (row, error)
	list(s scope, q *query) (page, error)
}

// byID adapts an operation on a typed id.
func byID[I ~string, R, O any](f func(*api.Txn, I, R) (O, error)) func(*api.Txn, string, R) (O, error) {
	return func(tx *api.Txn, id string, r R) (O, error) { return f(tx, I(id), r) }
}

// dropID adapts a deletion by a typed id.
func dropID[I ~string](f func(*api.Txn, I) error) func(*api.Txn, string) error {
	return func(tx *api.Txn, id string) error { return f(tx, I(id)) }
}

func (n *noun[O, R]) attribute(name string) (attribute[O], bool) {
	for _, a := range n.attributes {
		if a.name == name {
			return a, true
		}
	}
	return attribute[O]{}, false
}

func (n *noun[O, R]) parse(members map[string]any, on access) (any, error) {
	if err := n.checkNames(members, on); err != nil {
		return nil, err
	}
	r := new(R)
	for _, a := range n.attributes {
		v, given := members[a.name]
		if !given {
			continue
		}
		if err := a.set(r, v); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// checkNames applies Neutron's order: unknown attributes, missing ones, read-only ones.
func (n *noun[O, R]) checkNames(members map[string]any, on access) error {
	if err := joinProject(members); err != nil {
		return err
	}
	var unknown []string
	for name := range members {
		if _, ok := n.attribute(name); !ok {
			unknown = append(unknown, shorten(name))
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return badRequest("Unrecognized attribute(s) '%s'", shorten(strings.Join(unknown, ", ")))
	}
	for _, a := range n.attributes {
		_, given := members[a.name]
		switch {
		case !given && on == onCreate && a.access&required != 0:
			return badRequest("Failed to parse request. Required attribute '%s' not specified", a.name)
		case given && a.access&on == 0 && on == onCreate:
			return badRequest("Attribute '%s' not allowed in POST", a.name)
		case given && a.access&on == 0 && !a.repeated:
			return badRequest("Cannot update read-only attribute %s", a.name)
		}
	}
	return nil
}

// joinProject makes one attribute of the two names that a project has.
func joinProject(members map[string]any) error {
	tenant, old := members["tenant_id"]
	if !old {
		return nil
	}
	if project, both := members["project_id"]; both && show(project) != show(tenant) {
		return badRequest("'project_id' and 'tenant_id' do not match")
	}
	members["project_id"] = tenant
	delete(members, "tenant_id")
	return nil
}

func (n *noun[O, R]) add(tx *api.Txn, request any) (string, error) {
	o, err := n.create(tx, *request.(*R))
	if err != nil {
		return "", err
	}
	return o.Ref().ID, nil
}

func (n *noun[O, R]) change(tx *api.Txn, id string, request any) error {
	_, err := n.update(tx, id, *request.(*R))
	return err
}

func (n *noun[O, R]) drop(tx *api.Txn, id string) error { return n.remove(tx, id) }

func (n *noun[O, R]) find(v api.View, id string) (O, error) {
	var none O
	if n.view != nil {
		if o, ok := n.view.find(v, id); ok {
			return o, nil
		}
		return none, n.missing(shorten(id))
	}
	o, ok := v.Object(api.Ref{Kind: n.kind, ID: id})
	if !ok {
		return none, n.missing(shorten(id))
	}
	return o.(O), nil
}

func (n *noun[O, R]) revision(v api.View, id string) (int, error) {
	o, err := n.find(v, id)
	if err != nil {
		return 0, err
	}
	return n.meta(o).RevisionNumber, nil
}

func (n *noun[O, R]) tags(v api.View, id string) ([]string, error) {
	o, err := n.find(v, id)
	if err != nil {
		return nil, err
	}
	return n.meta(o).Tags, nil
}

func (n *noun[O, R]) hasTags() bool {
	_, ok := n.attribute("tags")
	return ok
}

func (n *noun[O, R]) ref(id string) api.Ref { return api.Ref{Kind: n.kind, ID: id} }

func (n *noun[O, R]) show(s scope, id string, fields []string) (row, error) {
	o, err := n.found(s.policy, s.view, id)
	if err != nil {
		return nil, err
	}
	return n.render(s, o, fields), nil
}

func (n *noun[O, R]) made(s scope, id string, request any) (row, error) {
	o, err := n.find(s.view, id)
	if err != nil {
		return nil, err
	}
	out := n.render(s, o, nil)
	if n.extra != nil {
		out = append(out, n.extra(o, request.(*R))...)
	}
	return out, nil
}

// render gives the members that fields names, or all.
func (n *noun[O, R]) render(s scope, o O, fields []string) row {
	return n.shown(s.policy, fields).row(s, o)
}

// shown are the attributes that an answer has.
type shown[O any] []attribute[O]

// shown gives those that fields names, or all, as far as the caller may see them.
func (n *noun[O, R]) shown(p policy, fields []string) (out shown[O]) {
	for _, a := range n.attributes {
		if a.get == nil || a.unshown || a.private && !p.Admin || a.asked && !slices.Contains(fields, a.name) {
			continue
		}
		if len(fields) == 0 || slices.Contains(fields, a.name) {
			out = append(out, a)
		}
	}
	return out
}

func (as shown[O]) row(s scope, o O) row {
	out := make(row, len(as))
	for i := range as {
		out[i] = member{as[i].name, as[i].get(s, o)}
	}
	return out
}

// notFound gives the error of a missing object in Neutron's words.
func notFound(kind, format string) func(string) error {
	return func(id string) error { return api.Faultf(api.NotFound, kind, format, id) }
}

// Resource describes a resource to documents and command lines.
type Resource struct {
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
	Extra []part `json:"extra,omitempty"`
	// AdminOnly objects are for nobody but admins.
	AdminOnly bool `json:"admin_only,omitempty"`
	// Own finds the objects that weft itself makes and unmakes.
	Own *prefix `json:"own,omitempty"`
	// Lent finds the objects that others run: files leave what is foreign in them alone.
	Lent *prefix `json:"lent,omitempty"`
	// Drawn finds the objects in which what is foreign follows from other objects: files leave it out.
	Drawn *prefix `json:"drawn,omitempty"`
	// Mirrors says which attributes of other objects say the same as weft's own ones of these.
	Mirrors *mirror `json:"mirrors,omitempty"`
	// After are resources that must be there before, although no attribute refers to them.
	After []string `json:"after,omitempty"`
	// Apart objects are in no file that declares a cloud.
	Apart bool `json:"apart,omitempty"`
	// Identity are sets of attributes, each enough to tell an object from all others.
	Identity [][]string `json:"identity,omitempty"`
	// Upsert means that PUT makes an object that is not there, and POST none.
	Upsert bool `json:"upsert,omitempty"`
	// example is an object as POST may ask for it.
	example row
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
	schema
}

func (n *noun[O, R]) describe() Resource {
	n.once.Do(func() { n.self = n.declared() })
	return n.self
}

func (n *noun[O, R]) declared() Resource {
	r := Resource{
		Singular: n.one, Plural: n.many, Path: fmt.Sprintf("/%s/%s", n.prefix, cmp.Or(n.path, n.many)), Key: n.key,
		Creatable: n.create != nil, Updatable: n.update != nil, Deletable: n.remove != nil, AdminOnly: n.who.operators,
		Parent: n.parent, Own: n.own, Lent: n.lent, Drawn: n.drawn, Mirrors: n.mirrors, After: n.after, Apart: n.apart, Identity: n.identity,
		Extra: n.extras, example: n.example,
	}
	for _, a := range n.attributes {
		r.Attributes = append(r.Attributes, Attribute{
			Name: a.name, Doc: a.doc, schema: a.typ,
			OnCreate: a.access&onCreate != 0, OnUpdate: a.access&onUpdate != 0 && n.update != nil,
			Required: a.access&required != 0, Filterable: a.match != nil, Shown: a.get != nil && !a.unshown, OnDemand: a.asked, Repeatable: a.repeated, Internal: a.private,
			Constant: a.constant, Default: a.def, Foreign: a.foreign, Asked: a.wish, Longer: a.longer, After: a.behind, Adds: a.adds, Removes: a.removes, Cleared: a.cleared, Kept: a.kept,
		})
	}
	return r
}
