package auth

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Watched is what a file says, read again whenever the file is another one. It is safe for concurrent use.
//
// Whoever asks looks at the file's inode, size and times, which takes a microsecond: no goroutine, and a change counts
// from the very next question. While the file makes no sense, what it said before holds, and somebody is told once.
type Watched[T any] struct {
	path   string
	others []string
	read   func(path string) (T, error)
	failed func(error)

	mu     sync.Mutex
	stamps []stamp
	value  T
}

// Watch reads a file; read is asked of a file that is not there, too. failed, which is optional, is told of later errors.
// The error is that of the first reading. If what path says hangs on other files too, it is read again for them as well.
func Watch[T any](path string, read func(string) (T, error), failed func(error), others ...string) (*Watched[T], error) {
	w := &Watched[T]{path: path, others: others, read: read, failed: failed}
	w.stamps = w.look()
	var err error
	w.value, err = read(path)
	return w, err
}

// Get gives what the file says now.
func (w *Watched[T]) Get() T {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.look()
	if slices.Equal(now, w.stamps) {
		return w.value
	}
	w.stamps = now // before reading, so that a change while reading is seen the next time
	v, err := w.read(w.path)
	switch {
	case err == nil:
		w.value = v
	case w.failed != nil:
		w.failed(fmt.Errorf("what %s said before still holds: %w", w.path, err))
	}
	return w.value
}

func (w *Watched[T]) look() []stamp {
	out := []stamp{stampOf(w.path)}
	for _, p := range w.others {
		out = append(out, stampOf(p))
	}
	return out
}

// stamp tells one content of a file from another.
type stamp struct {
	inode             uint64
	size              int64
	changed, modified time.Time
	mode              fs.FileMode
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	s := stamp{size: info.Size(), modified: info.ModTime(), mode: info.Mode()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode, s.changed = sys.Ino, time.Unix(sys.Ctim.Unix())
	}
	return s
}
