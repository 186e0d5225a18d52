// Package agent is weft on a hypervisor. It receives from the controller what its host must hold, compares it with what
// is there, changes the difference, and reports interfaces, errors and health.
//
//	controller ══ plan stream ══► stream ──► loop ──► engine ──► ovsdb, link (drivers)
//	           ◄══ reports ══════ reporter ◄── status ──┘  ▲
//	                                                 cache ┘ (the last plan, on disk)
//
// The loop alone changes the host. It can be killed at any moment: what it finds when it starts again is compared with
// the plan, so only what is missing is made. Without a controller it keeps, and repairs, the last plan it was given. When
// it ends it leaves the data plane as it is.
package agent
