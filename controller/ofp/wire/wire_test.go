package wire_test

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
	"weft/controller/ofp/wire"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

var (
	noNames   = pipeline.Names{}
	noSubject = api.Ref{}
)

func TestEveryPrefixOfARecordedMessageIsRefused(t *testing.T) {
	for name, b := range messages(t) {
		for n := range b {
			decodeEverything(b[:n])
			if _, err := wire.ParseMultipart(b[:n]); err == nil {
				t.Errorf("%s cut to %d bytes is accepted", name, n)
			}
		}
	}
}

func TestRecordedMessagesAreUnderstood(t *testing.T) {
	if h, err := wire.ParseHello(message(t, "hello")); err != nil || !h.Speaks13() {
		t.Errorf("hello = %+v, %v", h, err)
	}
	if f, err := wire.ParseFeatures(message(t, "features")); err != nil || f.Tables != 254 || f.DPID == 0 || f.AuxiliaryID != 0 {
		t.Errorf("features = %+v, %v", f, err)
	}
	if p, err := wire.ParseEcho(message(t, "echo")); err != nil || string(p) != "ping" {
		t.Errorf("echo = %q, %v", p, err)
	}
	if err := wire.ParseBarrier(message(t, "barrier")); err != nil {
		t.Errorf("barrier: %v", err)
	}
	if r, g, err := wire.ParseRole(message(t, "role")); err != nil || r != wire.RoleMaster || g != 7 {
		t.Errorf("role = %v %d, %v", r, g, err)
	}
	want := wire.BundleReply{Bundle: 5, Op: wire.BundleOpen.Reply(), Flags: 0}
	if b, err := wire.ParseBundle(message(t, "bundle-open")); err != nil || b.Bundle != want.Bundle || b.Op != want.Op {
		t.Errorf("bundle reply = %+v, %v", b, err)
	}
	if s, err := wire.ParsePortStatus(message(t, "port-status")); err != nil || s.Port.No != 2 || s.Port.Name != "p2" ||
		s.Reason != wire.PortAdded || s.Port.MAC.IsZero() {
		t.Errorf("port status = %+v, %v", s, err)
	}
	p, err := wire.ParsePacketIn(message(t, "packet-in"))
	if err != nil || p.TotalLen != 42 || p.Match != "\x80\x00\x00\x04\x00\x00\x00\x01" || !bytes.HasPrefix(p.Data, bytes.Repeat([]byte{0xff}, 6)) {
		t.Errorf("packet-in = %+v, %v", p, err)
	}
	r, err := wire.ParseFlowRemoved(message(t, "flow-removed"))
	if err != nil || r.Table != 2 || r.Priority != 8 || r.Match != "\x80\x00\x06\x06\x00\x00\x00\x00\x00\x09" {
		t.Errorf("flow-removed = %+v, %v", r, err)
	}
}

func TestErrorsOfTheSwitchAreWords(t *testing.T) {
	for name, want := range map[string]string{
		"error": "bad match: missing prerequisite", "bundle-error": "bundle failed: bad bundle id",
	} {
		e, err := wire.ParseError(message(t, name))
		if err != nil || e.Words() != want {
			t.Errorf("%s = %v, %v, want %q", name, e, err, want)
			continue
		}
		if xid, ok := e.RefusedXID(); !ok || xid != 99 && xid != 98 {
			t.Errorf("%s is about message %d, %v", name, xid, ok)
		}
	}
	unknown := &wire.Error{Type: 77, Code: 3}
	if got := unknown.Words(); got != "error type 77 code 3" {
		t.Errorf("unknown error = %q", got)
	}
}

func TestRecordedMultipartReplies(t *testing.T) {
	body := func(name string) []byte {
		m, err := wire.ParseMultipart(message(t, name))
		if err != nil || m.More {
			t.Fatalf("%s: more = %v, %v", name, m.More, err)
		}
		return m.Body
	}
	ports, err := wire.AppendPorts(nil, body("ports"))
	if err != nil || len(ports) != 2 || !slices.ContainsFunc(ports, func(p wire.Port) bool { return p.No == 1 && p.Name == "p1" }) {
		t.Errorf("ports = %+v, %v", ports, err)
	}
	if d, err := wire.ParseDesc(body("desc")); err != nil || d.Manufacturer != "Nicira, Inc." || d.Hardware != "Open vSwitch" {
		t.Errorf("desc = %+v, %v", d, err)
	}
	if a, err := wire.ParseAggregate(body("aggregate")); err != nil || int(a.Flows) != len(everyField) {
		t.Errorf("aggregate = %+v, %v", a, err)
	}
	flows, err := wire.AppendFlowStats(nil, "br0", body("flow-stats"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range flows {
		got = append(got, wire.Dump(f, noNames))
	}
	slices.Sort(got)
	want := []string{
		"priority=1,in_port=1 actions=CONTROLLER:64",
		"table=1, priority=2,pkt_mark=0x5/0xff,tcp,reg0=0x1/0xf,tun_id=0x64,tun_src=10.0.0.0/24,metadata=0x5/0xf,dl_vlan=5," +
			"dl_src=00:00:00:00:00:01,nw_src=1.0.0.0/255.0.255.0,nw_ttl=4,tp_src=0x10/0xfff0 actions=IN_PORT,goto_table:2",
		"table=1, priority=4,arp,arp_spa=1.2.3.0/24,arp_op=1 actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]," +
			"set_field:2->arp_op,load:0x1->NXM_NX_REG0[0..3],resubmit(,3)",
		"table=1, priority=5,icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1 actions=push_vlan:0x8100,set_field:4098->vlan_vid",
		"table=1, priority=6,tcp actions=drop [not known: match field ffff",
		"table=1, priority=7,ip actions=drop [not known: match field 0001d810",
		"table=2, priority=8,dl_dst=00:00:00:00:00:09 actions=drop",
	}
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("flows (-want +got):\n%s", cmp.Diff(want, got))
	}
}

func TestWhatIsNotKnownIsNamed(t *testing.T) {
	m, err := wire.ParseMultipart(message(t, "flow-stats"))
	if err != nil {
		t.Fatal(err)
	}
	flows, err := wire.AppendFlowStats(nil, "br0", m.Body)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(flows, func(f plan.Flow) bool { return f.Priority == 6 })
	_, err = wire.Decode(flows[i])
	var unknown *wire.UnknownError
	if !errors.As(err, &unknown) || len(unknown.Parts) != 4 { // tcp_flags, ct_clear, group, learn
		t.Errorf("error = %v, want four parts", err)
	}
}

func TestCanonicalMatchIsTheSameForEqualMatches(t *testing.T) {
	const eth, proto = "\x80\x00\x0a\x02\x08\x00", "\x80\x00\x14\x01\x06"
	for name, in := range map[string]string{
		"sorted": eth + proto, "turned": proto + eth, "full mask": proto + "\x80\x00\x0b\x04\x08\x00\xff\xff",
		"field of no bits": proto + eth + "\x00\x01\x01\x08\x00\x00\x00\x00\x00\x00\x00\x00",
	} {
		if got, err := wire.CanonicalMatch([]byte(in)); err != nil || got != eth+proto {
			t.Errorf("%s: %x, %v, want %x", name, got, err, eth+proto)
		}
	}
	for name, in := range map[string]string{
		"twice": eth + eth, "half a header": eth[:3], "half a value": eth[:5], "no value": "\x80\x00\x0a\x00",
		"odd mask": "\x80\x00\x0b\x03\x08\x00\xff", "outside the mask": "\x80\x00\x0b\x04\x08\x01\xff\x00",
		"experimenter without id": "\xff\xff\x54\x02\x00\x02",
	} {
		if got, err := wire.CanonicalMatch([]byte(in)); err == nil {
			t.Errorf("%s: %x, want an error", name, got)
		}
	}
}

func TestEncodeRefusesWhatASwitchWould(t *testing.T) {
	base := pipeline.Flow{Bridge: "br0", Table: 3, Priority: 1}
	match := func(fs ...pipeline.Field) pipeline.Flow { f := base; f.Match = fs; return f }
	do := func(as ...pipeline.Action) pipeline.Flow { f := base; f.Actions = as; return f }
	mac := pipeline.FieldDlDst
	for name, c := range map[string]struct {
		flow pipeline.Flow
		want string
	}{
		"goto-not-last":     {do(pipeline.Goto{Table: 4}, pipeline.Normal{}), "goto_table:4 is not the last action"},
		"output-to-any":     {do(pipeline.Output{Port: 0xffffffff}), "nothing can be sent to port -1"},
		"output-to-0":       {do(pipeline.Output{}), "nothing can be sent to port 0"},
		"in-port-any":       {match(pipeline.InPort(0xffffffff)), "no packet comes in by port"},
		"vlan-not-present":  {match(pipeline.Field{ID: pipeline.FieldVlanVID, Value: pipeline.Value{Lo: 5}}), "without the bit 0x1000"},
		"value-too-wide":    {match(pipeline.Field{ID: mac, Value: pipeline.Value{Lo: 1 << 48}}), "exceeds its 48 bits"},
		"value-beyond-mask": {match(pipeline.Field{ID: mac, Value: pipeline.Value{Lo: 3}, Mask: pipeline.Value{Lo: 1}}), "outside its mask"},
		"mask-not-possible": {match(pipeline.Field{ID: pipeline.FieldDlType, Mask: pipeline.Value{Lo: 1}}), "cannot be matched in part"},
		"field-twice":       {match(pipeline.IP(), pipeline.IP()), "is there twice"},
		"port-without-tcp":  {match(pipeline.IP(), pipeline.TpDst(80)), "tp_dst needs a match on TCP"},
		"icmp-without-ip":   {match(pipeline.ICMPType(8)), "icmp_type needs a match on ICMP"},
		"write-ct-mark":     {do(pipeline.Set(pipeline.Field{ID: pipeline.FieldCtMark})), "cannot be written"},
		"scattered-bits":    {do(pipeline.Set(pipeline.Field{ID: pipeline.FieldReg1, Mask: pipeline.Value{Lo: 5}})), "one run"},
		"unequal-move":      {do(pipeline.Move{Src: pipeline.FieldDlSrc, Dst: pipeline.FieldReg0}), "48 bits to 32"},
		"table-255":         {pipeline.Flow{Table: 255}, "255 is no table"},
		"far-too-long":      {do(slices.Repeat([]pipeline.Action{pipeline.Normal{}}, 5000)...), "too many actions"},
		"too-long":          {do(slices.Repeat([]pipeline.Action{pipeline.Normal{}}, 4000)...), "at most 60000 fit"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := wire.Encode(c.flow, noSubject)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestCookieTellsEveryChangeOfContent(t *testing.T) {
	base := pipeline.Flow{Bridge: "br-int", Kind: tables.KindPort, Table: 3, Priority: 5,
		Match: pipeline.Match{pipeline.IP(), pipeline.NwDst(netip.MustParsePrefix("10.0.0.0/24"))}}
	seen := map[uint64]string{}
	for name, change := range map[string]func(*pipeline.Flow){
		"none": func(*pipeline.Flow) {}, "table": func(f *pipeline.Flow) { f.Table++ },
		"priority": func(f *pipeline.Flow) { f.Priority++ }, "kind": func(f *pipeline.Flow) { f.Kind = tables.KindFIP },
		"match":   func(f *pipeline.Flow) { f.Match = f.Match[:1] },
		"actions": func(f *pipeline.Flow) { f.Actions = []pipeline.Action{pipeline.Normal{}} },
	} {
		f := base
		change(&f)
		e, err := wire.Encode(f, noSubject)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[e.Cookie]; ok {
			t.Errorf("change of %s and of %s give one cookie %#x", name, other, e.Cookie)
		}
		if c := tables.Cookie(e.Cookie); !c.Ours() || c.Kind() != f.Kind {
			t.Errorf("cookie %v is not ours of kind %d", c, f.Kind)
		}
		seen[e.Cookie] = name
	}
}
