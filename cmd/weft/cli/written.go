package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/sys/unix"
)

// written is where a command writes. It keeps the first failure, so that no command that has not written all ends well.
type written struct {
	w   io.Writer
	err error
}

// Write implements io.Writer.
func (o *written) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	if err != nil {
		o.err = fmt.Errorf("write the output: %w", err)
	}
	return n, err
}

// terminal gives the terminal that a writer writes to.
func terminal(w io.Writer) (*os.File, bool) {
	if o, ok := w.(*written); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	if !ok {
		return nil, false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return f, err == nil
}

// abandoned reports whether a writer is a pipe that nobody reads any more. A command that has nothing to write would not
// find out.
func abandoned(w io.Writer) bool {
	if o, ok := w.(*written); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	fds := []unix.PollFd{{Fd: int32(f.Fd())}} //nolint:gosec // a descriptor is small
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLNVAL) != 0
}

func isTerminal(w io.Writer) bool {
	_, ok := terminal(w)
	return ok
}

// size gives the columns and lines of a terminal, 0 if they are not known.
func size(w io.Writer) (columns, lines int) {
	f, ok := terminal(w)
	if !ok {
		return 0, 0
	}
	s, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0
	}
	return int(s.Col), int(s.Row)
}

// oneLine keeps a name that somebody else chose from breaking the table or driving the terminal.
func oneLine(s string) string { return strings.Map(harmless, s) }

// manyLines is oneLine for text that may have several.
func manyLines(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return harmless(r)
	}, s)
}

func harmless(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}

// escapedJSON writes what would drive a terminal, and what encoding/json leaves as it is, as \u….
func escapedJSON(b []byte) []byte {
	return escaped(b, func(r rune) string {
		hi, lo := utf16.EncodeRune(r)
		return fmt.Sprintf(`\u%04x\u%04x`, hi, lo)
	})
}

// escapedYAML does so in YAML, where such text is in double quotes.
func escapedYAML(b []byte) []byte {
	return escaped(b, func(r rune) string { return fmt.Sprintf(`\U%08x`, r) })
}

func escaped(text []byte, long func(rune) string) []byte {
	var b strings.Builder
	for _, r := range string(text) {
		switch {
		case r < ' ' || unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			b.WriteString(long(r))
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return []byte(b.String())
}
