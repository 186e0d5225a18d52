package clients

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// binary is the weft program, built once by TestMain.
var binary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "weft-clients")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "weft")
	if out, err := exec.Command("go", "build", "-o", binary, "weft/cmd/weft").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build weft: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// controller is a running "weft controller".
type controller struct{ url, token string }

// serve starts a controller on ports that the kernel chooses and stops it when the test ends.
func serve(t testing.TB, flags ...string) controller {
	t.Helper()
	dir := t.TempDir()
	args := append([]string{"controller", "--data-dir", dir, "--advertise", "127.0.0.1", "--listen-rest", "127.0.0.1:0",
		"--listen-openflow", "127.0.0.1:0", "--listen-agent", "127.0.0.1:0"}, flags...)
	cmd := exec.Command(binary, args...)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(log)
	addr, said := listening(lines)
	drained := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, lines); close(drained) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-drained
		if err := cmd.Wait(); err != nil {
			t.Errorf("weft controller: %v", err)
		}
	})
	if addr == "" {
		t.Fatalf("weft controller did not come up:\n%s", said)
	}
	token, err := os.ReadFile(filepath.Join(dir, "token"))
	if err != nil {
		t.Fatal(err)
	}
	return controller{"http://" + addr, strings.TrimSpace(string(token))}
}

var restAddress = regexp.MustCompile(`controller is up.* rest="?([0-9.:]+)`)

// listening reads the log until it tells the address of the REST API, and gives what it read.
func listening(log *bufio.Reader) (addr, said string) {
	for {
		line, err := log.ReadString('\n')
		said += line
		if m := restAddress.FindStringSubmatch(line); m != nil {
			return m[1], said
		}
		if err != nil {
			return "", said
		}
	}
}

// need gets Debian's command lines if they are missing, which takes root.
func need(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err == nil {
			continue
		}
		if os.Geteuid() != 0 {
			t.Skipf("%s is missing and only root can install it: run 'sudo scripts/deps clients'", p)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		if out, err := exec.CommandContext(ctx, "../../scripts/deps", "clients").CombinedOutput(); err != nil {
			t.Fatalf("install the command lines: %v\n%s", err, out)
		}
	}
}
