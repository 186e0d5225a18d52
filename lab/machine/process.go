package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Process is a process that cannot be mistaken for another that got its number later.
type Process struct {
	PID int `json:"pid"`
	// Started is its start in clock ticks since the machine's boot, as /proc/PID/stat says.
	Started uint64 `json:"started"`
}

// Find describes the process that has the number now.
func Find(pid int) (Process, error) {
	started, _, err := readStat(pid)
	if err != nil {
		return Process{}, err
	}
	return Process{PID: pid, Started: started}, nil
}

// Alive reports whether the process runs; one that has ended and waits to be collected does not.
func (p Process) Alive() bool {
	started, state, err := readStat(p.PID)
	return err == nil && started == p.Started && state != "Z" && state != "X"
}

// Kill ends the process with SIGKILL and waits until it is gone. It is no error if it had gone before.
func (p Process) Kill(ctx context.Context) error {
	if p.PID <= 1 {
		return nil
	}
	fd, err := unix.PidfdOpen(p.PID, 0)
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EINVAL) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open process %d: %w", p.PID, err)
	}
	defer unix.Close(fd)
	if !p.Alive() { // the number may be another's by now; the descriptor makes the answer last
		return nil
	}
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("kill process %d: %w", p.PID, err)
	}
	return awaitEnd(ctx, p.PID, fd)
}

func awaitEnd(ctx context.Context, pid, fd int) error {
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}} //nolint:gosec // a descriptor fits
	for {
		n, err := unix.Poll(poll, 50)
		switch {
		case err != nil && !errors.Is(err, unix.EINTR):
			return fmt.Errorf("wait for process %d: %w", pid, err)
		case n > 0:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("wait for process %d to end: %w", pid, ctx.Err())
		}
	}
}

// readStat gives the start time and the state letter of a process.
func readStat(pid int) (started uint64, state string, err error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, "", fmt.Errorf("read process %d: %w", pid, err)
	}
	// The second field is the name in parentheses and may hold anything: count from the last one.
	end := bytes.LastIndexByte(raw, ')')
	fields := strings.Fields(string(raw[end+1:]))
	const stateField, startField = 0, 19
	if end < 0 || len(fields) <= startField {
		return 0, "", fmt.Errorf("read process %d: unknown form of /proc/%d/stat", pid, pid)
	}
	started, err = strconv.ParseUint(fields[startField], 10, 64)
	if err != nil {
		return 0, "", fmt.Errorf("read process %d: start time: %w", pid, err)
	}
	return started, fields[stateField], nil
}

// Inside maps the process numbers of a machine to those of the caller.
func Inside(init Process) (map[int]int, error) {
	want, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", init.PID))
	if err != nil {
		return nil, fmt.Errorf("read namespace of process %d: %w", init.PID, err)
	}
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	numbers := map[int]int{}
	for _, d := range dirs {
		if ns, err := os.Readlink(d + "/ns/pid"); err != nil || ns != want {
			continue
		}
		outer, inner, ok := namespacePIDs(d + "/status")
		if ok {
			numbers[inner] = outer
		}
	}
	return numbers, nil
}

func namespacePIDs(status string) (outer, inner int, ok bool) {
	raw, err := os.ReadFile(status)
	if err != nil {
		return 0, 0, false
	}
	for line := range strings.Lines(string(raw)) {
		rest, found := strings.CutPrefix(line, "NSpid:")
		if !found {
			continue
		}
		n := strings.Fields(rest)
		if len(n) < 2 {
			return 0, 0, false
		}
		outer, err1 := strconv.Atoi(n[0])
		inner, err2 := strconv.Atoi(n[len(n)-1])
		return outer, inner, err1 == nil && err2 == nil
	}
	return 0, 0, false
}
