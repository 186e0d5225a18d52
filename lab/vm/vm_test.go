package vm

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestADomainHoldsItsInterface(t *testing.T) {
	d := Domain{Name: "vm1", Kernel: "/k", Initrd: "/i", Interface: "<interface type='bridge'><source bridge='br-int'/></interface>"}
	got, err := d.XML()
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Name    string `xml:"name"`
		Devices struct {
			Interface struct {
				Source struct {
					Bridge string `xml:"bridge,attr"`
				} `xml:"source"`
			} `xml:"interface"`
		} `xml:"devices"`
	}
	if err := xml.Unmarshal([]byte(got), &read); err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	if read.Name != "vm1" || read.Devices.Interface.Source.Bridge != "br-int" {
		t.Errorf("read back: %+v", read)
	}
}

func TestABrokenInterfaceIsRefused(t *testing.T) {
	if _, err := (Domain{Name: "vm1", Interface: "<interface>"}).XML(); err == nil {
		t.Error("an element without an end was taken")
	}
}

// guest plays a guest that serves commands: answer says what it prints for a line.
func guest(t *testing.T, answer func(word, command string) string) *Console {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			for lines := bufio.NewScanner(c); lines.Scan(); {
				if word, command, ok := strings.Cut(lines.Text(), " "); ok {
					fmt.Fprint(c, answer(word, command))
				}
			}
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return Open(path)
}

func TestACommandsOutputAndStatusComeBack(t *testing.T) {
	c := guest(t, func(word, command string) string {
		switch command {
		case "fails":
			return "no such thing\n" + word + " 7\n"
		case "noisy":
			return "left over of another 0\nline\nno end" + word + " 0\n"
		}
		return word + " 0\r\n"
	})
	for command, want := range map[string]string{"true": "", "noisy": "left over of another 0\nline\nno end"} {
		if got, err := c.Run(t.Context(), command); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", command, got, err, want)
		}
	}
	if _, err := c.Run(t.Context(), "fails"); err == nil || !strings.Contains(err.Error(), "exit status 7: no such thing") {
		t.Errorf("a command that fails: %v", err)
	}
	if _, err := c.Run(t.Context(), "two\nlines"); err == nil {
		t.Error("two lines were sent as one command")
	}
}

func TestAGuestThatDoesNotAnswerIsWaitedForOnlySoLong(t *testing.T) {
	c := guest(t, func(string, string) string { return "booting\n" })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.Await(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a guest that only boots: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := Open(filepath.Join(t.TempDir(), "none")).Await(ctx); err == nil {
		t.Error("a guest without a line answered")
	}
}
