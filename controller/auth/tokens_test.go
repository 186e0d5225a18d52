package auth

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var never time.Time

const first = "0123456789abcdef0123456789abcdef"

// add makes a token in a file and gives its secret.
func add(t testing.TB, path, project, role string, expires time.Time) (Token, string) {
	t.Helper()
	tok, secret, err := NewToken(project, role, "for a test", newClock().now(), expires)
	if err != nil {
		t.Fatal(err)
	}
	if err := EditTokens(path, func(have []Token) ([]Token, error) { return append(have, tok), nil }); err != nil {
		t.Fatal(err)
	}
	return tok, secret
}

func drop(t testing.TB, path string) {
	t.Helper()
	if err := EditTokens(path, func([]Token) ([]Token, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
}

func TestATokenSaysWhoItsBearerIs(t *testing.T) {
	path, at := filepath.Join(t.TempDir(), "tokens.json"), newClock()
	tokens, err := NewTokens(path, first, at.now, nil)
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]Caller{
		RoleAdmin:  {ProjectID: "blue", Roles: []string{RoleAdmin, RoleMember, RoleReader}, Admin: true},
		RoleMember: {ProjectID: "blue", Roles: []string{RoleMember, RoleReader}},
		RoleReader: {ProjectID: "blue", Roles: []string{RoleReader}},
	} {
		tok, secret := add(t, path, "blue", role, never)
		want.UserID, want.UserName = "token:"+tok.ID, "for a test"
		got, err := tokens.Authenticate(request(secret, "192.0.2.1:1"))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", role, err, diff)
		}
		for _, wrong := range []string{"", secret[:63], secret + "0", strings.ToUpper(secret), tok.SHA256, tok.ID, " " + secret} {
			if _, err := tokens.Authenticate(request(wrong, "192.0.2.1:1")); !errors.Is(err, ErrDenied) {
				t.Errorf("%q: %v", wrong, err)
			}
		}
	}
	if c, err := tokens.Authenticate(request(first, "192.0.2.1:1")); err != nil || !c.Admin {
		t.Errorf("the first token: %+v, %v", c, err)
	}
}

func TestARevokedOrExpiredTokenIsRefusedAtOnce(t *testing.T) {
	path, at := filepath.Join(t.TempDir(), "tokens.json"), newClock()
	tokens, err := NewTokens(path, first, at.now, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, secret := add(t, path, "blue", RoleMember, at.now().Add(time.Hour))
	ask := func() error {
		_, err := tokens.Authenticate(request(secret, "192.0.2.1:1"))
		return err
	}
	if err := ask(); err != nil {
		t.Errorf("made while the controller runs: %v", err)
	}
	at.advance(time.Hour - time.Second)
	if err := ask(); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	at.advance(time.Second)
	if err := ask(); !errors.Is(err, ErrDenied) {
		t.Errorf("after its end: %v", err)
	}
	_, secret = add(t, path, "blue", RoleMember, never)
	if err := ask(); err != nil {
		t.Errorf("the second: %v", err)
	}
	drop(t, path)
	if err := ask(); !errors.Is(err, ErrDenied) {
		t.Errorf("revoked: %v", err)
	}
	_, secret = add(t, path, "blue", RoleMember, never)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := ask(); !errors.Is(err, ErrDenied) {
		t.Errorf("without the file: %v", err)
	}
}

func TestABrokenFileLeavesWhatItSaidBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	_, secret := add(t, path, "blue", RoleMember, never)
	var told []error
	tokens, err := NewTokens(path, first, newClock().now, func(err error) { told = append(told, err) })
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(`{"version": 1, "tokens": [{}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := tokens.Authenticate(request(secret, "192.0.2.1:1")); err != nil {
			t.Errorf("with a broken file: %v", err)
		}
	}
	if len(told) != 1 || !strings.Contains(told[0].Error(), path) {
		t.Errorf("told %v, want the fault once", told)
	}
	if strings.Contains(fmt.Sprint(told), secret) {
		t.Error("the secret is in an error")
	}
	if _, err := NewTokens(path, first, newClock().now, nil); err == nil {
		t.Error("a start with a broken file succeeds")
	}
}

func TestWhatIsNoTokenFileIsRefused(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	one := func(fields string) string { return `{"version": 1, "tokens": [{` + fields + `}]}` }
	for name, tc := range map[string]struct {
		content string
		mode    os.FileMode
		says    string
	}{
		"empty":           {"", 0o600, "EOF"},
		"other-json":      {"[]", 0o600, "array"},
		"newer":           {`{"version": 2, "tokens": []}`, 0o600, "version 2"},
		"unknown-field":   {one(`"id": "a", "sha256": "` + sum + `", "role": "admin", "only_from": "10.0.0.0/8"`), 0o600, "only_from"},
		"more-after":      {`{"version": 1} {}`, 0o600, "more follows"},
		"bad-hash":        {one(`"id": "a", "sha256": "zz", "role": "admin"`), 0o600, "64 hex digits"},
		"bad-role":        {one(`"id": "a", "sha256": "` + sum + `", "role": "root"`), 0o600, "role must be"},
		"no-project":      {one(`"id": "a", "sha256": "` + sum + `", "role": "member"`), 0o600, "needs a project"},
		"no-id":           {one(`"sha256": "` + sum + `", "role": "admin"`), 0o600, "id must be"},
		"two-lines":       {one(`"id": "a", "sha256": "` + sum + `", "role": "admin", "description": "a\nb"`), 0o600, "one line"},
		"twice":           {`{"version": 1, "tokens": [{"id": "a", "sha256": "` + sum + `", "role": "admin"}, {"id": "b", "sha256": "` + strings.ToUpper(sum) + `", "role": "admin"}]}`, 0o600, "same id or secret"},
		"others-may-read": {`{"version": 1}`, 0o640, "chmod 0600"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "tokens.json")
			if err := os.WriteFile(path, []byte(tc.content), tc.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := ReadTokens(path); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error is %v, want %q in it", err, tc.says)
			}
		})
	}
}

func TestEditorsAtTheSameTimeLoseNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "tokens.json")
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() { add(t, path, "blue", RoleMember, never) })
	}
	wg.Wait()
	tokens, err := ReadTokens(path)
	if err != nil || len(tokens) != 16 {
		t.Errorf("%d tokens, %v", len(tokens), err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, ".token-*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAnEditThatFailsChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	add(t, path, "blue", RoleMember, never)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func([]Token) ([]Token, error){
		"its-own-error": func([]Token) ([]Token, error) { return nil, errors.New("no") },
		"a-bad-result":  func(have []Token) ([]Token, error) { return append(have, have...), nil },
	} {
		if err := EditTokens(path, change); err == nil {
			t.Errorf("%s: no error", name)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
			t.Errorf("%s: the file changed, %v", name, err)
		}
	}
}

func TestTheFileHoldsNoSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	_, secret := add(t, path, "blue", RoleMember, never)
	b, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(b), secret) || strings.Contains(string(b), secret[:16]) {
		t.Errorf("%v\n%s", err, b)
	}
}

func FuzzTokenFile(f *testing.F) {
	f.Add([]byte(`{"version": 1, "tokens": [{"id": "a", "sha256": "` + strings.Repeat("ab", 32) + `", "role": "member", "project": "p", "created": "2026-01-02T03:04:05Z"}]}`))
	f.Add([]byte(`{"version": 1, "tokens": null}`))
	f.Add([]byte(`{"tokens": [{"expires": "9999-99-99"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		tokens, err := parseTokens(b)
		if err != nil {
			return
		}
		for _, tok := range tokens {
			if err := tok.check(); err != nil {
				t.Errorf("took %+v: %v", tok, err)
			}
			if c := tok.caller(); !c.MayRead() || c.Admin != (tok.Role == RoleAdmin) || !c.Admin && c.ProjectID == "" {
				t.Errorf("%+v makes %+v", tok, c)
			}
		}
		path := filepath.Join(t.TempDir(), "tokens.json")
		if err := EditTokens(path, func([]Token) ([]Token, error) { return tokens, nil }); err != nil {
			return // a time that JSON cannot say, such as one after the year 9999
		}
		again, err := ReadTokens(path)
		if diff := cmp.Diff(tokens, again); err != nil || len(tokens) > 0 && diff != "" {
			t.Errorf("written and read: %v\n%s", err, diff)
		}
	})
}
