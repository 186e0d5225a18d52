package hosttest

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// inside is the variable of the environment that says how far the private host is.
const (
	inside    = "WEFT_TEST_HOST"
	bare      = "bare"
	furnished = "furnished"
)

// Main runs the tests of a package on a private host, and gives the exit status. Without root they run where they are,
// and those that need the host skip themselves.
func Main(m *testing.M) int {
	switch os.Getenv(inside) {
	case furnished: // a child that a test started: the host is there
		return m.Run()
	case bare:
		if err := furnish(); err != nil {
			fmt.Fprintln(os.Stderr, "furnish private host:", err)
			return 1
		}
		_ = os.Setenv(inside, furnished) // cannot fail: the name is good
		return m.Run()
	}
	if os.Geteuid() != 0 {
		return m.Run()
	}
	return again()
}

// again runs this program on a private host, and sees to it that it ends with this one.
func again() int {
	runtime.LockOSThread() // the child is killed when the thread that started it ends
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), inside+"="+bare)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL,
	}
	signal.Ignore(os.Interrupt) // the child gets it too, and decides
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "start private host:", err)
		return 1
	}
	if err := cmd.Wait(); err != nil {
		return max(1, cmd.ProcessState.ExitCode())
	}
	return 0
}

func furnish() error {
	if err := unix.Mount("", "/", "none", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("empty /run: %w", err)
	}
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		return fmt.Errorf("set lo up: %w: %s", err, out)
	}
	return nil
}

// Need skips a test that has no private host.
func Need(t testing.TB) {
	t.Helper()
	if os.Getenv(inside) == "" {
		t.Skip("needs root: run the tests as root")
	}
}

// Run runs a program on the private host and gives what it printed; the test fails if the program does.
func Run(t testing.TB, argv ...string) string {
	t.Helper()
	out, err := Try(argv...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Try is Run for what may fail.
func Try(argv ...string) (string, error) {
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}
