package link

import (
	"fmt"
	"os"
	"strings"

	"weft/agent/run"
	"weft/plan"
)

// settingPath gives the file of a setting. The device's name goes in last, so that a dot in it is not a step in the path.
func settingPath(name, dev string) string {
	return "/proc/sys/" + strings.ReplaceAll(strings.ReplaceAll(name, ".", "/"), "{dev}", dev)
}

func writeSetting(name, dev, value string) error {
	f, err := os.OpenFile(settingPath(name, dev), os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	_, err = f.WriteString(value)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("set %s to %q: %w", name, value, err)
	}
	return nil
}

func readSetting(name, dev string) (string, error) {
	b, err := os.ReadFile(settingPath(name, dev))
	return string(b), err
}

func sameSetting(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}

// settingOf gives what both kinds of setting have in common.
func settingOf(x plan.Spec) (name, dev, value string) {
	switch x := x.(type) {
	case plan.Sysctl:
		return x.Name, "", x.Value
	case plan.DevSysctl:
		return x.Name, x.Dev, x.Value
	}
	return "", "", ""
}

// applySettings writes settings, one visit to a namespace for all of its own. A setting that is no longer wanted keeps
// its value: what it was before is not known, and mostly its device or namespace goes too.
func (h *Host) applySettings(s run.Step) run.Result {
	var r run.Result
	byNS := map[string][]plan.Spec{}
	for _, x := range s.Put {
		byNS[x.Key().NS] = append(byNS[x.Key().NS], x)
	}
	for ns, xs := range byNS {
		err := inside(ns, func() error {
			for _, x := range xs {
				r.Fail(x.Key(), writeSetting(settingOf(x)))
			}
			return nil
		})
		for _, x := range xs {
			r.Fail(x.Key(), err)
		}
	}
	return r
}

// listSettings gives the wanted settings that have their value.
func listSettings(ns string, want *run.Wanted, have map[plan.Key]plan.Spec) error {
	xs := append(want.Of(plan.KindSysctl, ns), want.Of(plan.KindDevSysctl, ns)...)
	if len(xs) == 0 {
		return nil
	}
	return inside(ns, func() error {
		for _, x := range xs {
			name, dev, value := settingOf(x)
			if v, err := readSetting(name, dev); err == nil && sameSetting(v, value) {
				have[x.Key()] = x
			}
		}
		return nil
	})
}
