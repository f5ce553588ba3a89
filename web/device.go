package web

import (
	"strings"

	"bourg/web/locale"
)

// deviceOf describes a browser in two words of ours, the device and the browser ("android chrome"), as far as its
// User-Agent tells; nothing else of that header is kept.
func deviceOf(userAgent string) string {
	return firstOf(userAgent, "other", devices) + " " + firstOf(userAgent, "other", browsers)
}

type sign struct{ inHeader, word string }

// The signs stand in the order in which they decide: an Android telephone says Linux too, Edge says Chrome, Chrome says Safari.
var (
	devices = []sign{
		{"iPhone", "iphone"}, {"iPad", "tablet"}, {"Android", "android"}, {"Windows", "windows"}, {"Macintosh", "mac"}, {"Linux", "linux"},
	}
	browsers = []sign{
		{"Edg", "edge"}, {"Firefox", "firefox"}, {"FxiOS", "firefox"}, {"SamsungBrowser", "samsung"}, {"CriOS", "chrome"},
		{"Chrome", "chrome"}, {"Safari", "safari"},
	}
)

func firstOf(s, otherwise string, signs []sign) string {
	for _, x := range signs {
		if strings.Contains(s, x.inHeader) {
			return x.word
		}
	}
	return otherwise
}

// deviceName writes what deviceOf kept in the visitor's language.
func deviceName(l *locale.Locale, device string) string {
	kind, browser, _ := strings.Cut(device, " ")
	name := l.T("device.other")
	if l.Has("device." + kind) {
		name = l.T("device." + kind)
	}
	if l.Has("browser." + browser) {
		name += ", " + l.T("browser."+browser)
	}
	return name
}
