package client

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Kind is a resource as the controller declares it: all that a program must know to read and write its objects.
type Kind struct {
	Singular  string `json:"name"`
	Plural    string `json:"collection"`
	Path      string `json:"path"`
	Key       string `json:"key"`
	Parent    string `json:"parent"` // resource whose objects the collection is below
	Creatable bool   `json:"creatable"`
	Updatable bool   `json:"updatable"`
	Deletable bool   `json:"deletable"`
	Upsert    bool   `json:"upsert"` // PUT makes an object that is not there, and POST none

	Attributes []Attribute `json:"attributes"`

	Own   *Prefix `json:"own"`   // finds the objects that weft itself makes and unmakes
	Lent  *Prefix `json:"lent"`  // finds the objects that others run: what is foreign in them is theirs
	Drawn *Prefix `json:"drawn"` // finds the objects in which what is foreign follows from other objects

	// Mirrors says that weft's own objects are an image: the object that Object names has an attribute that says the same,
	// and which one follows from the value of By.
	Mirrors *struct {
		Object     string            `json:"object"`
		By         string            `json:"by"`
		Attributes map[string]string `json:"attributes"`
	} `json:"mirrors"`

	After    []string   `json:"after"`    // resources that must be there before, although no attribute refers to them
	Apart    bool       `json:"apart"`    // in no file that declares a cloud
	Identity [][]string `json:"identity"` // sets of attributes, each enough to tell an object from all others
}

// Prefix finds objects by how an attribute's value starts.
type Prefix struct {
	Attribute string `json:"attribute"`
	Prefix    string `json:"prefix"`
}

// Finds reports whether an object with these attributes is one of them. Nil finds none.
func (p *Prefix) Finds(attrs map[string]any) bool {
	if p == nil {
		return false
	}
	s, ok := attrs[p.Attribute].(string)
	return ok && strings.HasPrefix(s, p.Prefix)
}

// Attribute is one attribute of a Kind.
type Attribute struct {
	Doc        string `json:"description"`
	OnCreate   bool   `json:"on_create"`
	OnUpdate   bool   `json:"on_update"`
	Filterable bool   `json:"filterable"`
	Shown      bool   `json:"shown"`
	Constant   bool   `json:"constant"` // there is one value only
	Foreign    bool   `json:"foreign"`  // others than those who declare a cloud write it
	Asked      string `json:"asked"`    // the attribute that has what was asked for, where this one has what came of it
	Longer     string `json:"longer"`   // the attribute that says the same at greater length, and says it all where this is null
	After      string `json:"after"`    // a resource that must be there before it is given; the object can be made without it
	Adds       string `json:"adds"`     // the action that adds to a list which PUT does not change …
	Removes    string `json:"removes"`  // … and the one that takes away
	Kept       string `json:"kept"`     // the member that is null in what PUT is to take away from a list; it leaves the rest
	Cleared    bool   `json:"cleared"`  // a list that must be empty before the object can be deleted

	// Default is the JSON value of an object that is made without the attribute; nil if that is not always the same.
	Default json.RawMessage `json:"default"`

	Member
}

// Member is a value with a name: an attribute, or a part of one that is an object.
type Member struct {
	Name     string `json:"name"`
	Required bool   `json:"required"`
	Schema
}

// Schema says what a value may be.
type Schema struct {
	Type     string   `json:"type"` // string, boolean, integer, array, object
	Format   string   `json:"format"`
	Enum     []string `json:"enum"`
	Asks     []string `json:"asks"` // of Enum: what leaves the value to weft, which shows another then
	Nullable bool     `json:"nullable"`
	Min      *int     `json:"minimum"`       // of an integer
	Max      *int     `json:"maximum"`       // of an integer; of a string: its length; of an array: its entries
	Ref      string   `json:"references"`    // the resource whose id a value is, without dashes
	RefBy    string   `json:"references_by"` // the attribute whose value is the resource whose id a value is
	Items    *Schema  `json:"items"`
	Ordered  bool     `json:"ordered"` // an array whose order means something
	Members  []Member `json:"members"` // of an object; none: any
}

// ReadKinds reads what the controller's /v1/resources answers.
func ReadKinds(answer []byte) ([]Kind, error) {
	var body struct{ Resources []Kind }
	if err := json.Unmarshal(answer, &body); err != nil {
		return nil, fmt.Errorf("read the declarations of resources: %w", err)
	}
	return body.Resources, nil
}

// Resource gives the words and the place of the kind.
func (k Kind) Resource() Resource {
	for _, r := range []Resource{Networks, Subnets, Ports, Routers, FloatingIPs, VTEPs, Trunks, Hosts} {
		if r.Singular == k.Singular {
			return r
		}
	}
	r := Resource{Singular: k.Singular, Plural: k.Plural, Path: k.Path, Key: k.Key}
	_, named := k.Attribute("name")
	i := slices.IndexFunc(k.Attributes, func(a Attribute) bool { return a.Filterable && strings.HasSuffix(a.Name, "_name") })
	switch {
	case cmp.Or(k.Key, "id") != "id" && i < 0:
		r.Named = true
	case !named && i >= 0:
		r.Called = k.Attributes[i].Name
	case !named:
		r.Called = cmp.Or(k.Key, "id")
	}
	return r
}

// Attribute finds an attribute by its name.
func (k Kind) Attribute(name string) (Attribute, bool) {
	for _, a := range k.Attributes {
		if a.Name == name {
			return a, true
		}
	}
	return Attribute{}, false
}

// Settable reports whether a person may give the attribute a value that matters.
func (a Attribute) Settable() bool { return (a.OnCreate || a.OnUpdate || a.Adds != "") && !a.Constant }

// KindOf finds the kind that a reference leads to; references are written without dashes and underscores.
func KindOf(kinds []Kind, ref string) (Kind, bool) {
	if ref == "" {
		return Kind{}, false
	}
	ref = plainWord(ref)
	for _, k := range kinds {
		if plainWord(k.Singular) == ref {
			return k, true
		}
	}
	return Kind{}, false
}

func plainWord(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "_", ""), "-", "") }

func pathElement(s string) string {
	if s == "" || s == "." || s == ".." {
		return "{" + s + "}" // refused when it is used
	}
	return url.PathEscape(s)
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}
