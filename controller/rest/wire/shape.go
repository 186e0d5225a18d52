package wire

// Shape is the schema of an object with these members.
func Shape(members ...Part) Schema { return Schema{Type: "object", Members: members} }

// Must is a member that every object has.
func Must(name string, s Schema) Part { return Part{Name: name, Required: true, Schema: s} }

// May is a member that can be left out.
func May(name string, s Schema) Part { return Part{Name: name, Schema: s} }

// Of says what the elements of an array are, or, of an object, what its members are.
func (k Kind[V]) Of(s Schema) Kind[V] {
	if k.Schema.Type == "array" {
		k.Schema.Items = &s
	} else {
		k.Schema.Members = s.Members
	}
	return k
}

// Ordered says that the order of an array's elements means something.
func (k Kind[V]) Ordered() Kind[V] {
	k.Schema.Ordered = true
	return k
}
