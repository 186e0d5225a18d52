package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWalksGoThroughWhatIsThereInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tx, all := NewSnapshot().Txn(), []*Network{}
		for i := range rapid.IntRange(0, 60).Draw(rt, "networks") {
			name := rapid.SampledFrom([]string{"", "a", "A", "a\x00", "b", "ä"}).Draw(rt, "name")
			n := &Network{ID: NetworkID(fmt.Sprintf("%02d", 2*i)), Meta: Meta{Name: name}}
			all = append(all, n)
			tx.Put(n)
		}
		o := Order{rapid.Bool().Draw(rt, "by name"), rapid.Bool().Draw(rt, "down"), rapid.Bool().Draw(rt, "back")}
		before := func(x, y *Network) int {
			c := 0
			if o.ByName {
				c = strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name))
			}
			if ids := strings.Compare(string(x.ID), string(y.ID)); o.Down && !o.ByName {
				c = -ids
			} else if o.Down && c != 0 {
				c = -c
			} else if c == 0 {
				c = ids
			}
			if o.Back {
				return -c
			}
			return c
		}
		var after Described
		want := slices.SortedFunc(slices.Values(all), before)
		if rapid.Bool().Draw(rt, "from one on") {
			from := &Network{
				ID:   NetworkID(fmt.Sprintf("%02d", rapid.IntRange(0, 120).Draw(rt, "id"))),
				Meta: Meta{Name: rapid.SampledFrom([]string{"", "a", "A", "aa", "c"}).Draw(rt, "from")},
			}
			after = from
			want = slices.DeleteFunc(want, func(n *Network) bool { return before(n, from) <= 0 })
		}
		var got []*Network
		most := rapid.IntRange(1, 70).Draw(rt, "most")
		for n := range tx.Walk(KindNetwork, o, after) {
			if got = append(got, n.(*Network)); len(got) == most {
				break
			}
		}
		if want = want[:min(most, len(want))]; !slices.Equal(got, want) {
			rt.Fatalf("%+v after %+v: got %+v, want %+v", o, after, got, want)
		}
	})
}

func TestAWalkLooksAtNoMoreThanItYields(t *testing.T) {
	tx := NewSnapshot().Txn()
	for i := range 1000 {
		tx.Put(&Network{ID: NetworkID(fmt.Sprintf("%04d", i)), Meta: Meta{Name: fmt.Sprint(i % 100)}})
	}
	for _, o := range []Order{{}, {ByName: true}, {ByName: true, Down: true}, {ByName: true, Back: true}, {ByName: true, Down: true, Back: true}, {Down: true}} {
		looked, left := 0, 25
		for range tx.View.Counting(&looked).Walk(KindNetwork, o, nil) {
			if left--; left == 0 {
				break
			}
		}
		if looked != 25 {
			t.Errorf("%+v: %d objects were looked at for 25", o, looked)
		}
	}
}
