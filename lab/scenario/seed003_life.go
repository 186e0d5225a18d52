package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// checkLife does to vm2 what people do with virtual machines.
func (v *virtual) checkLife(ctx context.Context) error {
	v.Section("Paused, saved, restored; then reset, of which more below")
	v.Check(ctx, "vm2 paused: its port stays ACTIVE; resumed, it is reached", func(ctx context.Context) (string, error) {
		if _, err := v.Lab.Virsh(ctx, v.host("vm2"), "suspend", "vm2"); err != nil {
			return "", err
		}
		if err := errors.Join(v.becomes(ctx, "vm2", "ACTIVE"), v.Settled(ctx)); err != nil {
			return "", err
		}
		if _, err := v.Lab.Virsh(ctx, v.host("vm2"), "resume", "vm2"); err != nil {
			return "", err
		}
		return v.reaches(ctx, "vm1", v.addr("vm2"))
	})
	v.Check(ctx, "vm2 saved: its port is DOWN; restored, it is ACTIVE, and the guest goes on", v.saved)
	var err error
	v.booted, err = v.reset(ctx)
	return err
}

// saved has libvirt put vm2 into a file, and take it out again: the guest itself must not notice.
func (v *virtual) saved(ctx context.Context) (string, error) {
	const file = "/run/vm2.save"
	if _, err := v.in(ctx, "vm2", "echo kept >/tmp/mark"); err != nil {
		return "", err
	}
	if _, err := v.Lab.Virsh(ctx, v.host("vm2"), "save", "vm2", file); err != nil {
		return "", err
	}
	if err := errors.Join(v.becomes(ctx, "vm2", "DOWN"), v.unplugged(ctx, "vm2", v.host("vm2"))); err != nil {
		return "", err
	}
	if _, err := v.Lab.Virsh(ctx, v.host("vm2"), "restore", file); err != nil {
		return "", err
	}
	if err := v.becomes(ctx, "vm2", "ACTIVE"); err != nil {
		return "", err
	}
	mark, err := v.in(ctx, "vm2", "cat /tmp/mark")
	if err := errors.Join(err, contains("the restored guest's file", mark, "kept")); err != nil {
		return "", err
	}
	return v.reaches(ctx, "vm1", v.addr("vm2"))
}

// reset presses vm2's reset button. What it gives waits until it has booted, and is called after other checks.
func (v *virtual) reset(ctx context.Context) (booted func(context.Context) (string, error), err error) {
	begun := time.Now()
	if _, err := v.Lab.Virsh(ctx, v.host("vm2"), "reset", "vm2"); err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) {
		limited, cancel := context.WithTimeout(ctx, 5*time.Minute)
		defer cancel()
		if err := v.serves(limited, "vm2"); err != nil {
			return "", err
		}
		out, err := v.in(ctx, "vm2", "cut -d. -f1 /proc/uptime")
		if err != nil {
			return "", err
		}
		up := time.Duration(atoi(strings.TrimSpace(out))) * time.Second
		if since := time.Since(begun); up > since+time.Second {
			return "", fmt.Errorf("vm2 has run for %s, and was reset %s ago", up, since)
		}
		if seen, err := v.configured(ctx, "vm2"); err != nil {
			return seen, err
		}
		return v.reaches(ctx, "vm2", v.addr("web"))
	}, nil
}
