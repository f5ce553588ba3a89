// Package mail writes the town's letters and hands them to one mail server.
//
// A letter goes to one address, has a text part that says everything and the same as
// plain HTML, and is French: it is written to the people of a French town. Whoever calls
// Send decides what happens after an error; a *Refusal is final, every other error is
// worth another try (RFC 5321, section 4.2.1).
//
// Errors name neither the address of the reader nor what the mail server said of it, for
// they go to the log.
package mail
