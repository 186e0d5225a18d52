package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Restored says what a restoration changes, or would change.
type Restored struct {
	DryRun   bool `json:"dry_run"`
	Revision uint64
	Objects  map[string]struct{ Made, Changed, Deleted int } // by kind
}

// Backup writes the controller's whole state to w. There is time for as long as it goes on.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	resp, err := c.send(ctx, request{method: http.MethodGet, path: "/v1/backup"})
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	return nil
}

// Restore makes the controller's state what it was when Backup wrote what r reads, or says what that would change.
func (c *Client) Restore(ctx context.Context, r io.Reader, dry bool) (found Restored, err error) {
	q := url.Values{}
	if dry {
		q.Set("dry_run", "true")
	}
	resp, err := c.send(ctx, request{method: http.MethodPut, path: "/v1/backup", query: q, body: r})
	if err == nil {
		err = c.read(ctx, resp, "", &found)
	}
	if err != nil {
		return found, fmt.Errorf("restore: %w", err)
	}
	return found, nil
}
