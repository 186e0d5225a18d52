package api

import (
	"encoding/json"
	"testing"
)

func TestAPortForwardingOfOnePortReadsAsItWasWrittenBeforeThereWereRanges(t *testing.T) {
	var pf PortForwarding
	if err := json.Unmarshal([]byte(`{"protocol":"tcp","external":8080,"internal":80}`), &pf); err != nil {
		t.Fatal(err)
	}
	if pf.External != OnePort(8080) || pf.Internal != OnePort(80) {
		t.Errorf("read %v → %v", pf.External, pf.Internal)
	}
	text, err := json.Marshal([]PortRange{OnePort(80), {80, 90}})
	if err != nil || string(text) != `[80,"80:90"]` {
		t.Errorf("written %s: %v", text, err)
	}
}

func TestRangesThatAreNoneAreNotRead(t *testing.T) {
	for _, text := range []string{`"80:"`, `"80:65536"`, `-1`, `{}`, `"a:b"`, `"1:2:3"`, `true`, `1.5`} {
		var r PortRange
		if json.Unmarshal([]byte(text), &r) == nil {
			t.Errorf("%s is read as %v", text, r)
		}
	}
}

func TestRangesOverlapWhereTheyHaveAPortInCommon(t *testing.T) {
	r := PortRange{80, 90}
	for other, want := range map[PortRange]bool{
		{70, 79}: false, {70, 80}: true, {85, 85}: true, {90, 95}: true, {91, 95}: false, {1, 65535}: true,
	} {
		if r.Overlaps(other) != want || other.Overlaps(r) != want {
			t.Errorf("%v and %v: want %v", r, other, want)
		}
	}
}
