package mail

import "crypto/x509"

// Trust makes a Sender believe the certificates of a test's mail server, and no others.
func (s *Sender) Trust(roots *x509.CertPool) { s.roots = roots }
