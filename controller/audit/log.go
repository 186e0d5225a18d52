package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// Config says where and how large the file is.
type Config struct {
	Path string
	Size int64 // bytes after which it is turned over
	Keep int   // older files, the oldest of which goes
	// Failed is told of the first line that cannot be written, and Recovered how many were lost once one can be again.
	Failed    func(error)
	Recovered func(lost int)
}

// Log is an open file. It is safe for concurrent use.
type Log struct {
	cfg  Config
	mu   sync.Mutex
	f    *os.File // nil: it could not be opened, and the next line tries again
	size int64
	lost int
}

// Open opens the file, or makes it.
func Open(cfg Config) (*Log, error) {
	l := &Log{cfg: cfg}
	if err := l.open(); err != nil {
		return nil, fmt.Errorf("open the audit log: %w", err)
	}
	return l, nil
}

func (l *Log) open() error {
	f, err := os.OpenFile(l.cfg.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.f, l.size = f, info.Size()
	return nil
}

// Write adds a line.
func (l *Log) Write(v any) {
	line, err := json.Marshal(v)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		err = l.write(append(line, '\n'))
	}
	switch {
	case err != nil:
		if l.lost++; l.lost == 1 {
			l.cfg.Failed(fmt.Errorf("write the audit log: %w", err))
		}
	case l.lost > 0:
		l.cfg.Recovered(l.lost)
		l.lost = 0
	}
}

func (l *Log) write(line []byte) error {
	if l.f != nil && l.size > 0 && l.size+int64(len(line)) > l.cfg.Size {
		if err := l.turn(); err != nil {
			return err
		}
	}
	if l.f == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	n, err := l.f.Write(line)
	l.size += int64(n)
	if err != nil && n > 0 { // what is there of a line ends here, so that the next is whole
		_, _ = l.f.Write([]byte("\n"))
	}
	return err
}

// turn puts the file aside, and those that were put aside before further back.
func (l *Log) turn() error {
	if err := l.close(); err != nil {
		return err
	}
	for i := l.cfg.Keep; i > 0; i-- {
		from := l.cfg.Path
		if i > 1 {
			from = fmt.Sprintf("%s.%d", l.cfg.Path, i-1)
		}
		if err := os.Rename(from, fmt.Sprintf("%s.%d", l.cfg.Path, i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if l.cfg.Keep == 0 {
		return os.Truncate(l.cfg.Path, 0)
	}
	return nil
}

func (l *Log) close() error {
	f := l.f
	l.f = nil
	if f == nil {
		return nil
	}
	return f.Close()
}

// Reopen opens the file anew: whoever moved it away wants the next line in another.
func (l *Log) Reopen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := errors.Join(l.close(), l.open()); err != nil {
		l.cfg.Failed(fmt.Errorf("open the audit log anew: %w", err))
	}
}

// Close ends it. Nothing may be written afterwards.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.close()
}
