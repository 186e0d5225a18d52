package access

// Verb is what is done to an object, as far as rights go.
type Verb uint8

// The verbs. Using is to name an object in another one, Plugging to put a router on it.
const (
	Seeing Verb = iota
	Using
	Plugging
	Creating
	Updating
	Deleting
)

// Of gives the right that a verb needs.
func (r Rights) Of(v Verb) Right {
	switch v {
	case Using:
		return r.Use
	case Plugging:
		return r.Plug
	case Creating:
		return r.Create
	case Updating:
		return r.Update
	case Deleting:
		return r.Delete
	}
	return r.See
}

// Deed is what a request wants to do to an object: the verb that rights are for, and the rule's name in answers.
type Deed struct {
	Verb   Verb
	Rule   string
	Beside bool // it changes no attribute: tags, or a policy about the object
	Plain  bool // PUT or DELETE of the object: who sees it is told that it is not theirs, and not that it is not there
	Demands
}
