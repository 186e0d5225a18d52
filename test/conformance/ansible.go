package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"weft/test/python"
)

//go:embed ansible/*.yml
var playbooks embed.FS

// playbookRun is one run of a playbook, in the order of ansibleRuns. Its name begins the names of its tests.
type playbookRun struct {
	name, book string
	args       []string
	changes    bool // whether every task has to say that it changed something; else none must
	any        bool // whether that does not matter
}

// ansibleRuns make a cloud, look at it, change it and take it away, and do each a second time, which has to change nothing.
func ansibleRuns() []playbookRun {
	return []playbookRun{
		{name: "before, with --check", book: "present.yml", args: []string{"--check"}, any: true}, // that it made nothing shows next
		{name: "made", book: "present.yml", changes: true},
		{name: "made again", book: "present.yml"},
		{name: "made again, with --check", book: "present.yml", args: []string{"--check"}},
		{name: "seen", book: "look.yml"},
		{name: "changed", book: "change.yml", changes: true},
		{name: "changed again", book: "change.yml"},
		{name: "removed", book: "absent.yml", changes: true},
		{name: "removed again", book: "absent.yml"},
	}
}

// sdkVersion is what the modules are told of the openstacksdk: those of Debian 12 refuse the one of Debian 12, with which
// they work, for its number.
const sdkVersion = "0.98.0"

// ansible runs playbooks of weft's own with the modules of openstack.cloud as they come. Each task is a test.
func ansible(ctx context.Context, o order) ([]result, error) {
	dist := filepath.Join(o.dir, "sdk", "openstacksdk-"+sdkVersion+".dist-info")
	if err := os.MkdirAll(dist, 0o700); err != nil {
		return nil, err
	}
	about := "Metadata-Version: 2.1\nName: openstacksdk\nVersion: " + sdkVersion + "\n"
	if err := os.WriteFile(filepath.Join(dist, "METADATA"), []byte(about), 0o600); err != nil {
		return nil, err
	}
	wanted, err := regexp.Compile(o.only)
	if err != nil {
		return nil, err
	}
	var all []result
	for _, r := range ansibleRuns() { // all of them, since each builds upon the one before
		results, err := r.do(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", r.book, r.name, err)
		}
		for _, got := range results {
			if wanted.MatchString(got.ID) {
				all = append(all, got)
			}
		}
	}
	return all, nil
}

func (r playbookRun) do(ctx context.Context, o order) ([]result, error) {
	text, err := playbooks.ReadFile("ansible/" + r.book)
	if err != nil {
		return nil, err
	}
	book := filepath.Join(o.dir, r.book)
	if err := os.WriteFile(book, text, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "ansible-playbook", append(r.args, book)...)
	cmd.Env = o.cloud.environment("PATH="+os.Getenv("PATH"), "PYTHONPATH="+filepath.Join(o.dir, "sdk"), "OS_CLOUD=devstack-admin",
		"ANSIBLE_STDOUT_CALLBACK=ansible.posix.json", "ANSIBLE_LOCALHOST_WARNING=false", "ANSIBLE_PYTHON_INTERPRETER="+python.Interpreter,
		"ANSIBLE_HOME="+o.dir, "ANSIBLE_LOCAL_TEMP="+o.dir, "ANSIBLE_REMOTE_TEMP="+o.dir)
	cmd.Dir, cmd.Stderr = o.dir, o.log
	out, err := cmd.Output()
	fmt.Fprintf(o.log, "%s\n", out)
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) { // a task that fails is a result
		return nil, err
	}
	return r.read(out)
}

// read gives what each task of a run came to, by what ansible-playbook printed.
func (r playbookRun) read(out []byte) ([]result, error) {
	var run struct {
		Plays []struct {
			Tasks []struct {
				Task  struct{ Name string }
				Hosts map[string]playbookTask
			}
		}
	}
	if err := json.Unmarshal(bytes.TrimSpace(out), &run); err != nil {
		return nil, fmt.Errorf("ansible-playbook printed %q: %w", out, err)
	}
	var all []result
	for _, p := range run.Plays {
		for _, t := range p.Tasks {
			all = append(all, r.judge(t.Task.Name, t.Hosts["localhost"]))
		}
	}
	if len(all) == 0 {
		return nil, errors.New("no task was run")
	}
	return all, nil
}

// playbookTask is what ansible-playbook says of a task.
type playbookTask struct {
	Changed, Failed, Unreachable, Skipped bool
	Msg                                   any
	FailedWhen                            any `json:"failed_when_result"`
}

func (r playbookRun) judge(task string, t playbookTask) result {
	got := result{ID: r.name + ": " + task, Outcome: passed}
	switch {
	case t.Failed || t.Unreachable:
		got.Outcome, got.Why = failed, strings.TrimSpace(fmt.Sprint(t.Msg, " ", t.FailedWhen))
	case t.Skipped:
		got.Outcome, got.Why = skipped, "The module cannot say what it would do."
	case !r.any && t.Changed != r.changes:
		got.Outcome, got.Why = failed, fmt.Sprintf("it says changed=%t, want %t", t.Changed, r.changes)
	}
	return got
}
