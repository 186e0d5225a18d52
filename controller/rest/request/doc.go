// Package request is what becomes of one request once its route is found: its body is read, it is asked whether its caller
// may, the change is committed, and if the caller wants that, it waits until the hosts have confirmed it.
//
//	Call ─► ReadBody ─► Resource.Parse ─► Commit(Matching(permit, mentions, If-Match, change)) ─► confirm ─► Answer
//
// Service has the handlers of every Resource: collections, single objects and tags. What resources have besides (actions,
// views) is made of the same pieces in packages neutron and operator, as Routes, with the Exchanges that describe them.
package request
