// Package store keeps the state: it runs changes one after another, makes each durable before its caller gets an
// answer, and publishes immutable snapshots.
//
//	Update ─► fn, Settle on the tip ─► queue ─► flusher: one bbolt transaction, one fsync ─► publish ─► Snapshot, Wait
//
// What holds, whatever fails: a snapshot that anybody sees is on disk; an Update that returned nil survives kill -9; an
// Update that returned an error left nothing behind; revisions have no gaps. Updates that arrive while the disk is busy
// are computed at once on top of each other and share the next fsync; if that write fails, all of them fail.
//
// The package knows nothing of what the objects mean. It must not log.
package store
