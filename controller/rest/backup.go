package rest

import (
	"io"
	"net/http"
	"time"

	"github.com/sirupsen/logrus"

	"weft/api"
)

// Keeper copies the whole state out, and back in.
type Keeper interface {
	// Backup writes the state of one moment to w.
	Backup(w io.Writer) error
	// Restore reads what Backup wrote, and gives the change that makes the state what it was then. Errors of the backup
	// itself are store.ErrNoBackup.
	Restore(from io.Reader) (func(*api.Txn) error, error)
}

// maxBackup bounds what is read, in bytes: a million ports are about 2 GB.
const maxBackup = 8 << 30

// backupRoutes are there if there is a Keeper.
func (s *server) backupRoutes() []route {
	if s.Keeper == nil {
		return nil
	}
	return []route{{
		pattern: []string{"v1", "backup"}, name: "/v1/backup", admin: true,
		methods: map[string]handler{http.MethodGet: s.backup, http.MethodPut: s.restore},
	}}
}

func (s *server) backup(c *call) (answer, error) {
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
func (s *server) restore(c *call) (answer, error) {
	dry, err := c.dryRun()
	if err != nil {
		return answer{}, err
	}
	change, err := s.Keeper.Restore(c.patientBody(maxBackup))
	if err != nil {
		return answer{}, err
	}
	c.extend(defaultLimits.write)
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

// dryRun reads ?dry_run=.
func (c *call) dryRun() (bool, error) {
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

// stream is a body that is written as it comes. Its error can be told only by a connection that ends too early.
type stream func(io.Writer) error

// send writes a stream for as long as its reader goes on reading.
func (s *server) send(c *call, status int, body stream) {
	c.w.Header().Set("Content-Type", "application/octet-stream")
	c.w.WriteHeader(status)
	if err := body(patientWriter{c}); err != nil {
		s.Log.WithFields(logrus.Fields{"request": c.id, "route": c.r.URL.Path, "err": err}).Warn("answer ends too early")
		panic(http.ErrAbortHandler)
	}
}

// patience is how long the other side may pause within a long body.
const patience = 30 * time.Second

// patientWriter has time for as long as its reader goes on.
type patientWriter struct{ c *call }

func (w patientWriter) Write(b []byte) (int, error) {
	w.c.extend(patience)
	return w.c.w.Write(b)
}

// patientBody is the body of a call, for which there is time as long as its sender goes on.
func (c *call) patientBody(limit int64) io.Reader {
	return patientReader{http.MaxBytesReader(c.w, c.r.Body, limit), http.NewResponseController(c.w)}
}

type patientReader struct {
	io.Reader
	at *http.ResponseController
}

func (r patientReader) Read(b []byte) (int, error) {
	_ = r.at.SetReadDeadline(time.Now().Add(patience)) // a test's recorder has none
	return r.Reader.Read(b)
}
