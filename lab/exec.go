package lab

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"weft/lab/machine"
)

// Place is where a command can run: a machine, or a guest inside one.
type Place struct {
	Process machine.Process
	Netns   string // of the machine; "" is its own
	Name    string
}

// Place finds a guest, or else a machine, by name.
func (l *Lab) Place(name string) (Place, error) {
	if g, ok := l.state.Guests[name]; ok {
		p, err := l.Process(g.Host)
		return Place{Process: p, Netns: g.netns(), Name: name}, err
	}
	p, err := l.Process(name)
	if err != nil && l.state.Machines[name].PID == 0 {
		return Place{}, fmt.Errorf("there is neither a guest nor a machine %q; 'weft lab status' shows what there is", name)
	}
	return Place{Process: p, Name: name}, err
}

// Exec becomes the command: terminal, signals and exit status are the command's own. It returns only if that fails.
func (l *Lab) Exec(p Place, env []string, argv ...string) error {
	line := machine.Enter(p.Process, p.Netns, argv...)
	path, err := exec.LookPath(line[0])
	if err != nil {
		return fmt.Errorf("find %s: %w", line[0], err)
	}
	if err := syscall.Exec(path, line, withPath(env, filepath.Dir(l.exe))); err != nil {
		return fmt.Errorf("run %s: %w", path, err)
	}
	return nil
}

// withPath puts a folder at the end of PATH, so that weft itself is found inside machines.
func withPath(env []string, dir string) []string {
	out := make([]string, 0, len(env)+1)
	found := false
	for _, e := range env {
		if strings.HasPrefix(e, "PATH=") {
			e, found = e+":"+dir, true
		}
		out = append(out, e)
	}
	if !found {
		out = append(out, "PATH=/usr/sbin:/usr/bin:/sbin:/bin:"+dir)
	}
	return out
}
