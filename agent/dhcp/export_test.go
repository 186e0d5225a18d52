package dhcp

// What tests from outside share with those inside.
var (
	Item    = item
	Frame   = request4
	WithTag = withTag
)

// Affords takes a request of an untagged guest from its budget.
func Affords(s *Server, port uint32) bool {
	ok, _ := s.affords(place{port, 0})
	return ok
}
