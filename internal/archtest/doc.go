// Package archtest holds the house in order: its tests read the import graph
// and the sources, and fail where a package knows what it must not know, where
// an old library spreads beyond its files, or where a package does not say
// what it is for. Each rule bears its reason, which is what the failure says.
package archtest
