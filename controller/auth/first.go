package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const minToken = 32 // characters

// NewSecret gives 256 random bits in hex: what a token is.
func NewSecret() string {
	var b [sha256.Size]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process rather
	return hex.EncodeToString(b[:])
}

// LoadOrCreateToken reads the token from the file at path, or makes one of 256 random bits there (mode 0600) if there is
// no file. Two processes that start at once end with the same token. A file that others may read, or that holds no
// token, is refused.
func LoadOrCreateToken(path string) (string, error) {
	t, err := readToken(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return t, err
	}
	if err := makeToken(path); err != nil {
		return "", fmt.Errorf("make token %s: %w", path, err)
	}
	return readToken(path)
}

func readToken(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("read token %s: others may read it (mode %#o); run chmod 0600 on it, or delete it to get a new one", path, info.Mode().Perm())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	t := strings.TrimSpace(string(b))
	if len(t) < minToken || strings.ContainsAny(t, " \t\r\n") {
		return "", fmt.Errorf("read token %s: it is not one word of at least %d characters; delete the file to get a new one", path, minToken)
	}
	return t, nil
}

// makeToken writes a new token beside path and links it into place, so that path is whole or not there, and whoever
// comes second keeps the first one's.
func makeToken(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	name, err := writeBeside(path, []byte(NewSecret()+"\n"))
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(name) }()
	if err := os.Link(name, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
