package clients

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestCommandLinesOfOpenStackWorkUnmodified runs what people type, each script against a controller of its own.
//
// openstack reads its commands from standard input as its interactive mode does, since each start of it costs seconds.
func TestCommandLinesOfOpenStackWorkUnmodified(t *testing.T) {
	need(t, "openstack", "neutron")
	testscript.Run(t, testscript.Params{
		Dir:                "testdata",
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			c := serve(env.T().(testing.TB))
			env.Vars = append(env.Vars,
				"OS_AUTH_TYPE=admin_token", "OS_ENDPOINT="+c.url, "OS_URL="+c.url, "OS_TOKEN="+c.token,
				"HOME="+env.WorkDir, "LC_ALL=C.UTF-8", "PYTHONWARNINGS=ignore", "PYTHONUNBUFFERED=1",
			)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"session": session},
	})
}

// step is one command of a session and what has to be true of what it prints.
type step struct {
	command string
	fails   bool
	says    []string // regular expressions
}

// trouble is in what the command prints when it did not do what it was told. Its exit status is lost in a session.
var trouble = regexp.MustCompile(`(?i)exception|error|fail|not found|no \w+ found|unrecognized|is not an? |HTTP [45]\d\d|usage:`)

// session FILE runs each line of FILE as a command of one interactive openstack. A line "! command" has to fail. A line
// "> pattern" has to match what the command before it printed.
func session(ts *testscript.TestScript, _ bool, args []string) {
	var env []string
	for _, k := range []string{"OS_AUTH_TYPE", "OS_ENDPOINT", "OS_TOKEN", "HOME", "LC_ALL", "PYTHONWARNINGS", "PYTHONUNBUFFERED", "PATH"} {
		env = append(env, k+"="+ts.Getenv(k))
	}
	if err := converse(env, readSteps(ts.ReadFile(args[0]))); err != nil {
		ts.Fatalf("%v", err)
	}
}

// converse has one interactive openstack do all steps, and says what was not as it should be.
func converse(env []string, steps []step) error {
	var in strings.Builder
	for i, s := range steps {
		fmt.Fprintf(&in, "%s\n%s\n", s.command, mark(i))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "openstack")
	cmd.Stdin, cmd.Env = strings.NewReader(in.String()), env
	raw, err := cmd.CombinedOutput() // its exit status is that of the last command
	said := string(raw)
	var wrong []error
	for i, s := range steps {
		mine, rest, found := strings.Cut(said, "openstack: '"+mark(i)+"'")
		if !found {
			return fmt.Errorf("the session ended at %q (%w):\n%s", s.command, err, said)
		}
		_, said, _ = strings.Cut(rest, "\n")
		said = guesses.ReplaceAllString(said, "")
		if err := s.check(mine); err != nil {
			wrong = append(wrong, fmt.Errorf("%w; it printed\n%s", err, mine))
		}
	}
	return errors.Join(wrong...)
}

// guesses are what openstack makes of a mark.
var guesses = regexp.MustCompile(`^\s*Did you mean one of these\?\n(  .*\n)*`)

// mark is no command: what openstack says of it ends what the i-th command printed.
func mark(i int) string { return fmt.Sprintf("qqq%d", i) }

func readSteps(text string) []step {
	var out []step
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "> "):
			last := &out[len(out)-1]
			last.says = append(last.says, line[2:])
		default:
			command, fails := strings.CutPrefix(line, "! ")
			out = append(out, step{command: command, fails: fails})
		}
	}
	return out
}

func (s step) check(said string) error {
	if failed := trouble.MatchString(said); failed != s.fails {
		return fmt.Errorf("%q: failed: %t, want %t", s.command, failed, s.fails)
	}
	for _, p := range s.says {
		if !regexp.MustCompile("(?m)" + p).MatchString(said) {
			return fmt.Errorf("%q does not print anything like %q", s.command, p)
		}
	}
	return nil
}
