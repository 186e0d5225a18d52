package vm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// Console is the serial line on which a guest serves commands. It is for one goroutine at a time. Close it after use.
type Console struct {
	path  string
	words int
}

// Open describes a serial line whose other end is a Unix socket; nothing is connected yet.
func Open(path string) *Console { return &Console{path: path} }

// Await asks the guest until it answers: as long as it boots, nobody hears what is said on the line.
func (c *Console) Await(ctx context.Context) error {
	const least, most = 250 * time.Millisecond, 3 * time.Second // a busy guest is slow to answer, one that boots never does
	for patience := least; ; patience = min(patience*5/4, most) {
		once, cancel := context.WithTimeout(ctx, patience)
		_, err := c.Run(once, "true")
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("wait for the guest to boot: %w", err)
		}
		if !errors.Is(err, context.DeadlineExceeded) { // no socket yet: it says so at once
			select {
			case <-ctx.Done():
			case <-time.After(least):
			}
		}
	}
}

// Run runs a command in the guest and gives what it printed. A status other than 0 is an error.
func (c *Console) Run(ctx context.Context, command string) (string, error) {
	if strings.ContainsAny(command, "\r\n") {
		return "", fmt.Errorf("run %q in the guest: a command is one line", command)
	}
	out, err := c.exchange(ctx, command)
	if err != nil {
		return out, fmt.Errorf("run %q in the guest: %w", command, err)
	}
	return out, nil
}

// exchange connects anew each time, so that what is left of an answer that came too late is nobody's.
func (c *Console) exchange(ctx context.Context, command string) (string, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", c.path)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c.words++
	word := fmt.Sprintf("answer-%d-%d", time.Now().UnixNano(), c.words)
	if _, err := fmt.Fprintf(conn, "\n%s %s\n", word, command); err != nil {
		return "", errors.Join(ctx.Err(), err)
	}
	return answer(ctx, bufio.NewReader(conn), word)
}

// answer reads up to the line that is the word and a status.
func answer(ctx context.Context, r *bufio.Reader, word string) (string, error) {
	const most = 1 << 20
	var out strings.Builder
	for out.Len() < most {
		line, err := r.ReadString('\n')
		if err != nil {
			return out.String(), errors.Join(ctx.Err(), err)
		}
		before, status, ok := strings.Cut(strings.TrimRight(line, "\r\n"), word+" ")
		if !ok {
			out.WriteString(line)
			continue
		}
		out.WriteString(before) // of a command whose last line did not end
		if code, err := strconv.Atoi(status); err != nil || code != 0 {
			return out.String(), fmt.Errorf("exit status %s: %s", status, strings.TrimSpace(out.String()))
		}
		return out.String(), nil
	}
	return out.String(), errors.New("it prints without end")
}
