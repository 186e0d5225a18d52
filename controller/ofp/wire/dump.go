package wire

import (
	"errors"
	"fmt"

	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

// Dump gives the line that ovs-ofctl prints for a flow. What the flow language has no words for stands at the end, in
// brackets with its bytes in hex, so that nothing on a switch goes unseen.
func Dump(f plan.Flow, n pipeline.Names) string {
	d, err := Decode(f)
	var unknown *UnknownError
	switch {
	case err == nil:
		return d.Format(tables.Cookie(f.Cookie), n)
	case errors.As(err, &unknown):
		return fmt.Sprintf("%s [%v]", d.Format(tables.Cookie(f.Cookie), n), unknown)
	}
	return fmt.Sprintf("cookie=%#x, table=%d, priority=%d [malformed: %v; match %x instructions %x]",
		f.Cookie, f.Table, f.Priority, err, f.Match, f.Instructions)
}
