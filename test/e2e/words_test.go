package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// contains wants a part in a text.
func contains(text, part string) error {
	if !strings.Contains(text, part) {
		return fmt.Errorf("no %q in:\n%s", part, text[max(0, len(text)-2000):])
	}
	return nil
}

// decimal turns a datapath id as ovs-vsctl prints it into a JSON number.
func decimal(t *testing.T, dpid string) string {
	t.Helper()
	n, err := strconv.ParseUint(strings.Trim(dpid, `"`), 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.FormatUint(n, 10)
}
