package federation

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// WantsActivity tells whether a request asks for ActivityStreams rather than for a page
// (RFC 9110, section 12.5.1): its Accept header names application/activity+json or
// application/ld+json and prefers it to text/html. A browser, "*/*", plain
// application/json and no header at all ask for the page. Whoever decides by it answers
// with "Vary: Accept".
func WantsActivity(r *http.Request) bool {
	activity, page := rank{}, rank{}
	position := 0
	for _, header := range r.Header.Values("Accept") {
		for entry := range strings.SplitSeq(header, ",") {
			position++
			media, params, err := mime.ParseMediaType(entry)
			if err != nil {
				continue
			}
			this := rank{quality: quality(params["q"]), position: position}
			switch media {
			case ActivityType, "application/ld+json":
				activity = activity.better(this)
			case "text/html", "application/xhtml+xml":
				page = page.better(this)
			}
		}
	}
	if activity.quality == 0 {
		return false
	}
	return activity.better(page) == activity
}

// rank is how much an Accept header wants a media type: by quality, then by position.
type rank struct {
	quality  float64
	position int
}

func (r rank) better(o rank) rank {
	if o.quality > r.quality || (o.quality == r.quality && o.position < r.position) {
		return o
	}
	return r
}

// quality reads a weight (RFC 9110, section 12.4.2); 1 where there is none or it is not one.
func quality(weight string) float64 {
	q, err := strconv.ParseFloat(weight, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 1
	}
	return q
}
