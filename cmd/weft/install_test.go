package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runMake makes something of the installation below root, and wants it to succeed.
func runMake(t *testing.T, verb, root string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "make", "-C", "../..", verb,
		"DESTDIR="+root, "PREFIX=/opt/weft", "BIN="+filepath.Join(root, "built"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make %s: %v\n%s", verb, err, out)
	}
}

func TestInstallationKeepsTheFlagsOfAnAdministrator(t *testing.T) {
	root := t.TempDir()
	flags := filepath.Join(root, "etc/default/weft-agent")
	runMake(t, "install", root)
	unit, err := os.ReadFile(filepath.Join(root, "opt/weft/lib/systemd/system/weft-agent.service"))
	if err != nil {
		t.Fatal(err)
	}
	if start := "ExecStart=/opt/weft/bin/weft agent $WEFT_AGENT_FLAGS\n"; !strings.Contains(string(unit), start) {
		t.Errorf("the unit does not say %q:\n%s", start, unit)
	}
	if info, err := os.Stat(flags); err != nil || info.Mode() != 0o600 {
		t.Errorf("the flags, which may hold a token: %v, %v, want mode 0600", info, err)
	}
	const mine = `WEFT_AGENT_FLAGS="--tunnel-ip 10.1.1.3"`
	if err := os.WriteFile(flags, []byte(mine), 0o600); err != nil {
		t.Fatal(err)
	}
	runMake(t, "install", root)
	if have, err := os.ReadFile(flags); err != nil || string(have) != mine {
		t.Errorf("installing again wrote over the flags: %q, %v", have, err)
	}
	if out, err := exec.CommandContext(t.Context(), filepath.Join(root, "opt/weft/bin/weft"), "--version").CombinedOutput(); err != nil {
		t.Errorf("what was installed does not run: %v\n%s", err, out)
	}
	for _, completion := range []string{"bash-completion/completions/weft", "zsh/site-functions/_weft", "fish/vendor_completions.d/weft.fish"} {
		if script, err := os.ReadFile(filepath.Join(root, "opt/weft/share", completion)); err != nil || !strings.Contains(string(script), "__complete") {
			t.Errorf("completion %s: %v, %d bytes", completion, err, len(script))
		}
	}
	runMake(t, "uninstall", root)
	if left, err := exec.CommandContext(t.Context(), "find", filepath.Join(root, "opt"), "-type", "f").Output(); err != nil || len(left) != 0 {
		t.Errorf("after uninstalling there are %s, %v", left, err)
	}
}
