package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestManualIsUpToDate(t *testing.T) {
	want, err := manual("../priority.go")
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../../docs/pipeline.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(have)); diff != "" {
		t.Errorf("docs/pipeline.md is not what the tables say; run \"go generate ./tables\":\n%s", diff)
	}
}
