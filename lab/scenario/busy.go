package scenario

import (
	"os"
	"regexp"
	"strconv"
	"time"
)

// queued is how long, since this machine was started, something on it waited for a processor or for the disk; 0 if the
// kernel does not count that. What is measured here is weft's time: whatever else the machine does must not make a
// check fail.
func queued() time.Duration {
	var all time.Duration
	for _, file := range []string{"/proc/pressure/cpu", "/proc/pressure/io"} {
		raw, _ := os.ReadFile(file) // kernels without it are slow for reasons that nobody counts
		all += pressure(string(raw))
	}
	return all
}

var pressureForm = regexp.MustCompile(`(?m)^some .*total=(\d+)$`)

// pressure reads one of the kernel's files of pressure stall information.
func pressure(file string) time.Duration {
	m := pressureForm.FindStringSubmatch(file)
	if m == nil {
		return 0
	}
	us, _ := strconv.ParseInt(m[1], 10, 64)
	return time.Duration(us) * time.Microsecond
}

// silence is a time without an answer.
type silence struct {
	Length time.Duration
	Busy   time.Duration // for so much of it somebody on this machine had to wait for the machine
	Over   time.Time
}

// Own is how much of a silence the machine cannot be blamed for.
func (s silence) Own() time.Duration { return max(0, s.Length-s.Busy) }
