package browsertest

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// A page full of planted faults: every check finds its own, or it would find nothing on the
// town's pages either.
func TestTheChecksBite(t *testing.T) {
	t.Parallel()
	m, folder := equipment(t), pictures(t, "faults")
	files := http.FileServer(http.Dir("testdata"))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'self'")
		if r.URL.Path == "/tard.jpg" { // after the words have been painted
			time.Sleep(500 * time.Millisecond)
			http.ServeFile(w, r, "../../cmd/bourg/demo/pain.jpg")
			return
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	job := map[string]any{
		"origin": server.URL, "folder": folder, "pages": []screen{{Name: "faults", Path: "/faults.html", Status: 404}},
	}
	var shift float64
	found := map[string]string{} // what was found, by check
	for _, script := range []string{"a11y.mjs", "pages.mjs"} {
		for _, f := range m.script(t, script, job) {
			if f.Fault != "" {
				found[f.Check] += f.Fault + "\n"
			}
			if f.Measured != nil {
				shift = f.Measured.Shift
			}
		}
	}
	for check, want := range map[string]string{
		"axe, light colours": `(?s)color-contrast.*meta-viewport|meta-viewport.*color-contrast`,
		"axe, dark colours":  `color-contrast`,
		"keyboard and focus (2.1.1, 2.1.2, 2.4.7, 2.4.11)":                            `no outline`,
		"way past the header (2.4.1)":                                                 `#contenu`,
		"targets of 44 px, 24 px in text (2.5.8)":                                     `(?s)Envoyer.*Un`,
		"language, title, one heading, free zoom (3.1.1, 3.1.2, 2.4.2, 1.3.1, 1.4.4)": `(?s)lang is de.*no lang.*2 headings.*title.*maximum-scale`,
		"errors of forms in words (3.3.1, 3.3.3)":                                     `(?s)tied to no error.*summary.*title`,
		"purpose of fields (1.3.5)":                                                   `autocomplete`,
		"320 px wide (1.4.10)":                                                        `(?s)px wide.*cut off`,
		"on its side, 740 by 360 (1.3.4)":                                             `px wide`,
		"text of 200 % (1.4.4)":                                                       `cut off`,
		"room between letters (1.4.12)":                                               `cut off`,
		"less movement (2.3.3)":                                                       `moves`,
		"colours of the system (1.4.11)":                                              `no border`,
		"without JavaScript":                                                          `letters are left`,
		"no fault of its own":                                                         `(?s)asks elsewhere`,
		"status":                                                                      `got 200, want 404`,
		"360 px wide":                                                                 `(?s)(Content Security Policy.*){2}`,
		"1280 px wide":                                                                `404 from .*manque\.png`,
	} {
		if !regexp.MustCompile(want).MatchString(found[check]) {
			t.Errorf("%s: got %q, want what matches %q", check, found[check], want)
		}
	}
	for _, want := range []string{"un mot sur la console", "une faute de script"} {
		if !regexp.MustCompile(want).MatchString(found["360 px wide"]) {
			t.Errorf("the console: got %q, want %q in it", found["360 px wide"], want)
		}
	}
	if shift <= maxShift {
		t.Errorf("got a shift of %.3f, want more than %.2f", shift, maxShift)
	}
	page := filepath.Join(folder, "faults.html")
	if out, err := m.validate(t, page).CombinedOutput(); err == nil || !regexp.MustCompile(`no-implicit-button-type|button`).Match(out) {
		t.Errorf("html-validate: got %v and %s, want the button without a type", err, out)
	}
}

// validate prepares html-validate for pages.
func (m machine) validate(t *testing.T, pages ...string) *exec.Cmd {
	t.Helper()
	return exec.CommandContext(t.Context(), m.node, append([]string{
		"node_modules/html-validate/bin/html-validate.mjs", "--config", "htmlvalidate.json", "--max-warnings", "0",
	}, pages...)...)
}
