// Package federation speaks ActivityPub from server to server: it receives and
// verifies activities, publishes documents, finds actors and delivers what an
// application has written down to be delivered. It knows nothing of SQL, HTML or
// shops; what it needs from the application it asks for through the small
// interfaces in server.go.
//
// The way of a signed Follow, in the order in which the files are met:
//
//	inbox.go      limits, one strict parse, cheap refusals
//	signature.go  the signature, the digest, the clock
//	keys.go       whose key it is
//	authority.go  who may say this
//	delegate.go   the order of go-fed's pub.Actor, calling the application's Receiver
//	deliverer.go  the Accept leaves, from the application's queue
//
// # Why go-fed is used as it is
//
// github.com/go-fed/activity v1.0.0 gives the standard sequence of an inbox POST
// (pub.NewCustomActor) and the vocabulary (streams). Its ready-made actor is not
// used: it rewrites a whole inbox page for each activity, fetches followers over
// HTTP inside the request and compares the wrong hosts. streams loses contentMap
// beside content, fractional seconds, arrays of one and inline contexts, and takes
// text with a colon for an IRI; so the received bytes stay the truth
// (document.go), and what streams writes is finished in one function (codec.go).
package federation
