package auth

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	fileVersion = 1
	maxFile     = 16 << 20 // bytes: some 50,000 tokens
	maxText     = 255      // bytes of a project or a description
)

// Token is what is kept of a token: everything but the secret.
type Token struct {
	ID          string    `json:"id"`
	SHA256      string    `json:"sha256"` // of the secret, in hex
	Project     string    `json:"project,omitempty"`
	Role        string    `json:"role"`
	Description string    `json:"description,omitempty"`
	Created     time.Time `json:"created"`
	Expires     time.Time `json:"expires,omitzero"` // the zero time: never
}

// Expired reports whether a token is not valid any more.
func (t Token) Expired(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }

// check says what is wrong with a token.
func (t Token) check() error {
	sum, err := hex.DecodeString(t.SHA256)
	switch {
	case t.ID == "" || len(t.ID) > 64 || strings.ContainsFunc(t.ID, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("its id must be 1 to 64 printable characters")
	case err != nil || len(sum) != len(hash{}):
		return errors.New("sha256 must be 64 hex digits")
	case !slices.Contains([]string{RoleAdmin, RoleMember, RoleReader}, t.Role):
		return fmt.Errorf("role must be %s, %s or %s", RoleAdmin, RoleMember, RoleReader)
	case t.Project == "" && t.Role != RoleAdmin:
		return fmt.Errorf("a %s needs a project", t.Role)
	}
	for _, text := range []string{t.Project, t.Description} {
		if len(text) > maxText || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("project and description must be at most %d bytes of text in one line", maxText)
		}
	}
	return nil
}

// tokenFile is the file's form.
type tokenFile struct {
	Version int     `json:"version"`
	Tokens  []Token `json:"tokens"`
}

// parseTokens reads the file's content strictly: what is not understood might be a restriction.
func parseTokens(b []byte) ([]Token, error) {
	var f tokenFile
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more follows the JSON object")
	}
	if f.Version != fileVersion {
		return nil, fmt.Errorf("it has version %d, this program knows version %d", f.Version, fileVersion)
	}
	ids, sums := map[string]bool{}, map[string]bool{}
	for i, t := range f.Tokens {
		if err := t.check(); err != nil {
			return nil, fmt.Errorf("token %d: %w", i+1, err)
		}
		sum := strings.ToLower(t.SHA256)
		if ids[t.ID] || sums[sum] {
			return nil, fmt.Errorf("token %d: another has the same id or secret", i+1)
		}
		ids[t.ID], sums[sum] = true, true
	}
	return f.Tokens, nil
}

// ReadTokens gives the tokens in a file; none if it is not there. A file that others may read or write is refused.
func ReadTokens(path string) ([]Token, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("read tokens: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("read tokens %s: it is no regular file", path)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("read tokens %s: others may use it (mode %#o); run chmod 0600 on it", path, info.Mode().Perm())
	case info.Size() > maxFile:
		return nil, fmt.Errorf("read tokens %s: it is larger than %d bytes", path, maxFile)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read tokens %s: %w", path, err)
	}
	tokens, err := parseTokens(b)
	if err != nil {
		return nil, fmt.Errorf("read tokens %s: %w", path, err)
	}
	return tokens, nil
}

// EditTokens changes the tokens in a file, one editor at a time, and so that the file is the old one or the new one and
// never half of either. An error of change leaves everything as it is.
func EditTokens(path string, change func([]Token) ([]Token, error)) error {
	unlock, err := lock(path + ".lock")
	if err != nil {
		return fmt.Errorf("change tokens: %w", err)
	}
	defer unlock()
	tokens, err := ReadTokens(path)
	if err != nil {
		return err
	}
	if tokens, err = change(tokens); err != nil {
		return err
	}
	b, err := json.MarshalIndent(tokenFile{fileVersion, tokens}, "", "  ")
	if err != nil {
		return fmt.Errorf("change tokens: %w", err)
	}
	if _, err := parseTokens(b); err != nil {
		return err
	}
	if err := replace(path, append(b, '\n')); err != nil {
		return fmt.Errorf("change tokens %s: %w", path, err)
	}
	return nil
}

// lock waits until nobody else has the file locked. The lock goes with the process.
func lock(path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// replace puts a new content in a file's place at once.
func replace(path string, content []byte) error {
	name, err := writeBeside(path, content)
	if err != nil {
		return err
	}
	if err := os.Rename(name, path); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// writeBeside makes a file (mode 0600) with a content in the folder of path, safe on the disk, and gives its name.
func writeBeside(path string, content []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".token-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}
