package controller

import (
	"fmt"
	"io"

	"weft/api"
	"weft/plan"
)

// Backup implements rest.Keeper.
func (c *Controller) Backup(w io.Writer) error { return c.store.Backup(w) }

// Restore implements rest.Keeper. What is plugged in where is no matter of the backup: the hosts that are here know it
// better, and their last reports go into the same transaction, so that no packet is lost to what a backup remembers.
func (c *Controller) Restore(from io.Reader) (func(*api.Txn) error, error) {
	change, err := c.store.Restore(from)
	if err != nil {
		return nil, err
	}
	return func(tx *api.Txn) error {
		if err := change(tx); err != nil {
			return err
		}
		c.ops.Restored(tx)
		for id, r := range c.lastReports() {
			if _, ok := tx.Host(id); !ok {
				continue
			}
			if err := c.ops.ReportHost(tx, id, reported(r)); err != nil {
				return fmt.Errorf("take what host %s reports: %w", id, err)
			}
		}
		return nil
	}, nil
}

// lastReports are those of the hosts whose agents are connected.
func (c *Controller) lastReports() map[api.HostID]plan.Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[api.HostID]plan.Report{}
	for id, h := range c.hosts {
		h.mu.Lock()
		if h.agent != nil && !h.seen.IsZero() && h.report.Problem == "" {
			out[id] = h.report
		}
		h.mu.Unlock()
	}
	return out
}
