package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bourg/internal/town"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"
)

// SessionStore keeps sessions. It hashes tokens itself, so that nobody can take a session over who reads it.
type SessionStore interface {
	scs.CtxStore
	// SessionsOf returns the data of the live sessions of a login, the JSON member "login" of their data, by their ids: the
	// SHA-256 of their tokens in hexadecimal digits.
	SessionsOf(ctx context.Context, login uuid.UUID) (map[string][]byte, error)
	// EndSession ends a session of the login; one that is gone already, or another's, is no error.
	EndSession(ctx context.Context, login uuid.UUID, id string) error
}

// How long a session lives after it was last used, how often that is written down, and how many cookies a request may bring.
const (
	sessionLife   = 180 * 24 * time.Hour
	sessionRenew  = time.Hour
	maxCookies    = 64
	sessionCookie = "bourg"
	sessionValue  = "session"
)

// session is what is kept of somebody who is signed in. It is stored as JSON.
type session struct {
	Deadline time.Time `json:"deadline"`
	Login    uuid.UUID `json:"login"`
	Epoch    int       `json:"epoch"`              // of the login, when it signed in
	Merchant uuid.UUID `json:"merchant,omitempty"` // whom it speaks for; zero: the first
	Device   string    `json:"device"`             // see deviceOf
	Seen     time.Time `json:"seen"`               // to the hour or so
	Entered  time.Time `json:"entered,omitzero"`   // when it signed in
}

// sessionCodec writes a session as JSON (scs.Codec).
type sessionCodec struct{}

func (sessionCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	s, _ := values[sessionValue].(session)
	s.Deadline = deadline
	return json.Marshal(s)
}

// Decode takes data that it cannot read for a session that has ended: an error would keep its browser out for good.
func (sessionCodec) Decode(data []byte) (time.Time, map[string]any, error) {
	var s session
	if err := json.Unmarshal(data, &s); err != nil || s.Login == uuid.Nil {
		return time.Time{}, map[string]any{}, nil //nolint:nilerr // see above
	}
	return s.Deadline, map[string]any{sessionValue: s}, nil
}

func (h *Handlers) newSessions() *scs.SessionManager {
	m := scs.New()
	m.Store, m.Codec, m.Lifetime = h.config.Sessions, sessionCodec{}, sessionLife
	m.Cookie.Name = h.cookieName()
	m.Cookie.Secure = h.secure()
	m.Cookie.HttpOnly, m.Cookie.SameSite, m.Cookie.Path = true, http.SameSiteLaxMode, "/"
	m.ErrorFunc = h.fail
	return m
}

func (h *Handlers) secure() bool { return h.config.Addresses.Base.Scheme == "https" }

// cookieName has the prefix that keeps other hosts of the domain from setting the cookie (RFC 6265bis, section 4.1.3.2).
func (h *Handlers) cookieName() string {
	if h.secure() {
		return "__Host-" + sessionCookie
	}
	return sessionCookie
}

type visitorKey struct{}

// visitor is somebody who is signed in.
type visitor struct {
	login    *town.Login
	merchant *town.Merchant // whom the visitor speaks for now; nil for none
	session  session
}

// visitorOf returns who is signed in, nil for nobody.
func visitorOf(ctx context.Context) *visitor {
	v, _ := ctx.Value(visitorKey{}).(*visitor)
	return v
}

func (v *visitor) author() town.Author { return town.Author{Login: v.login.ID} }

// speaksFor tells whether the visitor may change what belongs to a merchant.
func (v *visitor) speaksFor(merchant uuid.UUID) bool { return v != nil && v.memberOf(merchant) != nil }

func (v *visitor) memberOf(merchant uuid.UUID) *town.Merchant {
	for _, m := range v.login.Merchants {
		if m.ID == merchant {
			return m
		}
	}
	return nil
}

// Session is the middleware of all pages: it finds out who is signed in. Whoever is not costs no query and gets no cookie.
func (h *Handlers) Session(next http.Handler) http.Handler {
	known := h.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := h.admit(r)
		if err != nil {
			h.fail(w, r, err)
			return
		}
		if v != nil {
			r = r.WithContext(context.WithValue(r.Context(), visitorKey{}, v))
		}
		next.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Count(strings.Join(r.Header.Values("Cookie"), ";"), ";") >= maxCookies {
			h.ErrorPage(w, r, http.StatusBadRequest)
			return
		}
		known.ServeHTTP(w, r)
	})
}

// admit returns who is signed in, and ends the session of a login that is disabled, or whose sessions were all ended.
func (h *Handlers) admit(r *http.Request) (*visitor, error) {
	ctx := r.Context()
	s, ok := h.sessions.Get(ctx, sessionValue).(session)
	if !ok {
		return nil, nil
	}
	login, err := h.config.Accounts.Login(ctx, s.Login)
	if errors.Is(err, town.ErrNotFound) || err == nil && login.Epoch != s.Epoch {
		return nil, h.sessions.Destroy(ctx)
	}
	if err != nil {
		return nil, err
	}
	v := &visitor{login: login, session: s}
	if v.merchant = v.memberOf(s.Merchant); v.merchant == nil && len(login.Merchants) > 0 {
		v.merchant = login.Merchants[0]
	}
	if now := h.config.Now(); now.Sub(s.Seen) > sessionRenew {
		v.session.Seen = now
		h.sessions.SetDeadline(ctx, now.Add(sessionLife).UTC())
		h.sessions.Put(ctx, sessionValue, v.session)
	}
	return v, nil
}

// signIn opens a session for a login under a new token; whatever session the browser had ends.
func (h *Handlers) signIn(r *http.Request, login *town.Login) error {
	ctx := r.Context()
	if err := h.sessions.RenewToken(ctx); err != nil {
		return err
	}
	h.sessions.Put(ctx, sessionValue, session{
		Login: login.ID, Epoch: login.Epoch, Device: deviceOf(r.UserAgent()), Seen: h.config.Now(), Entered: h.config.Now(),
	})
	return nil
}

// keep changes the session of a visitor.
func (h *Handlers) keep(ctx context.Context, v *visitor, change func(*session)) {
	change(&v.session)
	h.sessions.Put(ctx, sessionValue, v.session)
}

// sessionID is the id under which the store knows the session of this request.
func (h *Handlers) sessionID(ctx context.Context) string {
	sum := sha256.Sum256([]byte(h.sessions.Token(ctx)))
	return hex.EncodeToString(sum[:])
}

// CacheKey names what the answer for somebody who is not signed in depends on beside its address: language, colours
// and compression. ok is false for whoever brings a session.
func (h *Handlers) CacheKey(r *http.Request) (key string, ok bool) {
	if _, err := r.Cookie(h.cookieName()); err == nil {
		return "", false
	}
	packed := ""
	if acceptsGzip(r) {
		packed = "gzip"
	}
	return strings.Join([]string{string(LanguageOf(r.Context())), Appearance(r), packed}, "\x00"), true
}

// Role says who may use an address.
type Role int

// The roles. A login may have several.
const (
	Everyone Role = iota
	SignedIn      // any login
	Merchant      // speaks for at least one merchant
	TownHall      // runs the town
)

func (role Role) admits(v *visitor) bool {
	switch role {
	case Everyone:
		return true
	case SignedIn:
		return v != nil
	case Merchant:
		return v != nil && v.merchant != nil
	case TownHall:
		return v != nil && v.login.TownHall
	}
	return false
}

// Require lets those pass who have the role. Whoever is not signed in is led to do so (and from a form told so, because what
// was written is still in the browser); who is signed in without the role gets 403.
func (h *Handlers) Require(role Role, next http.Handler) http.Handler {
	if role == Everyone {
		return next
	}
	return h.Handle(func(w http.ResponseWriter, r *http.Request) error {
		v := visitorOf(r.Context())
		switch {
		case role.admits(v):
			next.ServeHTTP(w, r)
			return nil
		case v != nil:
			return town.ErrForbidden
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			return h.goTo(w, r, pathConnexion+"?suite="+url.QueryEscape(LocalPath(r.URL.RequestURI())))
		default:
			return refusal{status: http.StatusUnauthorized, why: "not signed in"}
		}
	})
}
