package federation

import "testing"

func testBadAuthority(t *testing.T) {}
