package web

import (
	"strconv"
	"strings"
	"time"

	"bourg/internal/town"
	"bourg/web/locale"
)

// otherServer says in words how another server takes what we send.
func (h *Handlers) otherServer(l *locale.Locale, t *town.Town, q town.HostQueue) Serveur {
	zone, now := h.zone(t), h.config.Now().In(h.zone(t))
	s := Serveur{Name: q.Host, State: &Etat{}, Retry: q.Waiting+q.Parked > 0 && q.State != town.HostOK && q.State != town.HostBlocked}
	say := func(sentence string) { s.Notes = append(s.Notes, sentence) }
	since := func(plain, dated string) string {
		if q.FailingSince == nil {
			return l.T(plain)
		}
		return l.T(dated, sinceInWords(l, q.FailingSince.In(zone), now))
	}
	switch {
	case q.State == town.HostBlocked:
		*s.State = Etat{Class: Closed, Text: l.T("host.blocked")}
	case q.State == town.HostParked:
		*s.State = Etat{Class: Closed, Text: since("host.parked", "host.parked_since")}
	case q.State == town.HostPaused:
		*s.State = Etat{Class: Closed, Text: since("host.paused", "host.paused_since")}
	case q.State == town.HostRetrying:
		*s.State = Etat{Class: Soon, Text: since("host.retrying", "host.retrying_since")}
	case q.Waiting > 0:
		*s.State = Etat{Class: Soon, Text: l.T("host.waits")}
	default:
		*s.State = Etat{Class: Open, Text: l.T("host.ok")}
	}
	if q.Waiting > 0 {
		say(l.N("host.waiting", q.Waiting, sinceInWords(l, q.Oldest.In(zone), now)))
	}
	if q.Parked > 0 {
		say(l.N("host.given_up", q.Parked))
	}
	if q.LastError != "" {
		say(faultInWords(l, q.LastError))
	}
	if q.NextTry != nil && q.State != town.HostOK {
		say(nextTryInWords(l, q.NextTry.In(zone), now))
	}
	if q.LastSuccess != nil {
		say(l.T("host.last_success", l.WhenInWords(q.LastSuccess.In(zone), now)))
	}
	return s
}

// queueInWords sums up what waits for all servers.
func (h *Handlers) queueInWords(l *locale.Locale, t *town.Town, totals town.QueueTotals) string {
	zone, now := h.zone(t), h.config.Now().In(h.zone(t))
	if totals.Waiting == 0 {
		if totals.Failing+totals.Parked > 0 {
			return l.T("reseau.nothing_waits")
		}
		return l.T("mairie.network_well")
	}
	return l.N("reseau.waiting", totals.Waiting, sinceInWords(l, totals.Oldest.In(zone), now))
}

// sinceInWords is a moment behind « depuis »: « 8 h 10 », « hier à 18 h 20 », « jeudi 12 novembre ».
func sinceInWords(l *locale.Locale, t, now time.Time) string {
	if now.Sub(t) > 6*24*time.Hour {
		return l.Day(t, now)
	}
	return l.When(t, now)
}

// nextTryInWords says when a delivery is tried again.
func nextTryInWords(l *locale.Locale, t, now time.Time) string {
	switch {
	case !t.After(now):
		return l.T("host.next_now")
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return l.T("host.next_today", l.Clock(t))
	}
	return l.T("host.next_day", l.DayAndClock(t, now))
}

// faultInWords says why a server takes nothing. causes are those of package federation; what it answered is a number.
func faultInWords(l *locale.Locale, cause string) string {
	switch cause {
	case "timeout":
		return l.T("fault.timeout")
	case "DNS failure":
		return l.T("fault.dns")
	case "TLS failure":
		return l.T("fault.tls")
	case "unreachable":
		return l.T("fault.unreachable")
	case "forbidden address", "forbidden URL":
		return l.T("fault.forbidden")
	}
	status, err := strconv.Atoi(strings.TrimPrefix(cause, "status "))
	switch {
	case err != nil:
		return l.T("fault.own")
	case status == 401 || status == 403:
		return l.T("fault.refused", strconv.Itoa(status))
	case status == 404 || status == 410:
		return l.T("fault.gone", strconv.Itoa(status))
	case status == 429:
		return l.T("fault.busy")
	case status >= 500:
		return l.T("fault.broken", strconv.Itoa(status))
	}
	return l.T("fault.status", strconv.Itoa(status))
}
