// Package hours knows when a shop is open. One model, Hours with the special days of a Schedule, is read from and
// written as the opening_hours of OpenStreetMap (a strict subset: see Parse), read from lines as merchants type them
// (see ParseFrench), written as a French or English sentence (see Sentence), as schema.org's openingHoursSpecification
// (see Specifications), and asked whether the shop is open at a moment (see Schedule.State).
//
// Input comes from forms and from peers, so everything is bounded by the constants of this package, and nothing panics.
package hours
