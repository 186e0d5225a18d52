package plan

import (
	"encoding/json"
	"fmt"
	"strconv"
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

func (k FlowKey) wire() wireFlow {
	return wireFlow{Bridge: k.Bridge, Table: k.Table, Priority: k.Priority, Match: []byte(k.Match)}
}

func (w wireFlow) key() (FlowKey, error) {
	if w.Bridge == "" || len(w.Match)+len(w.Instructions) > maxFlow || len(w.Instructions)%8 != 0 {
		return FlowKey{}, fmt.Errorf("flow of bridge %q, table %d: no bridge, or bytes that no switch takes", w.Bridge, w.Table)
	}
	return FlowKey{Bridge: w.Bridge, Table: w.Table, Priority: w.Priority, Match: string(w.Match)}, nil
}

// MarshalJSON writes the key with its match in base64: a match is bytes, not text.
func (k FlowKey) MarshalJSON() ([]byte, error) { return json.Marshal(k.wire()) }

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
func (f Flow) MarshalJSON() ([]byte, error) {
	w := f.wire()
	w.Cookie, w.Instructions = "0x"+strconv.FormatUint(f.Cookie, 16), f.Instructions
	return json.Marshal(w)
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
