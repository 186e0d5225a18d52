package rest

// shape is the schema of an object with these members.
func shape(members ...part) schema { return schema{Type: "object", Members: members} }

// must is a member that every object has; may is one that can be left out.
func must(name string, s schema) part { return part{Name: name, Required: true, schema: s} }
func may(name string, s schema) part  { return part{Name: name, schema: s} }

// of says what the elements of an array are, or, of an object, what its members are.
func (k kind[V]) of(s schema) kind[V] {
	if k.schema.Type == "array" {
		k.schema.Items = &s
	} else {
		k.schema.Members = s.Members
	}
	return k
}

// ordered says that the order of an array's elements means something.
func (k kind[V]) ordered() kind[V] {
	k.schema.Ordered = true
	return k
}
