package cli

import (
	"errors"
	"fmt"

	"weft/client"
)

// The exit statuses.
const (
	exitOK       = 0
	exitFailure  = 1
	exitUsage    = 2
	exitNotFound = 3
	exitStopped  = 130 // by Ctrl-C, as a shell says it

	exitBrokenPipe = 141 // nobody reads what is written, as in "… | head -1"
)

// Exit is an error that ends the process with a status and says nothing more: all was said.
type Exit int

// Error implements error.
func (e Exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// usageError is a command line that makes no sense.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// failures are the errors of a command that goes on after each. It is a usage error or not found only if every one is.
type failures []error

func (f failures) Error() string   { return errors.Join(f...).Error() }
func (f failures) Unwrap() []error { return f }

func exitCode(err error) int {
	var (
		status Exit
		usage  *usageError
		many   failures
	)
	switch {
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &many) && len(many) > 0:
		code := exitCode(many[0])
		for _, e := range many[1:] {
			if exitCode(e) != code {
				return exitFailure
			}
		}
		return code
	case errors.As(err, &usage):
		return exitUsage
	case client.NotFound(err):
		return exitNotFound
	}
	return exitFailure
}
