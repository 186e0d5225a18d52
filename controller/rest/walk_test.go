package rest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// walker reads the pages of all networks while others come and go. The networks that stay are those it must see.
type walker struct {
	*rapid.T
	w    *world
	stay map[string]bool
	come []string // ids of those that come and go
	mark string   // of the page that was read last: whoever reads on needs it to be there still
}

// meanwhile has some networks come, some change, and some go.
func (k *walker) meanwhile() {
	for range rapid.IntRange(0, 3).Draw(k.T, "meanwhile") {
		switch rapid.IntRange(0, 2).Draw(k.T, "what") {
		case 0:
			k.come = append(k.come, k.make())
		case 1:
			if i := k.one(); i >= 0 {
				k.w.must("DELETE", "/v2.0/networks/"+k.come[i], nil)
				k.come = slices.Delete(k.come, i, i+1)
			}
		case 2:
			if i := k.one(); i >= 0 {
				k.w.must("PUT", "/v2.0/networks/"+k.come[i], fieldsOf{"network": fieldsOf{"name": k.name()}})
			}
		}
	}
}

// one is a network that may go; -1 if there is none.
func (k *walker) one() int {
	if len(k.come) == 0 {
		return -1
	}
	if i := rapid.IntRange(0, len(k.come)-1).Draw(k.T, "one"); k.come[i] != k.mark {
		return i
	}
	return -1
}

func (k *walker) name() string {
	return rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(k.T, "name")
}

func (k *walker) make() string { return k.w.network(k.name()) }

// Whoever reads all pages sees each object that was there all the time, and once, whatever others make and delete meanwhile.
func TestPagesMissNothingThatWasThereAllTheTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		k := &walker{T: rt, w: newWorld(t), stay: map[string]bool{}}
		for range rapid.IntRange(1, 12).Draw(rt, "networks") {
			if id := k.make(); rapid.Bool().Draw(rt, "stays") {
				k.stay[id] = true
			} else {
				k.come = append(k.come, id)
			}
		}
		back := rapid.Bool().Draw(rt, "backwards")
		path := k.begin(back)
		seen := map[string]int{}
		for pages := 0; path != ""; pages++ {
			if pages > 100 {
				rt.Fatal("the pages never end")
			}
			got := k.w.do("GET", path, nil)
			for _, id := range got.list("id") {
				seen[id]++
			}
			path = k.next(got, back)
			k.meanwhile()
		}
		for id := range k.stay {
			if seen[id] != 1 {
				rt.Fatalf("%s was there all the time, and seen %d times", id, seen[id])
			}
		}
	})
}

func (k *walker) begin(back bool) string {
	path := fmt.Sprintf("/v2.0/networks?limit=%d", rapid.IntRange(1, 4).Draw(k.T, "limit"))
	if key := rapid.SampledFrom([]string{"", "name", "created_at", "shared"}).Draw(k.T, "sort"); key != "" {
		path += "&sort_key=" + key + "&sort_dir=" + rapid.SampledFrom([]string{"asc", "desc"}).Draw(k.T, "dir")
	}
	if back {
		path += "&page_reverse=True"
	}
	return path
}

// next is where the page leads on; "" if it was the last one.
func (k *walker) next(got reply, back bool) string {
	rel := map[bool]string{false: "next", true: "previous"}[back]
	if len(got.list("id")) == 0 {
		return ""
	}
	for _, l := range got.body["networks_links"].([]any) {
		if l := l.(map[string]any); l["rel"] == rel {
			u, err := url.Parse(l["href"].(string))
			if err != nil {
				k.Fatal(err)
			}
			k.mark = u.Query().Get("marker")
			return strings.TrimPrefix(l["href"].(string), "http://example.com")
		}
	}
	return ""
}
