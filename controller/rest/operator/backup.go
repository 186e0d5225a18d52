package operator

import (
	"net/http"

	"weft/api"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// maxBackup bounds what is read, in bytes: a million ports are about 2 GB.
const maxBackup = 8 << 30

// backupRoutes are there if there is a Keeper.
func (s *views) backupRoutes() []request.Route {
	if s.Keeper == nil {
		return nil
	}
	return []request.Route{{
		Pattern: []string{"v1", "backup"}, Name: "/v1/backup", Admin: true,
		Methods: map[string]request.Handler{http.MethodGet: s.backup, http.MethodPut: s.restore},
	}}
}

func (s *views) backup(c *request.Call) (request.Answer, error) {
	if c.Request.Method == http.MethodHead {
		return request.Answer{Status: http.StatusOK}, nil
	}
	return request.Answer{Status: http.StatusOK, Body: request.Stream(s.Keeper.Backup)}, nil
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
func (s *views) restore(c *request.Call) (request.Answer, error) {
	dry, err := readDryRun(c)
	if err != nil {
		return request.Answer{}, err
	}
	change, err := s.Keeper.Restore(c.PatientBody(maxBackup))
	if err != nil {
		return request.Answer{}, err
	}
	c.Extend(request.AnswerTime)
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
		snap, header, err = s.Commit(c, counted)
	}
	if err != nil {
		return request.Answer{}, err
	}
	return request.Answer{Status: http.StatusOK, Body: wire.Row{{"dry_run", dry}, {"revision", snap.Revision()}, {"objects", kinds}}, Header: header}, nil
}

// readDryRun reads ?dry_run=.
func readDryRun(c *request.Call) (bool, error) {
	pairs, err := noun.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return false, err
	}
	for _, p := range pairs {
		if p.Key != "dry_run" {
			continue
		}
		if p.Value != "true" && p.Value != "false" {
			return false, wire.BadRequest("Invalid dry_run '%s': want true or false", wire.Shorten(p.Value))
		}
		return p.Value == "true", nil
	}
	return false, nil
}
