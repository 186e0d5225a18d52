package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Subject is a logical object that something on a host serves.
type Subject struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Flow is a flow entry in words.
type Flow struct {
	Bridge    string   `json:"bridge"`
	Table     uint8    `json:"table"`
	TableName string   `json:"table_name"`
	Priority  uint16   `json:"priority"`
	Match     string   `json:"match"`
	Actions   string   `json:"actions"`
	Cookie    string   `json:"cookie"`
	Text      string   `json:"text"` // the line as ovs-ofctl prints it, without statistics
	Packets   uint64   `json:"packets"`
	Bytes     uint64   `json:"bytes"`
	Subject   *Subject `json:"subject"` // nil: not weft's
}

// FlowQuery selects flows. The zero value is every flow.
type FlowQuery struct {
	Bridge string
	Table  *uint8
}

// Key identifies an item of a host.
type Key struct {
	Kind string `json:"kind"`
	NS   string `json:"ns,omitempty"`
	ID   string `json:"id"`
}

// String gives "kind ns id".
func (k Key) String() string { return strings.Join(strings.Fields(k.Kind+" "+k.NS+" "+k.ID), " ") }

// Item is one thing that a host must hold beside flows. What Spec has depends on Kind.
type Item struct {
	Kind    string  `json:"kind"`
	Spec    Object  `json:"spec"`
	Subject Subject `json:"subject"`
}

// HostPlan is all that a host should hold.
type HostPlan struct {
	Revision uint64 `json:"revision"`
	Flows    []Flow `json:"flows"`
	Items    []Item `json:"items"`
}

// ItemError is an item that does not hold, and why.
type ItemError struct {
	Key   Key    `json:"key"`
	Error string `json:"error"`
}

// HostDiff is what separates what a host should hold from what it holds.
type HostDiff struct {
	Revision     uint64      `json:"revision"`
	MissingFlows []Flow      `json:"missing_flows"`
	ExtraFlows   []Flow      `json:"extra_flows"`
	ItemErrors   []ItemError `json:"item_errors"`
}

// Empty reports whether the host is as it should be.
func (d *HostDiff) Empty() bool { return len(d.MissingFlows)+len(d.ExtraFlows)+len(d.ItemErrors) == 0 }

// HostProblem is what keeps a host from working.
type HostProblem struct {
	Host    string `json:"host"`
	Problem string `json:"problem"`
}

// Status is how the controller and its hosts are.
type Status struct {
	Ready    bool   `json:"ready"`
	Revision uint64 `json:"revision"`
	Hosts    struct {
		Total int `json:"total"`
		Alive int `json:"alive"`
	} `json:"hosts"`
	Problems []HostProblem  `json:"problems"`
	Objects  map[string]int `json:"objects"` // how many of each kind there are
}

// Flows reads the flows that a host's switches hold now.
func (c *Client) Flows(ctx context.Context, host string, q FlowQuery) ([]Flow, error) {
	query := url.Values{}
	if q.Bridge != "" {
		query.Set("bridge", q.Bridge)
	}
	if q.Table != nil {
		query.Set("table", strconv.Itoa(int(*q.Table)))
	}
	var body struct{ Flows []Flow }
	err := c.view(ctx, host, "flows", query, &body)
	return body.Flows, err
}

// Plan gives what a host should hold.
func (c *Client) Plan(ctx context.Context, host string) (HostPlan, error) {
	var p HostPlan
	err := c.view(ctx, host, "plan", nil, &p)
	return p, err
}

// Diff compares a host's plan with what it holds.
func (c *Client) Diff(ctx context.Context, host string) (HostDiff, error) {
	var d HostDiff
	err := c.view(ctx, host, "diff", nil, &d)
	return d, err
}

func (c *Client) view(ctx context.Context, host, what string, query url.Values, into any) error {
	req := request{method: http.MethodGet, path: Hosts.Path, elems: []string{host, what}, query: query}
	if err := c.call(ctx, req, "", into); err != nil {
		return fmt.Errorf("read the %s of host %s: %w", what, host, err)
	}
	return nil
}

// Status tells how the controller and its hosts are.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var s Status
	if err := c.call(ctx, request{method: http.MethodGet, path: "/v1/status"}, "", &s); err != nil {
		return s, fmt.Errorf("read the status: %w", err)
	}
	return s, nil
}
