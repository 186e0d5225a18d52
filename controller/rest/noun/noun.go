package noun

import (
	"iter"
	"slices"
	"strings"
	"sync"

	"weft/api"
	"weft/controller/rest/access"
	"weft/controller/rest/wire"
)

// Noun declares a resource: objects O of the state, changed by requests R.
type Noun[O api.Object, R any] struct {
	Kind       api.Kind
	One, Many  string // "network", "networks": names of members in bodies, and of the collection in paths
	Path       string // the collection in paths, where it is not spelt as many
	Parent     string // the resource whose objects the collection is below; "": none
	Prefix     string // path before the collection: "v2.0" or "v1"
	Key        string // the attribute that identifies an object
	Attributes []Attr[O]
	Missing    func(id string) error
	Create     func(*api.Txn, R) (O, error)
	Update     func(tx *api.Txn, id string, r R) (O, error) // nil: there is no PUT
	Remove     func(tx *api.Txn, id string) error
	Meta       func(O) *api.Meta
	// Near gives the objects with a value of an attribute by an index, for filters that would else scan everything.
	Near Near[O]
	// Names tells which objects a request names in ways that its attributes' types do not tell. Optional.
	Names func(members map[string]any) []access.Mention
	// Extra gives members to add to the answers of POST and PUT, made from the request. Optional.
	Extra func(O, *R) wire.Row
	// Extras are the members that extra may give.
	Extras []wire.Part
	// Who may do what with the objects; left out: their project, or only admins if they belong to none.
	Who access.Rights
	// Held says why an object must not be changed now by those who may change it, admins apart. Optional.
	Held func(p access.Policy, v api.View, o O) error
	// Network is the network that an object is or is on, whose owner may have rights too. Optional.
	Network func(O) api.NetworkID
	// Shared reports whether every project may use an object. Optional.
	Shared func(O) bool
	// Reach gives a superset of what a project may see, where there is an index for it. Optional.
	Reach func(v api.View, project string) iter.Seq[O]
	// what describe gives; it is asked several times a request
	once sync.Once
	self Description
	// View is where objects come from that are not stored but follow from others. Optional: the state.
	View *View[O]
	// Own finds, by what an attribute's value starts with, the objects that weft itself makes and unmakes.
	Own *Prefix
	// Lent finds, likewise, the objects that others run: what is foreign in them is theirs alone. Optional.
	Lent *Prefix
	// Drawn finds, likewise, the objects in which what is foreign follows from other objects. Optional.
	Drawn *Prefix
	// Mirrors says of which attributes of other objects weft's own ones are the image. Optional.
	Mirrors *Mirror
	// After are resources that must be there before, although no attribute names them.
	After []string
	// Apart keeps objects out of files that declare a cloud, since making one means more than storing it.
	Apart bool
	// Example is an object as POST may ask for it, where sampleID stands for ids.
	Example wire.Row
	// Identity are attributes that tell an object without a name from the others: each set of them is enough.
	Identity [][]string
}

// Prefix is how an attribute's value starts.
type Prefix struct {
	Attribute string `json:"attribute"`
	Prefix    string `json:"prefix"`
}

// Mirror says where else objects are said: the attribute of the object that Object names which belongs to the value of By.
type Mirror struct {
	Object     string            `json:"object"`
	By         string            `json:"by"`
	Attributes map[string]string `json:"attributes"`
}

// View computes objects from the state. Nobody makes, changes or deletes them.
type View[O any] struct {
	All  func(api.View) iter.Seq[O]
	Find func(api.View, string) (O, bool)
}

// Resource is a noun as the handlers see it, whatever its types.
type Resource interface {
	Describe() Description
	// Parse reads the members of a body for POST (onCreate) or PUT (onUpdate) into a request.
	Parse(members map[string]any, on When) (request any, err error)
	// Demands reads from the members what they ask the caller to be allowed.
	Demands(members map[string]any, on When) access.Demands
	// Deed names what is done to an object, for permit.
	Deed(access.Verb, access.Demands) access.Deed
	// Permit refuses what the caller must not do to an object; one that it may not even see is not there.
	Permit(p access.Policy, v api.View, id string, d access.Deed) error
	// PermitNew refuses an object that the caller must not make.
	PermitNew(p access.Policy, v api.View, d access.Demands) error
	Add(tx *api.Txn, request any) (id string, err error)
	Change(tx *api.Txn, id string, request any) error
	Drop(tx *api.Txn, id string) error
	// Revision is the object's revision_number, and an error if there is no such object.
	Revision(v api.View, id string) (int, error)
	// Tags are the object's, and an error if there is no such object.
	Tags(v api.View, id string) ([]string, error)
	Ref(id string) api.Ref
	Show(s Scope, id string, fields []string) (wire.Row, error)
	// Made is show for an object that request just made or changed.
	Made(s Scope, id string, request any) (wire.Row, error)
	List(s Scope, q *Query) (Page, error)
}

// ByID adapts an operation on a typed id.
func ByID[I ~string, R, O any](f func(*api.Txn, I, R) (O, error)) func(*api.Txn, string, R) (O, error) {
	return func(tx *api.Txn, id string, r R) (O, error) { return f(tx, I(id), r) }
}

// DropID adapts a deletion by a typed id.
func DropID[I ~string](f func(*api.Txn, I) error) func(*api.Txn, string) error {
	return func(tx *api.Txn, id string) error { return f(tx, I(id)) }
}

func (n *Noun[O, R]) attribute(name string) (Attr[O], bool) {
	for _, a := range n.Attributes {
		if a.Name == name {
			return a, true
		}
	}
	return Attr[O]{}, false
}

// Parse implements Resource.
func (n *Noun[O, R]) Parse(members map[string]any, on When) (any, error) {
	if err := n.checkNames(members, on); err != nil {
		return nil, err
	}
	r := new(R)
	for _, a := range n.Attributes {
		v, given := members[a.Name]
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
func (n *Noun[O, R]) checkNames(members map[string]any, on When) error {
	if err := joinProject(members); err != nil {
		return err
	}
	var unknown []string
	for name := range members {
		if _, ok := n.attribute(name); !ok {
			unknown = append(unknown, wire.Shorten(name))
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return wire.BadRequest("Unrecognized attribute(s) '%s'", wire.Shorten(strings.Join(unknown, ", ")))
	}
	for _, a := range n.Attributes {
		_, given := members[a.Name]
		switch {
		case !given && on == OnCreate && a.access&required != 0:
			return wire.BadRequest("Failed to parse request. Required attribute '%s' not specified", a.Name)
		case given && a.access&on == 0 && on == OnCreate:
			return wire.BadRequest("Attribute '%s' not allowed in POST", a.Name)
		case given && a.access&on == 0 && !a.repeated:
			return wire.BadRequest("Cannot update read-only attribute %s", a.Name)
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
	if project, both := members["project_id"]; both && wire.Show(project) != wire.Show(tenant) {
		return wire.BadRequest("'project_id' and 'tenant_id' do not match")
	}
	members["project_id"] = tenant
	delete(members, "tenant_id")
	return nil
}

// Add implements Resource.
func (n *Noun[O, R]) Add(tx *api.Txn, request any) (string, error) {
	o, err := n.Create(tx, *request.(*R))
	if err != nil {
		return "", err
	}
	return o.Ref().ID, nil
}

// Change implements Resource.
func (n *Noun[O, R]) Change(tx *api.Txn, id string, request any) error {
	_, err := n.Update(tx, id, *request.(*R))
	return err
}

// Drop implements Resource.
func (n *Noun[O, R]) Drop(tx *api.Txn, id string) error { return n.Remove(tx, id) }

func (n *Noun[O, R]) find(v api.View, id string) (O, error) {
	var none O
	if n.View != nil {
		if o, ok := n.View.Find(v, id); ok {
			return o, nil
		}
		return none, n.Missing(wire.Shorten(id))
	}
	o, ok := v.Object(api.Ref{Kind: n.Kind, ID: id})
	if !ok {
		return none, n.Missing(wire.Shorten(id))
	}
	return o.(O), nil
}

// Revision implements Resource.
func (n *Noun[O, R]) Revision(v api.View, id string) (int, error) {
	o, err := n.find(v, id)
	if err != nil {
		return 0, err
	}
	return n.Meta(o).RevisionNumber, nil
}

// Tags implements Resource.
func (n *Noun[O, R]) Tags(v api.View, id string) ([]string, error) {
	o, err := n.find(v, id)
	if err != nil {
		return nil, err
	}
	return n.Meta(o).Tags, nil
}

func (n *Noun[O, R]) hasTags() bool {
	_, ok := n.attribute("tags")
	return ok
}

// Ref implements Resource.
func (n *Noun[O, R]) Ref(id string) api.Ref { return api.Ref{Kind: n.Kind, ID: id} }

// Show implements Resource.
func (n *Noun[O, R]) Show(s Scope, id string, fields []string) (wire.Row, error) {
	o, err := n.found(s.Policy, s.View, id)
	if err != nil {
		return nil, err
	}
	return n.render(s, o, fields), nil
}

// Made implements Resource.
func (n *Noun[O, R]) Made(s Scope, id string, request any) (wire.Row, error) {
	o, err := n.find(s.View, id)
	if err != nil {
		return nil, err
	}
	out := n.render(s, o, nil)
	if n.Extra != nil {
		out = append(out, n.Extra(o, request.(*R))...)
	}
	return out, nil
}

// render gives the members that fields names, or all.
func (n *Noun[O, R]) render(s Scope, o O, fields []string) wire.Row {
	return n.shown(s.Policy, fields).row(s, o)
}

// shown are the attributes that an answer has.
type shown[O any] []Attr[O]

// shown gives those that fields names, or all, as far as the caller may see them.
func (n *Noun[O, R]) shown(p access.Policy, fields []string) (out shown[O]) {
	for _, a := range n.Attributes {
		if a.get == nil || a.unshown || a.private && !p.Admin || a.asked && !slices.Contains(fields, a.Name) {
			continue
		}
		if len(fields) == 0 || slices.Contains(fields, a.Name) {
			out = append(out, a)
		}
	}
	return out
}

func (as shown[O]) row(s Scope, o O) wire.Row {
	out := make(wire.Row, len(as))
	for i := range as {
		out[i] = wire.Member{as[i].Name, as[i].get(s, o)}
	}
	return out
}
