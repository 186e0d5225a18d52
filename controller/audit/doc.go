// Package audit writes down what happens as lines of JSON, in a file that only its owner reads.
//
// The file is turned over when it is large (audit.log becomes audit.log.1, that audit.log.2 …), or by somebody else, who
// then says Reopen. A line that cannot be written is lost, and that is told: the service goes on.
package audit
