// Package postgres keeps a town in PostgreSQL. It is the only place with SQL, and
// each statement stands beside the code that reads its rows. Store satisfies every
// store interface of internal/town and the queue, cache and gate of federation.
//
// One method is one act of the town and one transaction: what an activity or a form
// brings about is there whole or not at all, deliveries and mails included.
package postgres
