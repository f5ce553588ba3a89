package federation

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// The multicodec numbers of the kinds of public key that are read and written.
const (
	codecEd25519 = 0xed
	codecRSA     = 0x1205
)

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

const (
	maxKeys = 10     // of one actor; further ones are dropped
	maxPEM  = 16_384 // bytes
)

// maxMultibase bounds the work of base58, which grows with the square; an RSA key of 4096 bits has some 720.
const maxMultibase = 1500

// keys returns the keys that the document holds: an actor's, or the one that it is.
func (d *Document) keys() []PublicKey { return keysOf(d.root) }

// keysOf reads publicKey (RSA, as PEM) and assertionMethod (FEP-521a, of which Ed25519
// keys come), and the object itself where it is a key.
func keysOf(o object) []PublicKey {
	var keys []PublicKey
	add := func(id, owner IRI, pem string) {
		if id != "" && pem != "" && len(pem) <= maxPEM && len(keys) < maxKeys {
			keys = append(keys, PublicKey{ID: id, Owner: owner, PEM: pem})
		}
	}
	add(o.iri("id"), o.iri("owner"), o.str("publicKeyPem"))
	for _, v := range o.list("publicKey") {
		if key, ok := v.(object); ok {
			add(key.iri("id"), key.iri("owner"), key.str("publicKeyPem"))
		}
	}
	for _, v := range o.list("assertionMethod") {
		if key, ok := v.(object); ok && key.str("type") == "Multikey" && len(keys) < maxKeys {
			pem, err := decodeMultikey(key.str("publicKeyMultibase"))
			if err == nil {
				add(key.iri("id"), key.iri("controller"), pem)
			}
		}
	}
	return keys
}

// decodeMultikey reads publicKeyMultibase (FEP-521a: base58btc with the prefix "z" over
// a multicodec key) into PKIX PEM. Keys that are neither Ed25519 nor RSA are an error.
func decodeMultikey(s string) (string, error) {
	digits, ok := strings.CutPrefix(s, "z")
	if !ok || len(s) > maxMultibase {
		return "", errors.New("multikey: not base58btc")
	}
	raw, err := decodeBase58(digits)
	if err != nil {
		return "", err
	}
	codec, n := binary.Uvarint(raw)
	if n <= 0 {
		return "", errors.New("multikey: no codec")
	}
	raw = raw[n:]
	var key crypto.PublicKey
	switch codec {
	case codecEd25519:
		if len(raw) != ed25519.PublicKeySize {
			return "", errors.New("multikey: wrong length of an Ed25519 key")
		}
		key = ed25519.PublicKey(raw)
	case codecRSA:
		if key, err = x509.ParsePKCS1PublicKey(raw); err != nil {
			return "", fmt.Errorf("multikey: %w", err)
		}
	default:
		return "", errors.New("multikey: unknown kind of key")
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("multikey: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

// encodeMultikey writes a PKIX PEM key as publicKeyMultibase.
func encodeMultikey(text string) (string, error) {
	key, err := parsePEM(text)
	if err != nil {
		return "", err
	}
	var raw []byte
	switch key := key.(type) {
	case ed25519.PublicKey:
		raw = append(binary.AppendUvarint(nil, codecEd25519), key...)
	case *rsa.PublicKey:
		raw = append(binary.AppendUvarint(nil, codecRSA), x509.MarshalPKCS1PublicKey(key)...)
	default:
		return "", errors.New("multikey: unknown kind of key")
	}
	return "z" + encodeBase58(raw), nil
}

// parsePEM reads a PKIX PEM key.
func parsePEM(text string) (crypto.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("public key: no PEM")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	return key, nil
}

// isRSA tells whether a PKIX PEM key is an RSA key.
func isRSA(text string) (bool, error) {
	key, err := parsePEM(text)
	if err != nil {
		return false, err
	}
	_, ok := key.(*rsa.PublicKey)
	return ok, nil
}

// decodeBase58 reads digits of Bitcoin's alphabet; a leading "1" is a zero byte.
func decodeBase58(s string) ([]byte, error) {
	n, radix := new(big.Int), big.NewInt(int64(len(base58)))
	for i := range len(s) {
		digit := strings.IndexByte(base58, s[i])
		if digit < 0 {
			return nil, errors.New("multikey: not base58btc")
		}
		n.Mul(n, radix).Add(n, big.NewInt(int64(digit)))
	}
	zeros := len(s) - len(strings.TrimLeft(s, base58[:1]))
	return append(make([]byte, zeros), n.Bytes()...), nil
}

func encodeBase58(b []byte) string {
	n, radix, digit := new(big.Int).SetBytes(b), big.NewInt(int64(len(base58))), new(big.Int)
	var reversed []byte
	for n.Sign() > 0 {
		n.DivMod(n, radix, digit)
		reversed = append(reversed, base58[digit.Int64()])
	}
	for range len(b) - len(bytes.TrimLeft(b, "\x00")) {
		reversed = append(reversed, base58[0])
	}
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	return string(reversed)
}
