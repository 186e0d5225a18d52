// Command gen writes docs/pipeline.md from package tables. Run it by "go generate ./tables".
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gen PRIORITY.GO OUTPUT.MD")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(source, output string) error {
	text, err := manual(source)
	if err != nil {
		return err
	}
	if err := os.WriteFile(output, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write the manual: %w", err)
	}
	return nil
}
