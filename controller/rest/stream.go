package rest

import (
	"io"
	"net/http"
	"time"
)

// stream is a body that is written as it comes. Its error can be told only by a connection that ends too early.
type stream func(io.Writer) error

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
