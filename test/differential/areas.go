package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"weft/test/differential/exchange"
)

// area is a part of the API: what is asked about it.
type area struct {
	name    string
	written func() []exchange.Story         // with what is known to matter
	random  func(*rand.Rand) exchange.Story // from few names, so that requests meet
}

func areas() []area {
	return []area{
		{"core", coreStories, coreRandom}, l3Area(), hostsArea(),
	}
}

func areaNames() (out []string) {
	for _, a := range areas() {
		out = append(out, a.name)
	}
	return out
}

func areaOf(name string) (area, error) {
	all := areas()
	i := slices.IndexFunc(all, func(a area) bool { return a.name == name })
	if i < 0 {
		return area{}, fmt.Errorf("there is no area %s; there are %s", name, strings.Join(areaNames(), ", "))
	}
	return all[i], nil
}
