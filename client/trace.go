package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// TraceQuery is a packet whose way is asked for. It comes from a port, or from the wire of an external network; what is
// empty is as the sender would have it.
type TraceQuery struct {
	PortID    string
	OutsideID string // a network
	To        string // address
	From      string // address
	ToMAC     string
	FromMAC   string
	Protocol  string // icmp, tcp, udp or sctp
	Port      int    // of tcp and udp, the destination's
}

// TraceStep is one decision on a packet's way.
type TraceStep struct {
	Host      string   `json:"host"`
	Place     string   `json:"place"` // a bridge, a namespace, "guest", "wire" or "underlay"
	Table     *uint8   `json:"table"`
	TableName string   `json:"table_name"`
	Rule      string   `json:"rule"`
	Does      string   `json:"does"`
	Subject   *Subject `json:"subject"`
}

// Trace is a packet's way and its end.
type Trace struct {
	Packet  string      `json:"packet"`
	Steps   []TraceStep `json:"steps"`
	Verdict string      `json:"verdict"` // delivered, left, dropped or unknown
	Host    string      `json:"host"`
	Place   string      `json:"place"`
	Why     string      `json:"why"`
	Hint    string      `json:"hint"`
	Doubts  []string    `json:"doubts"`
}

// Trace asks for the way of a packet, which is not sent.
func (c *Client) Trace(ctx context.Context, q TraceQuery) (Trace, error) {
	query := url.Values{}
	for k, v := range map[string]string{
		"port": q.PortID, "outside": q.OutsideID, "to": q.To, "from": q.From, "to_mac": q.ToMAC, "from_mac": q.FromMAC, "protocol": q.Protocol,
	} {
		if v != "" {
			query.Set(k, v)
		}
	}
	if q.Port != 0 {
		query.Set("dst_port", strconv.Itoa(q.Port))
	}
	var body struct{ Trace Trace }
	if err := c.call(ctx, request{method: http.MethodGet, path: "/v1/trace", query: query}, "", &body); err != nil {
		return body.Trace, fmt.Errorf("trace a packet: %w", err)
	}
	return body.Trace, nil
}
