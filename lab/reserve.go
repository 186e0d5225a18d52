package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
)

// reservations holds a link for each management network that a lab has chosen, to the lab's folder. A lab keeps its
// network for as long as it has a folder, also while none of its machines is there to have an address.
const reservations = "/run/weft-labs"

func reservation(p netip.Prefix) string {
	return filepath.Join(reservations, p.Masked().Addr().String())
}

// reserve takes a network for the lab whose folder is dir, unless another lab has it.
func reserve(p netip.Prefix, dir string) (bool, error) {
	link := reservation(p)
	if _, err := os.Stat(link); missing(err) {
		_ = os.Remove(link) // of a lab that is gone; whoever else looks waits for the claim that we hold
	}
	for {
		if err := os.MkdirAll(reservations, 0o755); err != nil {
			return false, fmt.Errorf("reserve the management network %s: %w", p, err)
		}
		err := os.Symlink(dir, link)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, fs.ErrExist):
			owner, err := os.Readlink(link)
			return err == nil && owner == dir, nil
		case !missing(err): // else the last lab that went has taken the folder along just now
			return false, fmt.Errorf("reserve the management network %s: %w", p, err)
		}
	}
}

// unreserve gives a lab's network back.
func unreserve(p netip.Prefix, dir string) {
	if owner, err := os.Readlink(reservation(p)); err == nil && owner == dir {
		_ = os.Remove(reservation(p)) // it means nothing once the folder is gone
	}
	_ = os.Remove(reservations) // unless other labs are there
}
