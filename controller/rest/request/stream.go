package request

import (
	"io"
	"net/http"
	"time"
)

// Stream is a body that is written as it comes. Its error can be told only by a connection that ends too early.
type Stream func(io.Writer) error

// patience is how long the other side may pause within a long body.
const patience = 30 * time.Second

// PatientWriter has time for as long as its reader goes on.
type PatientWriter struct{ C *Call }

func (w PatientWriter) Write(b []byte) (int, error) {
	w.C.Extend(patience)
	return w.C.Writer.Write(b)
}

// PatientBody is the body of a call, for which there is time as long as its sender goes on.
func (c *Call) PatientBody(limit int64) io.Reader {
	return patientReader{http.MaxBytesReader(c.Writer, c.Request.Body, limit), http.NewResponseController(c.Writer)}
}

type patientReader struct {
	io.Reader
	at *http.ResponseController
}

func (r patientReader) Read(b []byte) (int, error) {
	_ = r.at.SetReadDeadline(time.Now().Add(patience)) // a test's recorder has none
	return r.Reader.Read(b)
}
