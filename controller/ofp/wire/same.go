package wire

import (
	"bytes"
	"encoding/binary"

	"weft/plan"
)

// Same reports whether a flow that a switch holds does what a flow of ours says. Cookies alone would not tell: they stay
// when somebody changes a flow's actions in place. A switch may give instructions back in other words, which for Open
// vSwitch are Nicira's names of the oldest fields.
func Same(have, want *plan.Flow) bool {
	if have.Cookie != want.Cookie {
		return false
	}
	a, b := have.Instructions, want.Instructions
	if bytes.Equal(a, b) || sameWords(a, b) {
		return true
	}
	theirs, err := Decode(*have)
	if err != nil {
		return false // ours can be decoded
	}
	ours, err := Decode(*want)
	return err == nil && theirs.String() == ours.String()
}

// sameWords compares instructions by words of four bytes: those that differ must be headers of one field.
func sameWords(a, b []byte) bool {
	if len(a) != len(b) || len(a)%4 != 0 {
		return false
	}
	for i := 0; i < len(a); i += 4 {
		x, y := a[i:i+4], b[i:i+4]
		if binary.BigEndian.Uint32(x) == binary.BigEndian.Uint32(y) {
			continue
		}
		theirs, ok1 := subfield(x)
		ours, ok2 := subfield(y)
		if !ok1 || !ok2 || theirs != ours {
			return false
		}
	}
	return true
}
