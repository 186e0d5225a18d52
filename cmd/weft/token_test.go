package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weft/controller/auth"
)

// weft runs a command in this process.
func weft(args ...string) (out string, err error) {
	var b bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&b)
	root.SetErr(&b)
	err = root.Execute()
	return b.String(), err
}

func TestTokensAreMadeListedAndRevoked(t *testing.T) {
	dir := t.TempDir()
	out, err := weft("token", "create", "--data-dir", dir, "--project", "blue", "--description", "ci", "--expires", "1h", "-o", "json")
	if err != nil {
		t.Fatal(err, out)
	}
	var made struct{ ID, Project, Role, Token string }
	if err := json.Unmarshal([]byte(out), &made); err != nil || made.Project != "blue" || made.Role != "member" || len(made.Token) != 64 {
		t.Fatalf("%+v, %v", made, err)
	}
	secret, err := weft("token", "create", "--data-dir", dir, "--role", "admin", "-o", "value")
	if err != nil || len(strings.TrimSpace(secret)) != 64 {
		t.Fatal(err, secret)
	}
	list, err := weft("token", "list", "--data-dir", dir)
	if err != nil || !strings.Contains(list, made.ID) || !strings.Contains(list, "blue") || strings.Contains(list, made.Token) {
		t.Errorf("%v\n%s", err, list)
	}
	if _, err := weft("token", "revoke", "--data-dir", dir, made.ID, "nope"); err == nil || !strings.Contains(err.Error(), "nope") {
		t.Errorf("revoking one that is not there: %v", err)
	}
	if _, err := weft("token", "revoke", "--data-dir", dir, made.ID); err != nil {
		t.Error(err)
	}
	left, err := auth.ReadTokens(filepath.Join(dir, "tokens.json"))
	if err != nil || len(left) != 1 || left[0].Role != "admin" {
		t.Errorf("left: %+v, %v", left, err)
	}
}

func TestATokenThatMakesNoSenseIsNotMade(t *testing.T) {
	dir := t.TempDir()
	for says, args := range map[string][]string{
		"needs a project":   {},
		"role must be":      {"--project", "blue", "--role", "root"},
		"that is over":      {"--project", "blue", "--expires", "2020-01-01"},
		"want a time such":  {"--project", "blue", "--expires", "soon"},
		"at most 255 bytes": {"--project", strings.Repeat("x", 256)},
	} {
		if _, err := weft(append([]string{"token", "create", "--data-dir", dir}, args...)...); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v, want %q", args, err, says)
		}
	}
	if _, err := weft("token", "create", "--data-dir", filepath.Join(dir, "none"), "--role", "admin"); err == nil || !strings.Contains(err.Error(), "start a controller") {
		t.Errorf("without a data directory: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "tokens.json")); err == nil {
		t.Error("a file was made")
	}
}

func TestATokenEndsWhenItIsToldTo(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for given, want := range map[string]time.Time{
		"":                          {},
		"36h":                       now.Add(36 * time.Hour),
		"2026-02-01":                time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC),
		"2026-02-01T12:00:00+02:00": time.Date(2026, 2, 1, 10, 0, 0, 0, time.UTC),
	} {
		if got, err := expiry(given, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %s, %v, want %s", given, got, err, want)
		}
	}
}
