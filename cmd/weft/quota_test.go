package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/api"
)

func TestDefaultQuotasAreOfKindsThatAQuotaKnows(t *testing.T) {
	for _, tc := range []struct {
		quotas map[string]int
		want   map[api.Kind]int
		says   string
	}{
		{nil, map[api.Kind]int{}, ""},
		{map[string]int{"network": 3, "port": -1}, map[api.Kind]int{"network": 3, "port": -1}, ""},
		{map[string]int{"host": 3}, nil, "want one of"},
		{map[string]int{"port": -2}, nil, "the least is -1"},
	} {
		got, err := controllerFlags{quotas: tc.quotas}.defaultQuotas()
		if diff := cmp.Diff(tc.want, got); diff != "" || (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%v: %v (-want +got):\n%s", tc.quotas, err, diff)
		}
	}
}
