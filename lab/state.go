package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"weft/lab/machine"
)

// DefaultRoot is the folder that holds one folder a lab.
const DefaultRoot = "/var/lib/weft-lab"

// state is what a lab must not forget: it is on disk before a thing is made.
type state struct {
	Topology Topology                   `json:"topology"`
	Purpose  string                     `json:"purpose,omitempty"` // what it was made for, if not for a person
	Machines map[string]machine.Process `json:"machines"`
	Guests   map[string]Guest           `json:"guests"`
}

// Folder layout of a lab.
func (l *Lab) path(elem ...string) string { return filepath.Join(append([]string{l.dir}, elem...)...) }

func (l *Lab) stateFile() string { return l.path("state.json") }

// load reads the state; a lab that does not exist is fs.ErrNotExist.
func (l *Lab) load() error {
	raw, err := os.ReadFile(l.stateFile())
	if err != nil {
		return err
	}
	var s state
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("read %s: %w", l.stateFile(), err)
	}
	if s.Machines == nil {
		s.Machines = map[string]machine.Process{}
	}
	if s.Guests == nil {
		s.Guests = map[string]Guest{}
	}
	l.state = s
	return nil
}

// save writes the state so that a reader sees either the old or the new one.
func (l *Lab) save() error {
	raw, err := json.MarshalIndent(l.state, "", "  ")
	if err != nil {
		return err
	}
	tmp := l.stateFile() + ".new"
	if err := os.WriteFile(tmp, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("save the lab's state: %w", err)
	}
	if err := os.Rename(tmp, l.stateFile()); err != nil {
		return fmt.Errorf("save the lab's state: %w", err)
	}
	return nil
}

// ErrBusy means that another command changes the lab at this moment.
var ErrBusy = errors.New("another 'weft lab' command is changing this lab; wait for it to end")

// lock keeps other programs from changing the lab until the returned function is called.
func (l *Lab) lock() (unlock func(), err error) {
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the lab's folder: %w", err)
	}
	f, err := os.OpenFile(l.path("lock"), os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the lab: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrBusy
		}
		return nil, fmt.Errorf("lock the lab: %w", err)
	}
	return func() {
		// Closing alone gives it back only once a child that another goroutine is just starting has closed its copy too.
		_ = unix.Flock(int(f.Fd()), unix.LOCK_UN)
		_ = f.Close()
	}, nil
}

// missing reports an error that says that there is no lab.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
