package federation

import "testing"

func testBadSignatures(t *testing.T) {}
