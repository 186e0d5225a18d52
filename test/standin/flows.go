package standin

import (
	"encoding/binary"
	"fmt"

	"weft/plan"
)

// A flow-mod and a flow-stats entry both have their match at the same place.
const (
	matchAt  = 48
	maxStats = 32 << 10 // bytes of one part of the answer
)

// commit does the flow-mods of a bundle.
func (s *Switch) commit(mods [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range mods {
		if len(m) < matchAt+8 {
			return fmt.Errorf("flow-mod of %d bytes", len(m))
		}
		end := matchAt + padded(int(binary.BigEndian.Uint16(m[matchAt+2:])))
		if end > len(m) {
			return fmt.Errorf("flow-mod with a match until byte %d, and only %d bytes", end, len(m))
		}
		key := string(m[24:25]) + string(m[30:32]) + string(m[matchAt:end]) // table, priority, match
		s.mods++
		if plan.FlowCommand(m[25]) == plan.FlowAdd {
			s.flows[key] = entry{binary.BigEndian.Uint64(m[8:]), string(m[end:])}
		} else {
			delete(s.flows, key)
		}
	}
	return nil
}

func padded(n int) int { return (n + 7) / 8 * 8 }

// stats gives all flows as the parts of an answer to a request for flow statistics; at least one part.
func (s *Switch) stats() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	parts := [][]byte{nil}
	for key, e := range s.flows {
		last := len(parts) - 1
		if len(parts[last]) > maxStats {
			parts = append(parts, nil)
			last++
		}
		parts[last] = appendStats(parts[last], key, e)
	}
	return parts
}

func appendStats(b []byte, key string, e entry) []byte {
	start := len(b)
	b = append(b, 0, 0, key[0], 0)
	b = append(b, make([]byte, 8)...) // since when
	b = append(b, key[1:3]...)
	b = append(b, make([]byte, 10)...) // time-outs, flags
	b = binary.BigEndian.AppendUint64(b, e.cookie)
	b = append(b, make([]byte, 16)...) // packets and bytes
	b = append(b, key[3:]...)
	b = append(b, e.instructions...)
	binary.BigEndian.PutUint16(b[start:], uint16(len(b)-start))
	return b
}
