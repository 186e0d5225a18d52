package plan

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// maxFlow is the most bytes that the match and the instructions of a flow may have together: a message of OpenFlow has
// 65,535 at most.
const maxFlow = 65000

// wireFlow is a flow on the agent link and on an agent's disk: its parts as the switch gets them, in base64.
type wireFlow struct {
	Bridge       string `json:"bridge"`
	Table        uint8  `json:"table"`
	Priority     uint16 `json:"priority"`
	Match        []byte `json:"match,omitempty"`
	Cookie       string `json:"cookie,omitempty"` // as in dumps: 0x and hexadecimal digits
	Instructions []byte `json:"instructions,omitempty"`
}

func (w wireFlow) key() (FlowKey, error) {
	if w.Bridge == "" || len(w.Match)+len(w.Instructions) > maxFlow || len(w.Instructions)%8 != 0 {
		return FlowKey{}, fmt.Errorf("flow of bridge %q, table %d: no bridge, or bytes that no switch takes", w.Bridge, w.Table)
	}
	return FlowKey{Bridge: w.Bridge, Table: w.Table, Priority: w.Priority, Match: string(w.Match)}, nil
}

// MarshalJSON writes the key with its match in base64: a match is bytes, not text.
func (k FlowKey) MarshalJSON() ([]byte, error) { return append(k.begin(nil), '}'), nil }

// begin appends the key's JSON without what ends it. Flows are most of what large clouds say to their agents, so theirs is
// written without a look at types.
func (k FlowKey) begin(b []byte) []byte {
	b = appendText(append(b, `{"bridge":`...), k.Bridge)
	b = strconv.AppendUint(append(b, `,"table":`...), uint64(k.Table), 10)
	b = strconv.AppendUint(append(b, `,"priority":`...), uint64(k.Priority), 10)
	return appendBytes(b, "match", k.Match)
}

func appendBytes[T string | []byte](b []byte, name string, v T) []byte {
	if len(v) == 0 {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":"`...)
	return append(base64.StdEncoding.AppendEncode(b, []byte(v)), '"')
}

// appendText appends a string as encoding/json writes it.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || strings.IndexByte(`"\<>&`, c) >= 0 {
			quoted, _ := json.Marshal(s) // a string always can be
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (k *FlowKey) UnmarshalJSON(b []byte) error {
	var w wireFlow
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	var err error
	*k, err = w.key()
	return err
}

// MarshalJSON writes all of the flow but its subject, which no switch knows.
func (f Flow) MarshalJSON() ([]byte, error) { return f.appendJSON(nil), nil }

func (f *Flow) appendJSON(b []byte) []byte {
	b = append(f.begin(b), `,"cookie":"0x`...)
	b = append(strconv.AppendUint(b, f.Cookie, 16), '"')
	return append(appendBytes(b, "instructions", f.Instructions), '}')
}

// UnmarshalJSON reads what MarshalJSON wrote, and refuses what could not go into a message.
func (f *Flow) UnmarshalJSON(b []byte) error {
	var w wireFlow
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	key, err := w.key()
	if err != nil {
		return err
	}
	cookie, err := strconv.ParseUint(w.Cookie, 0, 64)
	if err != nil {
		return fmt.Errorf("flow of bridge %q, table %d: cookie: %w", w.Bridge, w.Table, err)
	}
	*f = Flow{FlowKey: key, Cookie: cookie, Instructions: w.Instructions}
	return nil
}
