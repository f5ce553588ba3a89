package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bourg/internal/media"
	"bourg/internal/town"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

// Config is what the screens need of the program around them. All fields without a default are needed.
type Config struct {
	Directory  *town.Directory
	Accounts   *town.Accounts
	Publisher  *town.Publisher
	Notices    *town.Notices
	Timeline   *town.Timeline
	Messages   *town.Messages
	Moderator  *town.Moderator
	Neighbours *town.Neighbours
	Documents  *town.Documents
	Reports    *town.Reports
	Halls      *town.Halls
	Quotes     *town.Quotes
	Courier    *town.Courier
	Mover      *town.Mover
	People     *town.People

	Externals *town.Externals

	Photos    PhotoStore
	Sessions  SessionStore
	Addresses town.Addresses
	MediaURL  func(file string) string // absolute address of a stored file
	Version   string                   // of the program; may be empty
	SourceURL string                   // where its source code is; may be empty
	Homes     Homes
	// RepliesApproved says that the operator has decided that replies wait for approval, whatever the town says.
	RepliesApproved bool
	Log             *slog.Logger     // nil for slog.Default()
	Now             func() time.Time // nil for time.Now

	Groups *town.Groups

	Console *town.Console
}

// PhotoStore keeps uploads; [media.Store] does. Its errors are those of [media.Store.Add].
type PhotoStore interface {
	Add(ctx context.Context, r io.Reader) (media.Photo, error)
}

// Handlers answers for all screens. A handler reads, acts and renders in its page's file; it is a method of the form
// func(http.ResponseWriter, *http.Request) error, which Handle makes an http.Handler. It is safe for concurrent use.
type Handlers struct {
	config   Config
	static   *Static
	renderer *Renderer
	sessions *scs.SessionManager
	guard    *http.CrossOriginProtection
	limits   limits
	invited  *firsts[*Invitation]
	gathered *firsts[uuid.UUID] // pages of markets and collectives
	base     string             // public address of the town, without a slash at the end
	zones    sync.Map
	prepared atomic.Bool               // the town is set up, and stays so
	clock    atomic.Pointer[townClock] // set once it is
}

// NewHandlers parses the templates and prepares sessions, protection and limits.
func NewHandlers(c Config) (*Handlers, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	h := &Handlers{
		config: c, base: strings.TrimSuffix(c.Addresses.Base.String(), "/"),
		guard: http.NewCrossOriginProtection(), limits: newLimits(c.Now), invited: newFirsts[*Invitation](),
		gathered: newFirsts[uuid.UUID](),
	}
	origin := c.Addresses.Base.Scheme + "://" + c.Addresses.Base.Host
	mediaOrigin, err := originOf(c.MediaURL(""))
	if err != nil {
		return nil, fmt.Errorf("read the address of uploads: %w", err)
	}
	if mediaOrigin == origin {
		mediaOrigin = ""
	}
	if h.static, err = NewStatic(); err != nil {
		return nil, err
	}
	h.renderer, err = NewRenderer(Options{Static: h.static, Site: h.site, Now: c.Now, MediaOrigin: mediaOrigin})
	if err != nil {
		return nil, err
	}
	h.sessions = h.newSessions()
	return h, nil
}

func originOf(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	return u.Scheme + "://" + u.Host, nil
}

// Static serves the built-in files, see [Static].
func (h *Handlers) Static() http.Handler { return h.static }

// site is what the frame of every page says of the town as it is now.
func (h *Handlers) site(ctx context.Context) (Site, error) {
	t, err := h.config.Directory.Town(ctx)
	if errors.Is(err, town.ErrNotSetUp) {
		return Site{URL: h.base}, nil
	}
	if err != nil {
		return Site{}, err
	}
	s := Site{
		URL: h.base, Name: t.Name, Handle: "@" + h.config.Addresses.Handle(t.Handle), Colour: t.Accent, HelpPhone: t.HelpPhone, HelpHours: t.HelpHours, Zone: h.zone(t),
		Accessibility: conformityOf(t.Accessibility.State),
	}
	if town.ValidEmail(t.Legal.Contact) {
		s.HelpEmail = t.Legal.Contact
	}
	return s, nil
}

// zone is the town's time zone. It is kept, because the standard library reads a file each time.
func (h *Handlers) zone(t *town.Town) *time.Location {
	if z, ok := h.zones.Load(t.TimeZone); ok {
		return z.(*time.Location)
	}
	z := t.Location()
	h.zones.Store(t.TimeZone, z)
	return z
}

// ready answers [town.ErrNotSetUp] until somebody has set the town up.
func (h *Handlers) ready(ctx context.Context) error {
	if h.prepared.Load() {
		return nil
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	h.clock.Store(&townClock{town: t, zone: h.zone(t)})
	h.prepared.Store(true)
	return nil
}

// Handle makes a handler of a screen an http.Handler, and an error of it a status and a page. Before the town is set up it
// says so in the screen's place.
func (h *Handlers) Handle(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return h.HandleAlways(func(w http.ResponseWriter, r *http.Request) error {
		if err := h.ready(r.Context()); err != nil {
			return err
		}
		return f(w, r)
	})
}

// HandleAlways is Handle for the few screens that there are before the town is set up.
func (h *Handlers) HandleAlways(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			h.fail(w, r, err)
		}
	})
}

// refusal is an error that has a status of its own.
type refusal struct {
	status int
	after  time.Duration // for Retry-After; zero for none
	why    string        // for developers
}

func (e refusal) Error() string { return e.why }

// fail is the one place where errors become statuses. Visitors see a sentence, the log the cause.
func (h *Handlers) fail(w http.ResponseWriter, r *http.Request, err error) {
	var refused refusal
	var tooLarge *http.MaxBytesError
	var invalid town.Invalid
	switch {
	case r.Context().Err() != nil && errors.Is(err, r.Context().Err()):
		return // the visitor has gone
	case errors.As(err, &refused):
		if refused.after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(refused.after/time.Second)+1))
		}
		h.ErrorPage(w, r, refused.status)
	case errors.As(err, &tooLarge):
		h.ErrorPage(w, r, http.StatusRequestEntityTooLarge)
	case errors.As(err, &invalid):
		h.ErrorPage(w, r, http.StatusBadRequest)
	case errors.Is(err, town.ErrNotFound), errors.Is(err, town.ErrWrongLink):
		h.ErrorPage(w, r, http.StatusNotFound)
	case errors.Is(err, town.ErrGone):
		h.ErrorPage(w, r, http.StatusGone)
	case errors.Is(err, town.ErrMoved):
		l := h.renderer.Locale(r.Context())
		h.errorPage(w, r, http.StatusConflict, PageErreur{Title: l.T("erreur.moved"), Text: l.T("erreur.moved_text")})
	case errors.Is(err, town.ErrForbidden):
		h.ErrorPage(w, r, http.StatusForbidden)
	case errors.Is(err, town.ErrBusy):
		h.config.Log.WarnContext(r.Context(), "a page took too long", "route", routeOf(r), "error", err)
		w.Header().Set("Retry-After", "60")
		h.ErrorPage(w, r, http.StatusServiceUnavailable)
	case errors.Is(err, town.ErrNotSetUp):
		l := h.renderer.Locale(r.Context())
		w.Header().Set("Retry-After", "60")
		h.errorPage(w, r, http.StatusServiceUnavailable, PageErreur{
			Title: l.T("erreur.preparing"), Text: l.T("erreur.preparing_text"), Retry: true,
		})
	default:
		reference := newReference()
		h.config.Log.ErrorContext(r.Context(), "a page failed",
			"reference", reference, "method", r.Method, "route", routeOf(r), "error", err)
		l := h.renderer.Locale(r.Context())
		h.errorPage(w, r, http.StatusInternalServerError, NewErreur(l, http.StatusInternalServerError, reference))
	}
}

// routeOf is a request's pattern in the table of routes: an address may hold a one-time link, and is not logged.
func routeOf(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil {
		return c.RoutePattern()
	}
	return ""
}

// newReference is a number that people can read out on the telephone.
func newReference() string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	digits := strings.ToUpper(hex.EncodeToString(b[:]))
	return digits[:4] + "-" + digits[4:]
}

// ErrorPage answers with the page of a status.
func (h *Handlers) ErrorPage(w http.ResponseWriter, r *http.Request, status int) {
	h.errorPage(w, r, status, NewErreur(h.renderer.Locale(r.Context()), status, ""))
}

func (h *Handlers) errorPage(w http.ResponseWriter, r *http.Request, status int, p PageErreur) {
	if err := h.renderer.Render(w, r, status, p); err != nil {
		h.config.Log.ErrorContext(r.Context(), "an error page failed", "route", routeOf(r), "error", err)
		http.Error(w, http.StatusText(status), status)
	}
}

// NotFound answers for addresses that do not exist.
func (h *Handlers) NotFound(w http.ResponseWriter, r *http.Request) {
	h.ErrorPage(w, r, http.StatusNotFound)
}

// MethodNotAllowed answers for addresses that exist with other methods only. The router sets Allow.
func (h *Handlers) MethodNotAllowed(w http.ResponseWriter, r *http.Request) {
	h.ErrorPage(w, r, http.StatusMethodNotAllowed)
}

// show renders a page. What somebody sees who is signed in is theirs: no shared cache keeps it.
func (h *Handlers) show(w http.ResponseWriter, r *http.Request, status int, p Page) error {
	d, err := h.renderer.Build(r, p)
	if err != nil {
		return err
	}
	d.private = d.private || visitorOf(r.Context()) != nil
	d.Serve(w, r, status)
	return nil
}

// goTo leads on to a path of this town, in the visitor's language, as the end of a POST.
func (h *Handlers) goTo(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, Href(LanguageOf(r.Context()), path), http.StatusSeeOther) //nolint:gosec // callers pass our own paths, or LocalPath's
	return nil
}
