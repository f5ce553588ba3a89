// Package simulation plays the network of towns on one machine, in virtual time: thousands of towns on a map, their
// merchants' news, and servers that fail. What it decides it does not decide itself: who is sent what, how two towns come
// to agree, when a failed delivery is tried again, when a neighbour is visited and what a comparison fetches or drops are
// the functions of packages town and federation that the program runs on, and the sizes of messages are those of
// messages that the program's own encoder wrote. What is assumed stands in Assumptions, each figure with its reason.
//
// A simulation is one goroutine that takes events from a queue by their time. It draws from generators with a seed,
// so the same seed gives the same figures on every machine. `make simulation` writes RESULTS.md, results.json and the
// plots anew.
package simulation

import "time"

// moment is a point in virtual time, counted from the beginning of the simulation.
type moment = time.Duration

// epoch is the beginning, a Monday at midnight. There is one time zone.
var epoch = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// day is the length of a day of the simulation.
const day = 24 * time.Hour

// clock is a moment as the rules of the program take it.
func clock(m moment) time.Time { return epoch.Add(m) }
