package link

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// netnsDir is where iproute2 keeps named namespaces.
const netnsDir = "/run/netns"

func path(ns string) string { return filepath.Join(netnsDir, ns) }

// inside runs f on a thread in the namespace, "" being the agent's own. The thread is never given back to the runtime:
// it ends with the goroutine, so no other code can find itself in a foreign namespace.
func inside(ns string, f func() error) error {
	if ns == "" {
		return f()
	}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		done <- enter(ns, f)
	}()
	return <-done
}

func enter(ns string, f func() error) error {
	fd, err := unix.Open(path(ns), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open namespace %s: %w", ns, err)
	}
	err = unix.Setns(fd, unix.CLONE_NEWNET)
	_ = unix.Close(fd)
	if err != nil {
		return fmt.Errorf("enter namespace %s: %w", ns, err)
	}
	return f()
}

// command runs a program inside the namespace and gives what it printed.
func command(ctx context.Context, ns, stdin string, argv ...string) (string, error) {
	var out, errs strings.Builder
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	if err := inside(ns, cmd.Start); err != nil {
		return "", fmt.Errorf("run %s: %w", argv[0], err)
	}
	if err := cmd.Wait(); err != nil {
		said := strings.Join(strings.Fields(errs.String()), " ")
		return "", fmt.Errorf("run %s: %w: %s", argv[0], err, said)
	}
	return out.String(), nil
}

// command is command, counted.
func (h *Host) command(ctx context.Context, ns, stdin string, argv ...string) (string, error) {
	h.programs++
	return command(ctx, ns, stdin, argv...)
}

// isNamespace reports whether a namespace is mounted at its name, and its inode, which tells it from a later one.
func isNamespace(ns string) (inode uint64, ok bool) {
	var f unix.Statfs_t
	var s unix.Stat_t
	if unix.Statfs(path(ns), &f) != nil || f.Type != unix.NSFS_MAGIC || unix.Stat(path(ns), &s) != nil {
		return 0, false
	}
	return s.Ino, true
}

// named lists the namespaces of ours that are really there. Half-made ones are left out, so making them repairs them.
func named() ([]string, error) {
	entries, err := os.ReadDir(netnsDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []string
	for _, e := range entries {
		if ownNamespace(e.Name()) {
			out = append(out, e.Name())
		}
	}
	return out, err
}

// makeNamespace makes a named namespace as "ip netns add" does. What an interrupted attempt left behind is replaced.
func makeNamespace(ns string) error {
	if _, ok := isNamespace(ns); ok {
		return nil
	}
	if err := shareDir(); err != nil {
		return err
	}
	if i, err := os.Lstat(path(ns)); err == nil && !i.Mode().IsRegular() {
		if err := os.Remove(path(ns)); err != nil { // Remove never takes a directory with something in it
			return fmt.Errorf("replace what stands at %s: %w", path(ns), err)
		}
	}
	f, err := os.OpenFile(path(ns), os.O_RDONLY|os.O_CREATE, 0)
	if err != nil {
		return fmt.Errorf("make namespace %s: %w", ns, err)
	}
	_ = f.Close()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		done <- mountNew(ns)
	}()
	return <-done
}

func mountNew(ns string) error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("make namespace %s: %w", ns, err)
	}
	own := fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid())
	if err := unix.Mount(own, path(ns), "none", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount namespace %s: %w", ns, err)
	}
	return nil
}

// shareDir makes the directory of namespaces a shared mount, so that those made later show up in mount namespaces that
// others made before.
func shareDir() error {
	if err := os.MkdirAll(netnsDir, 0o755); err != nil {
		return fmt.Errorf("make %s: %w", netnsDir, err)
	}
	err := unix.Mount("", netnsDir, "none", unix.MS_SHARED|unix.MS_REC, "")
	if !errors.Is(err, unix.EINVAL) {
		return err
	}
	if err := unix.Mount(netnsDir, netnsDir, "none", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("mount %s on itself: %w", netnsDir, err)
	}
	return unix.Mount("", netnsDir, "none", unix.MS_SHARED|unix.MS_REC, "")
}

// removeNamespace takes the name away; the kernel ends the namespace when nothing uses it any more.
func removeNamespace(ns string) error {
	for {
		err := unix.Unmount(path(ns), unix.MNT_DETACH)
		if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) {
			break // nothing is mounted there (any more)
		}
		if err != nil {
			return fmt.Errorf("unmount namespace %s: %w", ns, err)
		}
	}
	if err := os.Remove(path(ns)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove namespace %s: %w", ns, err)
	}
	return nil
}
