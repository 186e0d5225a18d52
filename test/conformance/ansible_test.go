package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestATaskThatShouldChangeNothingAndDoesIsAFailure(t *testing.T) {
	printed := `{"plays": [{"tasks": [
		{"task": {"name": "a"}, "hosts": {"localhost": {"changed": true}}},
		{"task": {"name": "b"}, "hosts": {"localhost": {"changed": false}}},
		{"task": {"name": "c"}, "hosts": {"localhost": {"failed": true, "msg": "no"}}},
		{"task": {"name": "d"}, "hosts": {"localhost": {"skipped": true}}}]}]}`
	for _, tc := range []struct {
		run  playbookRun
		want string
	}{
		{playbookRun{changes: true}, "pass fail fail skip"},
		{playbookRun{}, "fail pass fail skip"},
		{playbookRun{any: true}, "pass pass fail skip"},
	} {
		results, err := tc.run.read([]byte(printed))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range results {
			got = append(got, string(r.Outcome))
		}
		if diff := cmp.Diff(tc.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%+v: %s", tc.run, diff)
		}
	}
	for _, bad := range []string{"", "ERROR! no", `{"plays": []}`} {
		if _, err := (playbookRun{}).read([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
