package federation

import "testing"

// TestBadInput holds the server to its table of hostile input; each row's id is the
// name of its subtest. The rows lie beside what they attack, so each file adds a line here.
func TestBadInput(t *testing.T) {
	testBadSignatures(t)   // S: signature, digest, date, key
	testBadAuthority(t)    // O: who may say what
	testBadDocuments(t)    // J: JSON, JSON-LD
	testBadAddresses(t)    // F: where this server never connects to
	testBadAnswers(t)      // F: what a peer answers to wear it down
	testHostFlood(t)       // D: more hosts than memory
	testBadQuestions(t)    // W: what strangers ask
	testBadFingers(t)      // W, F: what WebFinger answers
	testNeedlessFetches(t) // D, J: what an activity makes us fetch
}
