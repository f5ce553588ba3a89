package town

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"
)

// guestBook is an AccountStore with one login.
type guestBook struct {
	AccountStore
	login *Login
	links map[string]bool
	mails []string
}

func (g *guestBook) LoginByEmail(_ context.Context, email string) (*Login, error) {
	if g.login != nil && g.login.Email == email {
		return g.login, nil
	}
	return nil, ErrNotFound
}
func (g *guestBook) SetPassword(_ context.Context, _ uuid.UUID, hash string) (int, error) {
	g.login.Password = hash
	g.login.Epoch++
	return g.login.Epoch, nil
}
func (g *guestBook) AddSignInLink(_ context.Context, hash []byte, _ string, _ uuid.UUID, _ time.Time) error {
	g.links[string(hash)] = true
	return nil
}
func (g *guestBook) SendMail(_ context.Context, to, kind string, data map[string]string) error {
	g.mails = append(g.mails, to+" "+kind+" "+data["link"])
	return nil
}

func newGuests(t testing.TB, g *guestBook) *Accounts {
	g.links = map[string]bool{}
	return NewAccounts(Accounts{Store: g, Addresses: testAddresses(t), Now: time.Now, Mails: true})
}

func TestSigningInWithAPassword(t *testing.T) {
	t.Parallel()
	g := &guestBook{login: &Login{ID: uuid.New(), Email: "lea@exemple.fr"}}
	a := newGuests(t, g)
	if _, err := a.SignIn(t.Context(), "lea@exemple.fr", ""); !errors.Is(err, ErrWrongPassword) {
		t.Errorf("without a password set: %v, want ErrWrongPassword", err)
	}
	epoch, err := a.SetPassword(t.Context(), g.login.ID, "quatre mots au hasard")
	if err != nil || epoch != 1 {
		t.Fatalf("SetPassword = %d, %v", epoch, err)
	}
	if strings.Contains(g.login.Password, "quatre") || !strings.HasPrefix(g.login.Password, "$argon2id$") {
		t.Errorf("kept %q, want an argon2id hash", g.login.Password)
	}
	if _, err := a.SignIn(t.Context(), " LEA@exemple.fr ", "quatre mots au hasard"); err != nil {
		t.Errorf("right password: %v", err)
	}
	for email, password := range map[string]string{
		"lea@exemple.fr": "quatre mots au hazard", "leo@exemple.fr": "quatre mots au hasard",
	} {
		if _, err := a.SignIn(t.Context(), email, password); !errors.Is(err, ErrWrongPassword) {
			t.Errorf("%s %s: %v, want ErrWrongPassword", email, password, err)
		}
	}
	var bad Invalid
	for _, p := range []string{"court", strings.Repeat("x", MaxPassword+1)} {
		if _, err := a.SetPassword(t.Context(), g.login.ID, p); !errors.As(err, &bad) {
			t.Errorf("SetPassword of %d letters = %v, want Invalid", len(p), err)
		}
	}
}

// An unknown address must cost what a known one costs, so the decoy must be a real hash of the same cost.
func TestTheDecoyCostsWhatAPasswordCosts(t *testing.T) {
	t.Parallel()
	params, _, _, err := argon2id.DecodeHash(decoy)
	if err != nil {
		t.Fatal(err)
	}
	if params.Memory != passwordParams.Memory || params.Iterations != passwordParams.Iterations || params.Parallelism != passwordParams.Parallelism {
		t.Errorf("decoy has %+v, passwords have %+v", params, passwordParams)
	}
}

func TestALinkIsMailedOnlyToWhomWeKnow(t *testing.T) {
	t.Parallel()
	g := &guestBook{login: &Login{ID: uuid.New(), Email: "lea@exemple.fr"}}
	a := newGuests(t, g)
	for _, email := range []string{"lea@exemple.fr", "inconnu@exemple.fr"} {
		if err := a.MailLink(t.Context(), email); err != nil {
			t.Errorf("MailLink(%s) = %v, want nil whoever it is", email, err)
		}
	}
	if len(g.mails) != 1 || !strings.HasPrefix(g.mails[0], "lea@exemple.fr sign_in https://bourg.example/connexion/") {
		t.Errorf("mails %q, want one to lea", g.mails)
	}
	token := g.mails[0][strings.LastIndexByte(g.mails[0], '/')+1:]
	if !g.links[string(hashToken(token))] || g.links[token] {
		t.Error("the store must hold the hash of the link, and nothing else")
	}
}

func TestAddressesThatMailCanBeSentTo(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"lea@exemple.fr": true, "lea": false, "Lea <lea@exemple.fr>": false, "lea@exemple.fr\r\nBcc: x@y.fr": false, "": false,
	} {
		if got := ValidEmail(s); got != want {
			t.Errorf("ValidEmail(%q) = %t, want %t", s, got, want)
		}
	}
}
