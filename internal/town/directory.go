package town

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"bourg/federation"
	"bourg/internal/hours"

	"github.com/google/uuid"
)

// DirectoryStore keeps the town and its merchants.
type DirectoryStore interface {
	MemberStore
	// Town returns the town, or ErrNotSetUp.
	Town(ctx context.Context) (*Town, error)
	// SetUpTown stores the town and its actors (the town's own, the relay, the group for the surroundings) with their keys, once;
	// ErrTaken if it is set up.
	SetUpTown(ctx context.Context, t *Town, townActor, relay, around NewActor) error
	// EditTown replaces the town's settings (not its handle).
	EditTown(ctx context.Context, t *Town) error

	// Merchant returns a merchant; ErrNotFound, ErrGone.
	Merchant(ctx context.Context, id uuid.UUID) (*Merchant, error)
	// MerchantByHandle does so by handle, in lower case.
	MerchantByHandle(ctx context.Context, handle string) (*Merchant, error)
	// HandleTaken tells whether an actor has or had the handle.
	HandleTaken(ctx context.Context, handle string) (bool, error)
	// AddMerchant inserts a merchant with its actor; ErrTaken where the handle is or was in use.
	AddMerchant(ctx context.Context, m *Merchant, a NewActor) error
	// EditMerchant replaces what a merchant says of itself and inserts the Update of its actor, in the place of one that
	// has not left yet.
	EditMerchant(ctx context.Context, m *Merchant, out Outgoing) error
	// Merchants returns the living merchants by name; trade "" for all.
	Merchants(ctx context.Context, trade string) ([]*Merchant, error)
	// MerchantHours returns the living merchants with their handles, names, trades and hours, and nothing else, by name.
	MerchantHours(ctx context.Context) ([]*Merchant, error)
	// TradeCounts returns how many merchants each trade has.
	TradeCounts(ctx context.Context) (map[string]int, error)
}

// NewActor is what a new actor is made of.
type NewActor struct {
	ID     uuid.UUID
	Handle string
	Keys   []NewKey
}

// Directory adds, changes and finds merchants, and sets the town up.
type Directory struct {
	Store     DirectoryStore
	Accounts  *Accounts
	Addresses Addresses
	Media     MediaAddress
	// Hold is how long the Update of a profile waits for a further edit, which then takes its place: two edits in a minute
	// are one to everybody else.
	Hold time.Duration
	Now  func() time.Time
	Wake func()
	HTML func(text string) string
	Fold func(text string) string // lower case without accents, for search
}

// SetUp is what the first visit asks for.
type SetUp struct {
	Name, Handle, INSEE string
	Lat, Lon            float64
	Email               string // of the administrator
	HelpPhone           string
}

var inseePattern = regexp.MustCompile(`^(?:[0-9]{2}|2[AB])[0-9]{3}$`)

// SetUpTown names the town, makes its actors and adds the administrator, to whom it
// returns a one-time link. token is the set-up link's; the operator needs none. ErrTaken
// where the town is set up, ErrWrongLink, Invalid.
func (d *Directory) SetUpTown(ctx context.Context, by Author, token string, s SetUp) (link string, err error) {
	s.Name, s.INSEE = strings.TrimSpace(s.Name), strings.ToUpper(strings.TrimSpace(s.INSEE))
	s.Email, s.HelpPhone = NormalEmail(s.Email), strings.TrimSpace(s.HelpPhone)
	if s.Handle = strings.ToLower(strings.TrimSpace(s.Handle)); s.Handle == "" {
		s.Handle = HandleFrom(d.Fold(s.Name))
	}
	bad := Invalid{}
	if n := utf8.RuneCountInString(s.Name); n == 0 || n > 100 || !oneLine(s.Name) {
		bad["name"] = "name.wrong"
	}
	if !handlePattern.MatchString(s.Handle) || s.Handle == "relay" || s.Handle == aroundHandle {
		bad["handle"] = "handle.wrong"
	}
	if !inseePattern.MatchString(s.INSEE) && (s.INSEE != "" || !by.Operator) {
		bad["insee"] = "insee.wrong"
	}
	if !(s.Lat >= -90 && s.Lat <= 90) {
		bad["lat"] = "place.wrong"
	}
	if !(s.Lon >= -180 && s.Lon <= 180) {
		bad["lon"] = "place.wrong"
	}
	if !ValidEmail(s.Email) && (s.Email != "" || !by.Operator) {
		bad["email"] = "email.wrong"
	}
	if !validPhone(s.HelpPhone) {
		bad["phone"] = "phone.wrong"
	}
	if len(bad) > 0 {
		return "", bad
	}
	if !by.Operator {
		if err := d.Accounts.LookAtSetUpLink(ctx, token); err != nil {
			return "", err
		}
	}
	town := &Town{
		Name: s.Name, ShortName: shortName(s.Name), Handle: s.Handle, INSEE: s.INSEE, Lat: s.Lat, Lon: s.Lon,
		TimeZone: timeZone(s.INSEE), HelpPhone: s.HelpPhone, SetUpAt: d.now(),
	}
	own, err := MakeActor(s.Handle)
	if err != nil {
		return "", err
	}
	relay, err := MakeActor("relay")
	if err != nil {
		return "", err
	}
	around, err := makeAround(ctx, d.Store)
	if err != nil {
		return "", err
	}
	if err := d.Store.SetUpTown(ctx, town, own, relay, around); err != nil {
		return "", fmt.Errorf("set up the town: %w", err)
	}
	if !by.Operator {
		if _, err := d.Accounts.Store.UseSignInLink(ctx, hashToken(token), "set_up", d.Now()); err != nil {
			return "", err
		}
	}
	if s.Email == "" {
		return "", nil
	}
	return d.Accounts.AddTownHall(ctx, s.Email)
}

// shortName is what a phone's header has room for: the town's name up to 20 runes, cut
// at a hyphen or space ("Saint-Laurent" of "Saint-Laurent-sur-Cèze").
func shortName(name string) string {
	if utf8.RuneCountInString(name) <= 20 {
		return name
	}
	short := string([]rune(name)[:20])
	for _, small := range []string{"-sur-", "-sous-", "-en-", "-les-", "-lès-", "-de-", "-du-", "-des-", "-la-", "-le-", " sur ", " en ", " "} {
		if head, _, found := strings.Cut(name, small); found && utf8.RuneCountInString(head) <= 20 {
			return head
		}
	}
	return short
}

// timeZone is that of the commune: its code's first three digits tell the overseas departments.
func timeZone(insee string) string {
	zones := map[string]string{
		"971": "America/Guadeloupe", "972": "America/Martinique", "973": "America/Cayenne", "974": "Indian/Reunion",
		"975": "America/Miquelon", "976": "Indian/Mayotte", "977": "America/St_Barthelemy", "978": "America/Marigot",
		"986": "Pacific/Wallis", "987": "Pacific/Tahiti", "988": "Pacific/Noumea",
	}
	if z, ok := zones[insee[:min(3, len(insee))]]; ok {
		return z
	}
	return "Europe/Paris"
}

// Town returns the town, or ErrNotSetUp.
func (d *Directory) Town(ctx context.Context) (*Town, error) { return d.Store.Town(ctx) }

// NewMerchant is what the town hall knows of a merchant whom it invites.
type NewMerchant struct {
	Name, Handle, Trade            string // Handle "": made from the name
	Email, Phone, Address, Website string
	Hours                          string // as they are typed, see Merchant.SetHours
	Lat, Lon                       *float64
}

// AddMerchant adds a merchant with its actor and a login for it, and returns a one-time
// link to hand over. Where somebody signs in with the e-mail address already, that login
// speaks for this merchant too. Only the town hall may.
func (d *Directory) AddMerchant(ctx context.Context, by Author, n NewMerchant) (m *Merchant, link string, err error) {
	if err := mustRunTown(ctx, d.Accounts.Store, by); err != nil {
		return nil, "", err
	}
	if _, err := d.Store.Town(ctx); err != nil {
		return nil, "", err
	}
	m = &Merchant{
		Handle: strings.ToLower(strings.TrimSpace(n.Handle)), Name: strings.TrimSpace(n.Name), Trade: n.Trade,
		Phone: strings.TrimSpace(n.Phone), Address: strings.TrimSpace(n.Address), Website: strings.TrimSpace(n.Website),
		Lat: n.Lat, Lon: n.Lon, Reach: ReachEverywhere,
	}
	m.SetHours(strings.TrimSpace(n.Hours))
	m.splitAddress()
	bad := checkMerchant(m)
	if m.Handle != "" && !ValidHandle(m.Handle) {
		bad["handle"] = "handle.wrong"
	}
	email := NormalEmail(n.Email)
	if email != "" && !ValidEmail(email) {
		bad["email"] = "email.wrong"
	}
	if len(bad) > 0 {
		return nil, "", bad
	}
	trade, _ := TradeBySlug(m.Trade)
	m.Paint = trade.Paint
	if m.Handle == "" {
		if m.Handle, err = d.freeHandle(ctx, m.Name); err != nil {
			return nil, "", err
		}
	}
	actor, err := MakeActor(m.Handle)
	if err != nil {
		return nil, "", err
	}
	m.ID, m.Created = actor.ID, d.now()
	m.Updated = m.Created
	if err := d.Store.AddMerchant(ctx, m, actor); err != nil {
		return nil, "", fmt.Errorf("add merchant: %w", err)
	}
	login, err := d.member(ctx, m, email)
	if err != nil {
		return nil, "", fmt.Errorf("add merchant: %w", err)
	}
	link, err = d.Accounts.Link(ctx, login, PaperLinkLife)
	return m, link, err
}

// member returns the login that speaks for a new merchant.
func (d *Directory) member(ctx context.Context, m *Merchant, email string) (uuid.UUID, error) {
	if email != "" {
		known, err := d.Accounts.Store.LoginByEmail(ctx, email)
		if err == nil {
			return known.ID, d.Accounts.Store.AddMember(ctx, known.ID, m.ID)
		}
	}
	l := &Login{ID: uuid.New(), Email: email, Name: m.Name}
	return l.ID, d.Accounts.Store.AddLogin(ctx, l, m.ID)
}

// InviteAgain makes a new one-time link for the first who speaks for a merchant.
func (d *Directory) InviteAgain(ctx context.Context, by Author, merchant uuid.UUID) (string, error) {
	if err := mustRunTown(ctx, d.Accounts.Store, by); err != nil {
		return "", err
	}
	members, err := d.Accounts.Store.MembersOf(ctx, merchant)
	if err != nil {
		return "", err
	}
	if len(members) == 0 {
		m, err := d.Store.Merchant(ctx, merchant)
		if err != nil {
			return "", err
		}
		id, err := d.member(ctx, m, "")
		if err != nil {
			return "", err
		}
		return d.Accounts.Link(ctx, id, PaperLinkLife)
	}
	return d.Accounts.Link(ctx, members[0].ID, PaperLinkLife)
}

// EditMerchant changes what a merchant says of itself; followers' servers get the new profile.
func (d *Directory) EditMerchant(ctx context.Context, by Author, m *Merchant) error {
	if err := mustSpeak(ctx, d.Store, by, m.ID); err != nil {
		return err
	}
	town, err := d.Store.Town(ctx)
	if err != nil {
		return err
	}
	m.splitAddress()
	m.dropPast(hours.DateOf(d.Now().In(town.Location())))
	if bad := checkMerchant(m); len(bad) > 0 {
		return bad
	}
	m.Updated = laterThan(d.now(), m.Updated)
	actor := actorDocument(d.Addresses, d.Media, d.HTML, town, m)
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("edit merchant: make an id: %w", err)
	}
	out, err := d.Addresses.encode(Outgoing{
		ID: id, Actor: m.ID, Public: true, Leaves: m.Updated.Add(d.Hold), To: Recipients{Followers: true},
	}, federation.Activity{
		Type: "Update", Actor: actor.ID, ObjectID: actor.ID, Profile: actor,
		To: []federation.IRI{federation.Public}, Cc: []federation.IRI{actor.Followers}, Published: m.Updated,
	})
	if err != nil {
		return fmt.Errorf("edit merchant: %w", err)
	}
	if err := d.Store.EditMerchant(ctx, m, out); err != nil {
		return fmt.Errorf("edit merchant: %w", err)
	}
	d.Wake()
	return nil
}

// CheckMerchant tells what is wrong with what a merchant says of itself, and changes nothing that is stored; Invalid.
func (d *Directory) CheckMerchant(m *Merchant) error {
	if bad := checkMerchant(m); len(bad) > 0 {
		return bad
	}
	return nil
}

// Hours returns the hours of all living merchants: of each its handle, name, trade, Opening, Special and Hours.
func (d *Directory) Hours(ctx context.Context) ([]*Merchant, error) {
	return d.Store.MerchantHours(ctx)
}

// Merchant returns a living merchant.
func (d *Directory) Merchant(ctx context.Context, id uuid.UUID) (*Merchant, error) {
	return d.Store.Merchant(ctx, id)
}

// MerchantByHandle returns a living merchant, in any letter case.
func (d *Directory) MerchantByHandle(ctx context.Context, handle string) (*Merchant, error) {
	return d.Store.MerchantByHandle(ctx, strings.ToLower(handle))
}

// Merchants returns the living merchants of a trade ("": all), by name.
func (d *Directory) Merchants(ctx context.Context, trade string) ([]*Merchant, error) {
	return d.Store.Merchants(ctx, trade)
}

// TradeCounts returns how many living merchants each trade has.
func (d *Directory) TradeCounts(ctx context.Context) (map[string]int, error) {
	return d.Store.TradeCounts(ctx)
}

// checkMerchant tells what is wrong with what a merchant says of itself.
func checkMerchant(m *Merchant) Invalid {
	bad := Invalid{}
	if n := utf8.RuneCountInString(m.Name); n == 0 || n > 100 || !oneLine(m.Name) {
		bad["name"] = "name.wrong"
	}
	if _, err := TradeBySlug(m.Trade); err != nil {
		bad["trade"] = "trade.unknown"
	}
	if !validPhone(m.Phone) {
		bad["phone"] = "phone.wrong"
	}
	for field, s := range map[string]string{"address": m.Address, "summary": m.Summary, "postal_code": m.PostalCode, "locality": m.Locality} {
		if utf8.RuneCountInString(s) > map[string]int{"address": 300, "summary": 2000, "postal_code": MaxPostalCode, "locality": MaxLocality}[field] {
			bad[field] = field + ".long"
		}
	}
	if !oneLine(m.PostalCode) || !oneLine(m.Locality) {
		bad["locality"] = "locality.long"
	}
	checkHours(m, bad)
	if m.Website != "" {
		u, err := url.Parse(m.Website)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || len(m.Website) > 300 {
			bad["website"] = "website.wrong"
		}
	}
	if (m.Lat == nil) != (m.Lon == nil) || (m.Lat != nil && !(*m.Lat >= -90 && *m.Lat <= 90 && *m.Lon >= -180 && *m.Lon <= 180)) {
		bad["place"] = "place.wrong"
	}
	if m.Reach != "" && !m.Reach.Valid() {
		bad["reach"] = "reach.unknown"
	}
	if m.Paint != "" {
		known := false
		for _, p := range Paints {
			known = known || p == m.Paint
		}
		if !known {
			bad["paint"] = "paint.unknown"
		}
	}
	return bad
}

// oneLine tells whether a name is what it seems: it has no line ends and other controls, no invisible signs, and none
// that turn the direction of text, as U+202E does. The joiners stay, of which emoji and some scripts are made.
func oneLine(s string) bool {
	for _, r := range s {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) && r != '\u200c' && r != '\u200d' {
			return false
		}
	}
	return utf8.ValidString(s)
}

// phonePattern takes digits with the signs people put between them, nothing that dials a service ("*#06#").
var phonePattern = regexp.MustCompile(`^\+?[0-9][0-9 .()/-]{1,28}$`)

func validPhone(s string) bool { return s == "" || phonePattern.MatchString(s) }

// MakeActor makes what a new local actor is made of: an id and a key of each kind.
func MakeActor(handle string) (NewActor, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return NewActor{}, fmt.Errorf("make an id: %w", err)
	}
	keys, err := newKeys()
	if err != nil {
		return NewActor{}, err
	}
	return NewActor{ID: id, Handle: handle, Keys: keys}, nil
}

func (d *Directory) now() time.Time { return d.Now().UTC().Truncate(time.Second) }
