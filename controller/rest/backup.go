package rest

import (
	"net/http"

	"weft/api"
)

// maxBackup bounds what is read, in bytes: a million ports are about 2 GB.
const maxBackup = 8 << 30

// backupRoutes are there if there is a Keeper.
func (s *views) backupRoutes() []route {
	if s.Keeper == nil {
		return nil
	}
	return []route{{
		pattern: []string{"v1", "backup"}, name: "/v1/backup", admin: true,
		methods: map[string]handler{http.MethodGet: s.backup, http.MethodPut: s.restore},
	}}
}

func (s *views) backup(c *call) (answer, error) {
	if c.r.Method == http.MethodHead {
		return answer{status: http.StatusOK}, nil
	}
	return answer{status: http.StatusOK, body: stream(s.Keeper.Backup)}, nil
}

// restored says what a restoration changes.
type restored struct {
	Made    int `json:"made"`
	Changed int `json:"changed"`
	Deleted int `json:"deleted"`
}

func (n *restored) add(ch api.Change) {
	switch {
	case ch.Before == nil:
		n.Made++
	case ch.After == nil:
		n.Deleted++
	default:
		n.Changed++
	}
}

// restore puts a backup in place, or with ?dry_run=true says what that would change.
func (s *views) restore(c *call) (answer, error) {
	dry, err := readDryRun(c)
	if err != nil {
		return answer{}, err
	}
	change, err := s.Keeper.Restore(c.patientBody(maxBackup))
	if err != nil {
		return answer{}, err
	}
	c.extend(answerTime)
	kinds := map[api.Kind]*restored{}
	counted := func(tx *api.Txn) error {
		if err := change(tx); err != nil {
			return err
		}
		for _, ch := range tx.Changes() {
			k := ch.Ref().Kind
			if kinds[k] == nil {
				kinds[k] = &restored{}
			}
			kinds[k].add(ch)
		}
		return nil
	}
	snap, header := s.State.Snapshot(), http.Header(nil)
	if dry {
		err = counted(snap.Txn())
	} else {
		snap, header, err = s.commit(c, counted)
	}
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, row{{"dry_run", dry}, {"revision", snap.Revision()}, {"objects", kinds}}, header}, nil
}

// readDryRun reads ?dry_run=.
func readDryRun(c *call) (bool, error) {
	pairs, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return false, err
	}
	for _, p := range pairs {
		if p.key != "dry_run" {
			continue
		}
		if p.value != "true" && p.value != "false" {
			return false, badRequest("Invalid dry_run '%s': want true or false", shorten(p.value))
		}
		return p.value == "true", nil
	}
	return false, nil
}
