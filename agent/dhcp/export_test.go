package dhcp

// What tests from outside share with those inside.
var (
	Item    = item
	Frame   = frame
	Affords = (*Server).affords
)
