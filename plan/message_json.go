package plan

import (
	"encoding/json"
	"slices"
)

// typicalFlow is how many bytes of JSON most flows are at most.
const typicalFlow = 256

// AppendJSON appends the message to b as json.Marshal would write it, but for the order of its members, and many times as
// fast: its flows pass through nothing but base64.
func (m *Message) AppendJSON(b []byte) ([]byte, error) {
	rest := *m
	rest.PutFlows, rest.DropFlows = nil, nil
	head, err := json.Marshal(rest)
	if err != nil {
		return nil, err
	}
	b = slices.Grow(b, len(head)+typicalFlow*(len(m.PutFlows)+len(m.DropFlows)))
	b = append(b, head[:len(head)-1]...)
	b = appendList(b, "put_flows", m.PutFlows, func(b []byte, f *Flow) []byte { return f.appendJSON(b) })
	b = appendList(b, "drop_flows", m.DropFlows, func(b []byte, k *FlowKey) []byte { return append(k.begin(b), '}') })
	return append(b, '}'), nil
}

// appendList appends a member that is a list, unless it is empty.
func appendList[T any](b []byte, name string, list []T, one func([]byte, *T) []byte) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":[`...)
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, &list[i])
	}
	return append(b, ']')
}
