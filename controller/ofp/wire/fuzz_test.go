package wire_test

import (
	"bytes"
	"testing"

	"weft/controller/ofp/wire"
	"weft/plan"
)

// seed adds every recorded message, each with its last byte cut off too.
func seed(f *testing.F) {
	for _, b := range messages(f) {
		f.Add(b)
		f.Add(b[:len(b)-1])
	}
}

// FuzzMessages gives any bytes to every decoder of messages. None may panic or change its input.
func FuzzMessages(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		decodeEverything(b)
		if !bytes.Equal(before, b) {
			t.Error("a decoder changed its input")
		}
	})
}

func decodeEverything(b []byte) {
	_, _ = wire.ParseHeader(b)
	_, _ = wire.ParseHello(b)
	_, _ = wire.ParseEcho(b)
	_, _ = wire.ParseFeatures(b)
	_ = wire.ParseBarrier(b)
	_, _, _ = wire.ParseRole(b)
	_, _ = wire.ParseBundle(b)
	_, _ = wire.ParsePortStatus(b)
	if p, err := wire.ParsePacketIn(b); err == nil {
		_, _ = p.InPort()
	}
	_, _ = wire.ParseFlowRemoved(b)
	if e, err := wire.ParseError(b); err == nil {
		_ = e.Error()
		_, _ = e.RefusedXID()
	}
	if m, err := wire.ParseMultipart(b); err == nil {
		_, _ = wire.AppendFlowStats(nil, "br0", m.Body)
		_, _ = wire.AppendPorts(nil, m.Body)
		_, _ = wire.ParseDesc(m.Body)
		_, _ = wire.ParseAggregate(m.Body)
		_, _ = wire.ParseFlowChanges(m)
	}
}

// FuzzFlowStats decodes any bytes as the flows of a switch. What is accepted must have canonical keys and be printable,
// and the entries must account for all of the input.
func FuzzFlowStats(f *testing.F) {
	m, err := wire.ParseMultipart(message(f, "flow-stats"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m.Body)
	for _, cut := range []int{1, 8, 55, 56, 100} {
		f.Add(m.Body[:cut])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fs, err := wire.AppendFlowStats(nil, "br0", b)
		if err == nil && len(fs) == 0 && len(b) != 0 {
			t.Error("bytes without a flow were accepted")
		}
		for _, flow := range fs {
			again, err := wire.CanonicalMatch([]byte(flow.Match))
			if err != nil || again != flow.Match {
				t.Errorf("key %x is not canonical: %x, %v", flow.Match, again, err)
			}
			if wire.Dump(flow, noNames) == "" {
				t.Error("flow prints as nothing")
			}
		}
	})
}

// FuzzCanonicalMatch checks that the canonical form is one: the same again, and for the fields in any order.
func FuzzCanonicalMatch(f *testing.F) {
	f.Add([]byte("\x80\x00\x0a\x02\x08\x00\x80\x00\x14\x01\x06"))
	f.Add([]byte("\x80\x00\x0d\x04\x10\x05\x1f\xff"))                     // VLAN id under its full mask
	f.Add([]byte("\xff\xff\x54\x06\x4f\x4e\x46\x00\x00\x02"))             // an experimenter's field
	f.Add([]byte("\x00\x01\x01\x08\x00\x00\x00\x01\x00\x00\x00\x0f\x80")) // cut off
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := wire.CanonicalMatch(b)
		if err != nil {
			return
		}
		if again, err := wire.CanonicalMatch([]byte(c)); err != nil || again != c {
			t.Errorf("canonical form of %x is %x, and of that %x, %v", b, c, again, err)
		}
		if len(b) > 4 && 4+int(b[3]) < len(b) {
			n := 4 + int(b[3])
			turned := append(bytes.Clone(b[n:]), b[:n]...)
			if other, err := wire.CanonicalMatch(turned); err != nil || other != c {
				t.Errorf("canonical form of %x is %x, with the first field last it is %x, %v", b, c, other, err)
			}
		}
	})
}

// FuzzDecode decodes any match and instructions. What is understood completely must encode to a flow that reads the same.
func FuzzDecode(f *testing.F) {
	m, err := wire.ParseMultipart(message(f, "flow-stats"))
	if err != nil {
		f.Fatal(err)
	}
	fs, err := wire.AppendFlowStats(nil, "br0", m.Body)
	if err != nil {
		f.Fatal(err)
	}
	for _, flow := range fs {
		f.Add([]byte(flow.Match), flow.Instructions)
	}
	f.Fuzz(func(t *testing.T, match, instructions []byte) {
		d, err := wire.Decode(plan.Flow{FlowKey: plan.FlowKey{Match: string(match)}, Instructions: instructions})
		if err != nil {
			return
		}
		e, err := wire.Encode(d, noSubject)
		if err != nil {
			return // a switch may say what weft would not
		}
		again, err := wire.Decode(e)
		if err != nil || again.String() != d.String() {
			t.Errorf("%q encodes to %q, %v", d.String(), again.String(), err)
		}
	})
}
