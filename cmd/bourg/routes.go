package main

import (
	"errors"
	"net/http"
	"runtime/debug"
	"strings"

	"bourg/federation"
	"bourg/web"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

// route is one address: who may enter stands beside it, and nowhere else. A test walks
// this table with every role, so that no page can appear unguarded.
type route struct {
	method, pattern string
	who             web.Role
	handler         http.Handler
	// kept: the answer to somebody who is not signed in may be kept until something changes.
	kept bool
}

// routes is the one table of addresses.
func (s *server) routes() []route {
	p, doc := s.pages, s.publications
	page := p.Handle // a handler of web, with its error page
	raw := func(f http.HandlerFunc) http.Handler { return f }
	return []route{
		// ------------------------------------------------------------- other servers
		{"POST", "/inbox", web.Everyone, s.inbox, false},
		{"POST", "/actors/{actor}/inbox", web.Everyone, s.inbox, false},
		{"GET", "/actors/{actor}", web.Everyone, raw(doc.Actor), true},
		{"GET", "/actors/{actor}/outbox", web.Everyone, raw(doc.Outbox), true},
		{"GET", "/actors/{actor}/followers", web.Everyone, raw(doc.Followers), true},
		{"GET", "/actors/{actor}/followers_synchronization", web.Everyone, raw(doc.FollowersSync), false},
		{"GET", "/actors/{actor}/following", web.Everyone, raw(doc.Following), true},
		{"GET", "/actors/{actor}/featured", web.Everyone, raw(doc.Featured), true},
		{"GET", "/actors/{actor}/products", web.Everyone, doc.Objects(s.town.documents.Products), true},
		{"GET", "/actors/{actor}/active", web.Everyone, raw(s.active), false},
		{"GET", "/actors/{actor}/latest", web.Everyone, doc.Objects(s.town.console.Latest), true},
		{"GET", "/actors/{actor}/neighbours", web.Everyone, raw(s.neighbourTowns), true},
		{"GET", "/actors/{actor}/card", web.Everyone, raw(doc.Object), true},
		{"GET", "/posts/{post}", web.Everyone, raw(doc.Object), true},
		{"GET", "/posts/{post}/replies", web.Everyone, raw(doc.Replies), true},
		{"GET", "/posts/{post}/context", web.Everyone, raw(doc.Conversation), true},
		{"GET", "/posts/{post}/likes", web.Everyone, raw(doc.Likes), true},
		{"GET", "/posts/{post}/shares", web.Everyone, raw(doc.Shares), true},
		{"GET", "/posts/{post}/organizers", web.Everyone, doc.Part("organizers"), true},
		{"GET", "/posts/{post}/quotes/{quote}", web.Everyone, raw(doc.Object), true},
		{"GET", "/activities/{activity}", web.Everyone, raw(doc.Activity), true},
		{"GET", "/.well-known/webfinger", web.Everyone, s.webFinger, true},
		{"GET", "/.well-known/host-meta", web.Everyone, s.hostMeta, true},
		{"GET", "/.well-known/host-meta.json", web.Everyone, s.hostMeta, true},
		{"GET", "/.well-known/nodeinfo", web.Everyone, raw(s.nodeInfo.Links), true},
		{"GET", "/nodeinfo/2.1", web.Everyone, raw(s.nodeInfo.Document), true},
		{"GET", "/nodeinfo/2.0", web.Everyone, raw(s.nodeInfo.Document), true},

		// ------------------------------------------------------------------ everyone
		{"GET", "/", web.Everyone, page(p.Fil), true},
		{"GET", "/commerces", web.Everyone, page(p.Commerces), true},
		{"GET", "/voisins", web.Everyone, page(p.Voisins), true},
		{"GET", "/recherche", web.Everyone, page(p.Recherche), true},
		{"GET", "/envoi", web.Everyone, page(p.Envoi), false},
		{"GET", "/suivre", web.Everyone, page(p.Suivre), false},
		{"POST", "/suivre", web.Everyone, page(p.AllerAilleurs), false},
		{"GET", "/accessibilite", web.Everyone, page(p.Accessibilite), true},
		{"GET", "/charte", web.Everyone, page(p.Charte), true},
		{"GET", "/charte.txt", web.Everyone, page(p.CharteTexte), true},
		{"GET", "/mentions-legales", web.Everyone, page(p.Mentions), true},
		{"GET", "/agenda", web.Everyone, page(p.Agenda), true},
		{"GET", "/agenda.ics", web.Everyone, page(p.AgendaICS), true},
		{"GET", "/atom.xml", web.Everyone, page(p.Atom), true},
		{"GET", "/alentours.xml", web.Everyone, page(p.AlentoursAtom), true},
		{"GET", "/@{handle}", web.Everyone, s.negotiate(s.profileID, doc.ServeActor, page(p.Commerce)), true},
		{"GET", "/@{handle}/atom.xml", web.Everyone, page(p.CommerceAtom), true},
		{"GET", "/@{handle}/agenda.ics", web.Everyone, page(p.CommerceICS), true},
		{"GET", "/@{handle}/{post}", web.Everyone, s.negotiate(s.postID, doc.ServeObject, page(p.Nouvelle)), true},
		{"GET", "/@{handle}/{post}/agenda.ics", web.Everyone, page(p.EvenementICS), true},
		{"GET", "/@{handle}/{post}/versions", web.Everyone, page(p.Versions), true},
		{"POST", "/apparence", web.Everyone, p.HandleAlways(p.Apparence), false},
		{"GET", "/connexion", web.Everyone, page(p.Connexion), false},
		{"POST", "/connexion", web.Everyone, page(p.SeConnecter), false},
		{"GET", "/connexion/{token}", web.Everyone, page(p.Lien), false},
		{"POST", "/connexion/{token}", web.Everyone, page(p.EntrerParLien), false},
		{"POST", "/deconnexion", web.Everyone, page(p.SeDeconnecter), false},
		{"GET", "/installation/{token}", web.Everyone, p.HandleAlways(p.Installation), false},
		{"POST", "/installation/{token}", web.Everyone, p.HandleAlways(p.Installer), false},

		// ----------------------------------------------------------------- merchants
		{"GET", "/espace", web.SignedIn, page(p.Espace), false},
		{"POST", "/espace/choisir", web.Merchant, page(p.Choisir), false},
		{"GET", "/espace/publier", web.Merchant, page(p.Publier), false},
		{"POST", "/espace/publier", web.Merchant, page(p.EnvoyerNouvelle), false},
		{"POST", "/espace/brouillons/{draft}/supprimer", web.Merchant, page(p.SupprimerBrouillon), false},
		{"GET", "/espace/nouvelles/{post}/publie", web.Merchant, page(p.Publie), false},
		{"POST", "/espace/nouvelles/{post}/annuler", web.Merchant, page(p.Annuler), false},
		{"GET", "/espace/nouvelles/{post}/envois", web.Merchant, page(p.Envois), false},
		{"GET", "/espace/nouvelles/{post}/modifier", web.Merchant, page(p.Modifier), false},
		{"POST", "/espace/nouvelles/{post}/modifier", web.Merchant, page(p.EnregistrerNouvelle), false},
		{"GET", "/espace/nouvelles/{post}/supprimer", web.Merchant, page(p.DemanderSuppression), false},
		{"POST", "/espace/nouvelles/{post}/supprimer", web.Merchant, page(p.Supprimer), false},
		{"GET", "/espace/nouvelles/{post}/finir", web.Merchant, page(p.DemanderFin), false},
		{"POST", "/espace/nouvelles/{post}/finir", web.Merchant, page(p.Finir), false},
		{"GET", "/espace/nouvelles/{post}/annulation", web.Merchant, page(p.DemanderAnnulation), false},
		{"POST", "/espace/nouvelles/{post}/annulation", web.Merchant, page(p.AnnulerEvenement), false},
		{"GET", "/espace/nouvelles/{post}/report", web.Merchant, page(p.DemanderReport), false},
		{"POST", "/espace/nouvelles/{post}/report", web.Merchant, page(p.Reporter), false},
		{"GET", "/espace/nouvelles/{post}/avant", web.Merchant, page(p.DemanderAvant), false},
		{"POST", "/espace/nouvelles/{post}/avant", web.Merchant, page(p.MettreEnAvant), false},
		{"GET", "/espace/messages", web.Merchant, page(p.Messages), false},
		{"GET", "/espace/messages/{reply}", web.Merchant, page(p.Message), false},
		{"GET", "/espace/messages/{reply}/versions", web.Merchant, page(p.VersionsDeMessage), false},
		{"POST", "/espace/messages/{reply}", web.Merchant, page(p.RepondreOuDecider), false},
		{"POST", "/espace/citations/{quote}", web.Merchant, page(p.RetirerCitation), false},
		{"GET", "/espace/commerce", web.Merchant, page(p.MaPage), false},
		{"POST", "/espace/commerce", web.Merchant, page(p.EnregistrerMaPage), false},
		{"GET", "/espace/page", web.Merchant, page(p.AncienneMaPage), false},
		{"GET", "/espace/abonnes", web.Merchant, page(p.Abonnes), false},
		{"POST", "/espace/abonnes", web.Merchant, page(p.DeciderAbonne), false},
		{"GET", "/espace/demenager", web.Merchant, page(p.Demenager), false},
		{"POST", "/espace/demenager", web.Merchant, page(p.FaireDemenager), false},
		{"GET", "/espace/demenager/abonnes.csv", web.Merchant, page(p.AbonnesCSV), false},
		{"GET", "/espace/compte", web.SignedIn, page(p.Compte), false},
		{"POST", "/espace/compte/mot-de-passe", web.SignedIn, page(p.ChangerMotDePasse), false},
		{"POST", "/espace/compte/appareils", web.SignedIn, page(p.FermerAppareil), false},

		// ----------------------------------------------------------------- town hall
		{"GET", "/mairie", web.TownHall, page(p.Mairie), false},
		{"GET", "/mairie/reponses/{reply}", web.TownHall, page(p.VersionsDeReponse), false},
		{"POST", "/mairie/reponses", web.TownHall, page(p.DeciderReponse), false},
		{"GET", "/mairie/commerces", web.TownHall, page(p.MairieCommerces), false},
		{"POST", "/mairie/commerces", web.TownHall, page(p.EnvoyerInvitation), false},
		{"POST", "/mairie/commerces/lien", web.TownHall, page(p.NouveauLien), false},
		{"POST", "/mairie/commerces/retour", web.TownHall, page(p.ReprendreCommerce), false},
		{"GET", "/mairie/signaler/{reply}", web.TownHall, page(p.Signaler), false},
		{"POST", "/mairie/signaler/{reply}", web.TownHall, page(p.EnvoyerSignalement), false},
		{"GET", "/mairie/signalements/envoyes", web.TownHall, page(p.Envoyes), false},
		{"POST", "/mairie/signalements/envoyes", web.TownHall, page(p.RemontrerVoisin), false},
		{"GET", "/mairie/signaler/voisin/{post}", web.TownHall, page(p.SignalerVoisin), false},
		{"POST", "/mairie/signaler/voisin/{post}", web.TownHall, page(p.EnvoyerSignalementVoisin), false},
		{"GET", "/mairie/reseau", web.TownHall, page(p.MairieReseau), false},
		{"POST", "/mairie/reseau", web.TownHall, page(p.Bloquer), false},
		{"GET", "/mairie/reseau/blocages", web.TownHall, page(p.Blocages), false},
		{"POST", "/mairie/reseau/blocages", web.TownHall, page(p.ImporterBlocages), false},
		{"GET", "/mairie/reseau/blocages.csv", web.TownHall, page(p.BlocagesCSV), false},
		{"GET", "/mairie/voisins", web.TownHall, page(p.MairieVoisins), false},
		{"POST", "/mairie/voisins", web.TownHall, page(p.DeciderVoisin), false},
		{"GET", "/mairie/voisins/demander", web.TownHall, page(p.MairieDemander), false},
		{"GET", "/mairie/voisins/{domain}", web.TownHall, page(p.MairieVoisin), false},
		{"POST", "/mairie/voisins/commerces", web.TownHall, page(p.DeciderCommerceVoisin), false},
		{"GET", "/mairie/ailleurs", web.TownHall, page(p.MairieAilleurs), false},
		{"POST", "/mairie/ailleurs", web.TownHall, page(p.ChangerAilleurs), false},
		{"GET", "/mairie/signalements", web.TownHall, page(p.MairieSignalements), false},
		{"POST", "/mairie/signalements", web.TownHall, page(p.DeciderSignalement), false},
		{"GET", "/mairie/groupes", web.TownHall, page(p.MairieGroupes), false},
		{"POST", "/mairie/groupes", web.TownHall, page(p.ChoisirMetiers), false},
		{"GET", "/mairie/groupes/nouveau", web.TownHall, page(p.NouveauGroupe), false},
		{"POST", "/mairie/groupes/nouveau", web.TownHall, page(p.AjouterGroupe), false},
		{"GET", "/mairie/groupes/{group}", web.TownHall, page(p.MairieGroupe), false},
		{"POST", "/mairie/groupes/{group}", web.TownHall, page(p.EnregistrerGroupe), false},
		{"GET", "/mairie/reglages", web.TownHall, page(p.MairieReglages), false},
		{"POST", "/mairie/reglages", web.TownHall, page(p.EnregistrerReglages), false},

		// --------------------------------------------------------- files and machines
		{"GET", "/static/*", web.Everyone, p.Static(), false},
		{"GET", "/media/*", web.Everyone, s.town.media.Handler(), false},
		{"GET", "/healthz", web.Everyone, raw(s.healthz), false},
		{"GET", "/readyz", web.Everyone, raw(s.readyz), false},
	}
}

// forMachines tells the addresses that no person opens: they know no session and no language.
func forMachines(pattern string) bool {
	for _, prefix := range []string{"/inbox", "/actors/", "/posts/", "/activities/", "/.well-known/", "/nodeinfo/", "/static/", "/media/", "/healthz", "/readyz"} {
		if strings.HasPrefix(pattern, prefix) {
			return true
		}
	}
	return false
}

// forScripts tells the addresses of documents, which scripts of other sites may read: a visitor's own
// server looks us up in the visitor's browser. Their handlers answer OPTIONS too.
func forScripts(pattern string) bool {
	for _, prefix := range []string{"/actors/", "/posts/", "/activities/", "/.well-known/", "/nodeinfo/"} {
		if strings.HasPrefix(pattern, prefix) {
			return true
		}
	}
	return false
}

// isInbox tells the addresses whose POSTs are proved by signatures, not by where a form stood.
func isInbox(pattern string) bool { return strings.HasSuffix(pattern, "/inbox") }

// router puts the table behind what holds for all addresses: protection against forged
// requests, the session, and then the gate of the role. Machines' addresses are looked up
// first, exactly as they were sent, because that is what was signed; people's without the
// prefix of the language, and in whatever way their signs were written.
func (s *server) router() http.Handler {
	machines, people := chi.NewRouter(), chi.NewRouter()
	machines.Use(s.recoverer, s.metrics.count)
	people.Use(s.pages.Session)
	for _, r := range s.routes() {
		h := r.handler
		if r.kept {
			h = s.kept.Wrap(h)
		}
		h = s.pages.Require(r.who, h)
		if r.method == http.MethodPost && !isInbox(r.pattern) {
			h = s.pages.Protect(h)
		}
		router := people
		if forMachines(r.pattern) {
			router = machines
		}
		router.Method(r.method, r.pattern, h)
		if r.method == http.MethodGet {
			router.Method(http.MethodHead, r.pattern, h)
		}
		if r.method == http.MethodGet && forScripts(r.pattern) {
			router.Method(http.MethodOptions, r.pattern, h)
		}
	}
	machines.NotFound(web.Language(decoded(people)).ServeHTTP)
	machines.MethodNotAllowed(s.methodNotAllowed(machines))
	people.NotFound(s.pages.NotFound)
	people.MethodNotAllowed(s.methodNotAllowed(people))
	return machines
}

// decoded lets addresses be found however their signs are escaped: "/%40fournil" is "/@fournil".
func decoded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawPath == "" {
			next.ServeHTTP(w, r)
			return
		}
		plain := r.WithContext(r.Context())
		u := *r.URL
		u.RawPath = ""
		plain.URL = &u
		next.ServeHTTP(w, plain)
	})
}

// methodNotAllowed names the methods that an address has (RFC 9110, section 15.5.6).
func (s *server) methodNotAllowed(of chi.Routes) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			if of.Match(chi.NewRouteContext(), method, r.URL.Path) {
				allowed = append(allowed, method)
			}
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		s.pages.MethodNotAllowed(w, r)
	}
}

// recoverer keeps the mistake of one request from the others: the visitor gets a page, the log the place.
func (s *server) recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch p := recover(); {
			case p == nil:
			case isAbort(p):
				panic(p)
			default:
				s.log.ErrorContext(r.Context(), "a handler panicked",
					"method", r.Method, "route", chi.RouteContext(r.Context()).RoutePattern(), "panic", p, "stack", string(debug.Stack()))
				s.pages.ErrorPage(w, r, http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func isAbort(p any) bool {
	err, ok := p.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}

// pageKey names what a kept answer depends on beside its address.
func (s *server) pageKey(r *http.Request) (string, bool) {
	if s.publications.Secure && (federation.WantsActivity(r) || len(r.Header["Signature"]) > 0) {
		return "", false // it is for the one who signed
	}
	key, ok := s.pages.CacheKey(r)
	if federation.WantsActivity(r) {
		key += "\x00activity"
	}
	return key, ok
}

// negotiate serves a page's address: JSON of the thing with that id to servers, the page
// itself to people. An address at which there is nothing for servers is answered to them as an id would be.
func (s *server) negotiate(id func(*http.Request) (federation.IRI, error),
	toServers func(http.ResponseWriter, *http.Request, federation.IRI), toPeople http.Handler,
) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if !federation.WantsActivity(r) {
			toPeople.ServeHTTP(w, r)
			return
		}
		iri, err := id(r)
		if err != nil {
			s.publications.ServeError(w, r, err)
			return
		}
		toServers(w, r, iri)
	})
}

// profileID is the id of the actor whose page is asked for, in whatever letters.
func (s *server) profileID(r *http.Request) (federation.IRI, error) {
	actor, err := s.town.documents.LocalActorByHandle(r.Context(), chi.URLParam(r, "handle"))
	if err != nil {
		return "", err
	}
	return actor.ID, nil
}

// postID is the id of the post whose page is asked for. Under the handle of somebody else there is no such page.
func (s *server) postID(r *http.Request) (federation.IRI, error) {
	id, err := uuid.Parse(chi.URLParam(r, "post"))
	if err != nil {
		return "", federation.ErrNotFound
	}
	return s.town.documents.PostBy(r.Context(), chi.URLParam(r, "handle"), id)
}
