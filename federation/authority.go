package federation

// Verified is a value of a peer's that the authority gate has passed: whoever said it
// may say it. Only this file makes one, so a function that asks for a Verified cannot be given anything else.
type Verified[T any] struct{ value T }

// Value returns what was verified; the zero value of T for the zero Verified.
func (v Verified[T]) Value() T { return v.value }
