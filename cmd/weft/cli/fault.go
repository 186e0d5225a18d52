package cli

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/pflag"
)

// inWords says what the libraries of flags and commands found wrong in the way of the rest of the program.
func inWords(err error) error {
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		want, ok := valueWords[value.GetFlag().Value.Type()]
		if !ok {
			return fmt.Errorf("--%s %s: %w", value.GetFlag().Name, value.GetValue(), value.Unwrap())
		}
		return fmt.Errorf("--%s %s: want %s", value.GetFlag().Name, value.GetValue(), want)
	}
	var none *pflag.ValueRequiredError
	if errors.As(err, &none) {
		return fmt.Errorf("--%s: its value is missing", none.GetFlag().Name)
	}
	text := err.Error()
	if m := missingFlags.FindStringSubmatch(text); m != nil {
		return fmt.Errorf("%s missing", areAll(flagNames.FindAllString(m[1], -1)))
	}
	if m := exclusive.FindStringSubmatch(text); m != nil {
		return fmt.Errorf("%s exclude each other", dashed(strings.Fields(m[1]), " and "))
	}
	if m := oneOfFlags.FindStringSubmatch(text); m != nil {
		return fmt.Errorf("%s is missing", dashed(strings.Fields(m[1]), " or "))
	}
	return err
}

// valueWords say what a value of a type is.
var valueWords = map[string]string{
	"int": "a whole number", "uint16": "a number from 0 to 65535", "duration": "a time such as 30s, 5m or 2h", "bool": "true or false",
	"stringToInt": "NAME=NUMBER,…",
}

var (
	missingFlags = regexp.MustCompile(`^required flag\(s\) (.+) not set$`)
	exclusive    = regexp.MustCompile(`none of the others can be; \[(.+)\] were all set$`)
	oneOfFlags   = regexp.MustCompile(`^at least one of the flags in the group \[(.+)\] is required$`)
	flagNames    = regexp.MustCompile(`[\w-]+`)
)

func dashed(flags []string, between string) string { return "--" + strings.Join(flags, between+"--") }

func areAll(flags []string) string {
	if len(flags) == 1 {
		return "--" + flags[0] + " is"
	}
	return dashed(flags, " and ") + " are"
}
