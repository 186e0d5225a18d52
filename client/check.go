package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// TunnelCheck is what packets from one host to another showed.
type TunnelCheck struct {
	From    string `json:"from"`
	To      string `json:"to"`
	FromIP  string `json:"from_ip"`
	ToIP    string `json:"to_ip"`
	Small   bool   `json:"small"`
	Full    bool   `json:"full"`
	Size    int    `json:"size"`
	Problem string `json:"problem"`
}

// CheckTunnels tries the tunnels between hosts with real packets; "" is every host.
func (c *Client) CheckTunnels(ctx context.Context, from, to string) ([]TunnelCheck, error) {
	q := url.Values{}
	for k, v := range map[string]string{"from": from, "to": to} {
		if v != "" {
			q.Set(k, v)
		}
	}
	var body struct{ Tunnels []TunnelCheck }
	if err := c.call(ctx, request{method: http.MethodGet, path: "/v1/check/tunnels", query: q}, "", &body); err != nil {
		return nil, fmt.Errorf("check tunnels: %w", err)
	}
	return body.Tunnels, nil
}
