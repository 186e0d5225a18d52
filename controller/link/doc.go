// Package link serves the agent link: HTTP/2 with JSON lines under mutual TLS (plan.Message, plan.Report). It knows who
// is on the other end and in which form they speak; what to say is its Handler's business.
package link
