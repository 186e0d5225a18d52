package rest

import (
	"fmt"
	"net/http"
	"testing"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/backend"
)

// lookedAt is a state that counts the objects that readers look at.
type lookedAt struct {
	backend.State
	looked int
}

func (c *lookedAt) Snapshot() *api.Snapshot {
	s := *c.State.Snapshot()
	s.View = s.Counting(&c.looked)
	return &s
}

// crowdOfPorts is a world with ports that have names, and says how many objects its readers look at.
func crowdOfPorts(t *testing.T, n int) (*world, *lookedAt) {
	var c *lookedAt
	var ops *intent.Ops
	w := newWorld(t, func(conf *Config) {
		c = &lookedAt{State: conf.State}
		conf.State, ops = c, conf.Ops
	})
	if _, err := w.store.Update(t.Context(), func(tx *api.Txn) error {
		net, err := ops.CreateNetwork(tx, intent.NetworkRequest{})
		for i := 0; i < n && err == nil; i++ {
			_, err = ops.CreatePort(tx, intent.PortRequest{NetworkID: net.ID, MetaRequest: intent.MetaRequest{
				Name: intent.Some(fmt.Sprintf("p%d", i%(n/5))), ProjectID: intent.Some(fmt.Sprint("project", i%10)),
			}})
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return w, c
}

// What rendering an object looks at is the same for all; so a page is held against the same page of a smaller cloud.
func TestAPageCostsTheSameHoweverManyObjectsThereAre(t *testing.T) {
	little, few := crowdOfPorts(t, 100)
	large, many := crowdOfPorts(t, 2000)
	for _, query := range []string{
		"limit=10", "limit=10&page_reverse=True", "limit=10&sort_key=name", "limit=10&sort_key=name&sort_dir=desc",
		"limit=10&sort_key=name&page_reverse=True", "limit=10&sort_key=name&sort_key=id", "limit=10&sort_key=id&sort_dir=desc",
		"limit=10&sort_key=name&sort_dir=desc&page_reverse=True", "limit=10&sort_key=name&admin_state_up=true",
	} {
		ask := func(w *world, c *lookedAt) (int, string) {
			before := c.looked
			got := w.do("GET", "/v2.0/ports?"+query, nil)
			if names := got.list("name"); got.status != http.StatusOK || len(names) != 10 {
				t.Fatalf("%s: %d, %d ports", query, got.status, len(names))
			}
			last := got.list("id")[9]
			next := w.do("GET", "/v2.0/ports?"+query+"&marker="+last, nil)
			if next.status != http.StatusOK {
				t.Fatalf("%s: %d %s", query, next.status, next.text)
			}
			return c.looked - before, last
		}
		want, _ := ask(little, few)
		if got, _ := ask(large, many); got > want+20 {
			t.Errorf("%s: %d objects were looked at among 2,000 ports, and %d among 100", query, got, want)
		}
	}
}

func TestAPageRendersOnlyWhatIsOnIt(t *testing.T) {
	w, c := crowdOfPorts(t, 1000)
	for query, most := range map[string]int{
		"limit=10&sort_key=created_at":               1000,
		"limit=10&sort_key=admin_state_up":           1000,
		"limit=10&project_id=project3&sort_key=name": 100,
	} {
		before := c.looked
		w.do("GET", "/v2.0/ports?"+query, nil)
		c.looked, before = 0, c.looked-before
		w.do("GET", "/v2.0/ports?limit=10", nil)
		if before > most+c.looked {
			t.Errorf("%s: %d objects were looked at, more than %d and those for a page", query, before, most)
		}
	}
}
