// Package web is everything that people see: the screens as templates, the static files, the words in two languages.
//
// A screen is one Go file (fil.go, nouvelle.go ...) with one struct, the page: plain data that its template shows. The types
// bear the French names of the screens and components, as the style sheet and the addresses do; their fields are English. A
// page knows its title and its doors, its template lies in templates/ under the same name, and [Renderer] puts both into the
// frame of the town: awning, footer, language, colours, security headers. Nothing of the domain or of the database is known
// here: handlers fill pages from the services of internal/town.
//
// All screens work without JavaScript. The security policy allows no inline style or script, so none is written.
//
// Form fields and actions are listed in each page's comment: the struct and that list are the whole contract with the
// handlers. Protection against forged requests is by origin (net/http's CrossOriginProtection around the router), so forms
// carry no secret of their own; "cle" in the composer only makes a repeated post harmless.
package web
