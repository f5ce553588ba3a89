package town

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"
)

// Login is a person who signs in.
type Login struct {
	ID        uuid.UUID
	Email     string // lower case; "" where the person has none
	Name      string
	Password  string // argon2id hash in PHC form; "" where links are the only way in
	TownHall  bool   // runs the town
	Epoch     int    // sessions carry it; raising it ends them
	Created   time.Time
	Disabled  time.Time
	Merchants []*Merchant // whom the login speaks for, by name
}

// AccountStore keeps logins and one-time links.
type AccountStore interface {
	// Login returns a login with its merchants, or ErrNotFound; disabled ones are not found.
	Login(ctx context.Context, id uuid.UUID) (*Login, error)
	// LoginByEmail does so by address, in any letter case.
	LoginByEmail(ctx context.Context, email string) (*Login, error)
	// AddLogin inserts a login; ErrTaken where the address is in use. Where merchant is not zero, the login becomes its member.
	AddLogin(ctx context.Context, l *Login, merchant uuid.UUID) error
	// AddMember lets a login speak for a merchant.
	AddMember(ctx context.Context, login, merchant uuid.UUID) error
	// MakeTownHall gives a login the town hall's rights.
	MakeTownHall(ctx context.Context, login uuid.UUID) error
	// MembersOf returns the logins who speak for a merchant.
	MembersOf(ctx context.Context, merchant uuid.UUID) ([]*Login, error)
	// AddSignInLink stores the hash of a one-time link. Purpose is "sign_in" or "set_up" (then login is zero).
	AddSignInLink(ctx context.Context, hash []byte, purpose string, login uuid.UUID, expires time.Time) error
	// SignInLink returns whose link it is if it could be used now, without using it up; ErrWrongLink otherwise.
	SignInLink(ctx context.Context, hash []byte, purpose string, now time.Time) (uuid.UUID, error)
	// UseSignInLink uses the link up, exactly once for all who try; ErrWrongLink otherwise.
	UseSignInLink(ctx context.Context, hash []byte, purpose string, now time.Time) (uuid.UUID, error)
	// SetPassword stores a hash ("" removes it) and ends all sessions of the login by raising its epoch; it returns the new one.
	SetPassword(ctx context.Context, login uuid.UUID, hash string) (epoch int, err error)
	// EndSessions raises the epoch.
	EndSessions(ctx context.Context, login uuid.UUID) (epoch int, err error)
	// SendMail keeps a mail to be sent, in the same database. kind names the template ("sign_in"), data fills it.
	SendMail(ctx context.Context, to, kind string, data map[string]string) error
}

// Accounts signs people in.
type Accounts struct {
	Store     AccountStore
	Addresses Addresses
	Now       func() time.Time
	// Mails is false where no mail server is configured: links then go to the log through Tell.
	Mails bool
	Tell  func(email, link string)
	// hashing bounds how many passwords are hashed at once: each takes 19 MiB.
	hashing chan struct{}
}

// NewAccounts returns an Accounts that hashes at most two passwords at once.
func NewAccounts(a Accounts) *Accounts {
	a.hashing = make(chan struct{}, 2)
	return &a
}

// How long one-time links live: what is mailed, and what is handed over on paper.
const (
	MailedLinkLife = time.Hour
	PaperLinkLife  = 14 * 24 * time.Hour
)

// The bounds of a password, in runes. A long sentence is welcome; a book is an attack.
const (
	MinPassword = 10
	MaxPassword = 200
)

// argon2id as OWASP's password storage cheat sheet has it for small machines: 19 MiB, two passes.
var passwordParams = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Link makes a one-time sign-in link for a login; it may be used once, within life.
func (a *Accounts) Link(ctx context.Context, login uuid.UUID, life time.Duration) (string, error) {
	token, hash, err := newToken()
	if err != nil {
		return "", err
	}
	if err := a.Store.AddSignInLink(ctx, hash, "sign_in", login, a.Now().Add(life)); err != nil {
		return "", fmt.Errorf("make a sign-in link: %w", err)
	}
	return a.Addresses.SignIn(token), nil
}

// MailLink sends a one-time link to the address, if somebody signs in with it. It answers
// the same whether or not somebody does.
func (a *Accounts) MailLink(ctx context.Context, email string) error {
	login, err := a.Store.LoginByEmail(ctx, NormalEmail(email))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	link, err := a.Link(ctx, login.ID, MailedLinkLife)
	if err != nil {
		return err
	}
	if !a.Mails {
		a.Tell(login.Email, link)
		return nil
	}
	return a.Store.SendMail(ctx, login.Email, "sign_in", map[string]string{"link": link})
}

// SendLink mails a link that was made for somebody, beside being handed over. sent is false where no mail server is
// configured.
func (a *Accounts) SendLink(ctx context.Context, email, link string) (sent bool, err error) {
	if !a.Mails {
		return false, nil
	}
	return true, a.Store.SendMail(ctx, email, "invitation", map[string]string{"link": link})
}

// LookAtLink returns whose link it is if it could be used, without using it up; ErrWrongLink.
func (a *Accounts) LookAtLink(ctx context.Context, token string) (*Login, error) {
	id, err := a.Store.SignInLink(ctx, hashToken(token), "sign_in", a.Now())
	if err != nil {
		return nil, err
	}
	return a.ofLink(ctx, id)
}

// ofLink returns the login that a link belongs to.
func (a *Accounts) ofLink(ctx context.Context, id uuid.UUID) (*Login, error) {
	login, err := a.Store.Login(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, ErrWrongLink
	}
	return login, err
}

// SignInByLink uses a link up and returns whose it is; ErrWrongLink.
func (a *Accounts) SignInByLink(ctx context.Context, token string) (*Login, error) {
	id, err := a.Store.UseSignInLink(ctx, hashToken(token), "sign_in", a.Now())
	if err != nil {
		return nil, err
	}
	return a.ofLink(ctx, id)
}

// SignIn returns the login with this address and password; ErrWrongPassword otherwise,
// after the same work whether or not the address is known.
func (a *Accounts) SignIn(ctx context.Context, email, password string) (*Login, error) {
	login, err := a.Store.LoginByEmail(ctx, NormalEmail(email))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	hash := decoy
	if err == nil && login.Password != "" {
		hash = login.Password
	}
	if utf8.RuneCountInString(password) > MaxPassword {
		password = ""
	}
	if err := a.turn(ctx); err != nil {
		return nil, err
	}
	ok, hashErr := argon2id.ComparePasswordAndHash(password, hash)
	<-a.hashing
	if hashErr != nil {
		return nil, fmt.Errorf("compare password: %w", hashErr)
	}
	if !ok || login == nil || login.Password == "" {
		return nil, ErrWrongPassword
	}
	return login, nil
}

// decoy is the hash of a random password that nobody knows.
const decoy = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Y3n0H4mG8i0vT6bXxkQ1m3q0v3m7WJ4r0b6q3m1l2cE"

// SetPassword stores a password and ends the login's other sessions; it returns the
// epoch that the present one needs to go on. Invalid where it is too short or too long.
func (a *Accounts) SetPassword(ctx context.Context, login uuid.UUID, password string) (epoch int, err error) {
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		return 0, Invalid{"password": "password.short"}
	case n > MaxPassword:
		return 0, Invalid{"password": "password.long"}
	}
	if err := a.turn(ctx); err != nil {
		return 0, err
	}
	hash, err := argon2id.CreateHash(password, passwordParams)
	<-a.hashing
	if err != nil {
		return 0, fmt.Errorf("hash password: %w", err)
	}
	return a.Store.SetPassword(ctx, login, hash)
}

// EndSessions signs the login out everywhere; it returns the epoch that a session needs to go on.
func (a *Accounts) EndSessions(ctx context.Context, login uuid.UUID) (int, error) {
	return a.Store.EndSessions(ctx, login)
}

// Login returns a login, or ErrNotFound.
func (a *Accounts) Login(ctx context.Context, id uuid.UUID) (*Login, error) {
	return a.Store.Login(ctx, id)
}

// AddTownHall adds a login that runs the town, or gives an existing one that right, and
// returns a one-time link for it.
func (a *Accounts) AddTownHall(ctx context.Context, email string) (link string, err error) {
	email = NormalEmail(email)
	if !ValidEmail(email) {
		return "", Invalid{"email": "email.wrong"}
	}
	login, err := a.Store.LoginByEmail(ctx, email)
	switch {
	case errors.Is(err, ErrNotFound):
		login = &Login{ID: uuid.New(), Email: email, TownHall: true}
		err = a.Store.AddLogin(ctx, login, uuid.Nil)
	case err == nil && !login.TownHall:
		err = a.Store.MakeTownHall(ctx, login.ID)
	}
	if err != nil {
		return "", fmt.Errorf("add to the town hall: %w", err)
	}
	return a.Link(ctx, login.ID, PaperLinkLife)
}

// SetUpLink makes the one-time link by which the town is set up.
func (a *Accounts) SetUpLink(ctx context.Context) (string, error) {
	token, hash, err := newToken()
	if err != nil {
		return "", err
	}
	if err := a.Store.AddSignInLink(ctx, hash, "set_up", uuid.Nil, a.Now().Add(PaperLinkLife)); err != nil {
		return "", fmt.Errorf("make the set-up link: %w", err)
	}
	return a.Addresses.SetUp(token), nil
}

// LookAtSetUpLink tells whether a set-up link could be used.
func (a *Accounts) LookAtSetUpLink(ctx context.Context, token string) error {
	_, err := a.Store.SignInLink(ctx, hashToken(token), "set_up", a.Now())
	return err
}

// mustRunTown answers ErrForbidden unless the author runs the town.
func mustRunTown(ctx context.Context, s AccountStore, by Author) error {
	if by.Operator {
		return nil
	}
	login, err := s.Login(ctx, by.Login)
	if errors.Is(err, ErrNotFound) || (err == nil && !login.TownHall) {
		return ErrForbidden
	}
	return err
}

// turn waits for a place to hash a password.
func (a *Accounts) turn(ctx context.Context) error {
	select {
	case a.hashing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newToken makes what stands in a one-time link, 256 random bits, and the hash that is kept of it.
func newToken() (token string, hash []byte, err error) {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return "", nil, fmt.Errorf("make a one-time link: %w", err)
	}
	token = base64.RawURLEncoding.EncodeToString(b)
	return token, hashToken(token), nil
}

func hashToken(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// NormalEmail is the form in which addresses are kept and compared.
func NormalEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// ValidEmail tells whether s is a bare address that mail can be sent to.
func ValidEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254 && strings.Contains(s, "@")
}
