package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	width "github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/sys/unix"

	"weft/client"
)

// pseudo is a terminal of so many columns and lines: what is written to one end is read at the other.
func pseudo(t *testing.T, columns, lines uint16) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(person.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: lines})
	}
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(person.Close(), program.Close()) })
	return person, program
}

// hasShelves is a controller that has these, and that hangs up while it is away.
func hasShelves(t *testing.T, away func() bool, list ...client.Object) *app {
	t.Helper()
	all, err := client.ReadKinds([]byte(declared))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if away() {
			panic(http.ErrAbortHandler)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"shelves": list})
	}))
	t.Cleanup(s.Close)
	return &app{kinds: all, every: time.Millisecond, Reach: Reach{cfg: client.Config{Getenv: func(name string) string {
		return map[string]string{"WEFT_ENDPOINT": s.URL, "WEFT_TOKEN": "t"}[name]
	}}}}
}

func here() bool { return false }

// writes runs a command that writes to w.
func writes(ctx context.Context, a *app, w io.Writer, args ...string) (stderr string, code int) {
	var errs bytes.Buffer
	root := newRoot(a, nil)
	root.SetArgs(args)
	root.SetOut(w)
	root.SetErr(&errs)
	code = Execute(ctx, root)
	return errs.String(), code
}

func TestAWatchedTerminalIsGivenBackAsItWas(t *testing.T) {
	person, program := pseudo(t, 80, 24)
	ctx, interrupt := context.WithTimeout(t.Context(), time.Minute)
	defer interrupt()
	turn := 0
	away := func() bool { turn++; return turn == 3 || turn == 4 }
	done := make(chan int, 1)
	go func() {
		_, code := writes(ctx, hasShelves(t, away, shelf("1", "top")), program, "shelf", "list", "--watch")
		_ = program.Close()
		done <- code
	}()
	var seen strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := person.Read(buf)
		seen.Write(buf[:n])
		if away := strings.Index(seen.String(), "trying on"); away >= 0 && strings.Contains(seen.String()[away:], "top") {
			interrupt() // as Ctrl-C does: it was away, and is shown again
		}
		if err != nil {
			break
		}
	}
	if code := <-done; code != exitOK {
		t.Errorf("exit status %d", code)
	}
	text := seen.String()
	begin, end := strings.Index(text, screenOn), strings.LastIndex(text, screenOff)
	if begin != 0 || end < 0 || !strings.Contains(text[end:], "top") || strings.Count(text, "trying on") != 1 {
		t.Errorf("the terminal got %q", text)
	}
}

func TestWhatIsWatchedNeverScrolls(t *testing.T) {
	var list []client.Object
	for i := range 50 {
		list = append(list, shelf(fmt.Sprint(i), "name"))
	}
	a := &app{output: formatTable}
	for _, away := range []bool{false, true} {
		person, program := pseudo(t, 80, 6)
		v := &viewer{a: a, w: program, live: true, have: list, away: away, s: shown{print: func(w io.Writer, l []client.Object) error {
			return a.printList(w, []column{{"ID", "id"}}, l)
		}}}
		if err := errors.Join(v.redraw(), program.Close()); err != nil {
			t.Fatal(err)
		}
		seen, _ := io.ReadAll(person) // ends with an error, as the program is gone
		if lines := strings.Split(string(seen), "\n"); len(lines) != 6 || !strings.Contains(string(seen), "more lines") {
			t.Errorf("away %t: %d lines: %q", away, len(lines), seen)
		}
	}
}

func TestATableIsAsWideAsItsTerminal(t *testing.T) {
	long := strings.Repeat("word ", 40)
	rows := [][]string{{"34b45153-6056-4244-90df-06a346e44f25", long}, {"x", "名前 e\u0301 " + "日本語"}}
	for _, columns := range []int{200, 100, 80} {
		var b strings.Builder
		if err := printTable(&styled{&b, columns}, []string{"ID", "Text"}, rows); err != nil {
			t.Fatal(err)
		}
		first := 0
		for line := range strings.Lines(b.String()) {
			w := width.StringWidth(strings.TrimSuffix(line, "\n"))
			if first == 0 {
				first = w
			}
			if w != first || w > columns {
				t.Errorf("at %d columns a line has %d, the first one %d: %q", columns, w, first, line)
			}
		}
		if !strings.Contains(b.String(), "34b45153-6056-4244-90df-06a346e44f25") {
			t.Errorf("at %d columns the id is broken:\n%s", columns, b.String())
		}
	}
}

func TestAnOutputThatCannotBeWrittenIsAFailure(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for _, args := range [][]string{{"shelf", "list"}, {"shelf", "list", "-o", "value"}, {"shelf", "list", "-o", "json"}, {"shelf", "list", "-o", "yaml"}} {
		said, code := writes(t.Context(), hasShelves(t, here, shelf("1", "a")), full, args...)
		if code != exitFailure || !strings.Contains(said, "write the output") || !strings.Contains(said, "no space left") {
			t.Errorf("%q to a full disk: exit status %d, %q", args, code, said)
		}
	}
}

// A name is what somebody else chose: it must drive no terminal, whichever way it is shown.
func TestNoNameDrivesTheTerminal(t *testing.T) {
	const evil = "\x1b[2J\u009b2J\u202eevil\u200b\U000e0041\x07\r"
	for _, format := range formats {
		var out bytes.Buffer
		said, code := writes(t.Context(), hasShelves(t, here, shelf("1", evil)), &out, "shelf", "list", "-o", format)
		if code != exitOK || !strings.Contains(out.String(), "evil") {
			t.Errorf("-o %s: exit status %d, %q, %q", format, code, out.String(), said)
		}
		if r := strings.IndexFunc(out.String(), func(r rune) bool { return r != '\n' && harmless(r) != r }); r >= 0 {
			t.Errorf("-o %s writes %q", format, out.String())
		}
		if format == formatJSON {
			var back []client.Object
			if err := json.Unmarshal(out.Bytes(), &back); err != nil || back[0].Text("name") != evil {
				t.Errorf("-o json gives %q back, %v", back, err)
			}
		}
	}
	said, code := writes(t.Context(), hasShelves(t, here), io.Discard, "shelf", "show", evil)
	if code != exitNotFound || strings.ContainsAny(said, "\x1b\u009b\u202e\x07") {
		t.Errorf("exit status %d, %q", code, said)
	}
}
