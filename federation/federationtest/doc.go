// Package federationtest has what a program that uses package federation tests itself
// with: the conformance test that every federation.DeliveryQueue has to pass, a queue in
// memory that passes it, and a network of peers on this machine's loopback addresses.
package federationtest
