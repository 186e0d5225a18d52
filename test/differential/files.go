package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"weft/test/differential/exchange"
)

// home is where the module's root sees the files of this package.
const home = "test/differential/testdata"

func readStories(path string) ([]exchange.Story, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	stories, err := exchange.Read(f)
	if err != nil {
		return nil, fmt.Errorf("read stories from %s: %w", path, err)
	}
	return stories, nil
}

// reasons are why differences stay.
func reasons() ([]exchange.Reason, error) { return readReasons(filepath.Join(home, "reasons.json")) }

func readReasons(path string) (out []exchange.Reason, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return out, nil
}

func explained(known []exchange.Reason, f found) bool {
	return slices.ContainsFunc(known, func(r exchange.Reason) bool { return r.Explains(f.story.Steps[f.step], f.Difference) })
}
