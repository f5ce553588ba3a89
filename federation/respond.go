package federation

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// isRead lets GET and HEAD through, answers OPTIONS, and refuses all else.
func isRead(w http.ResponseWriter, r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return true
	case http.MethodOptions:
		w.Header().Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
		w.Header().Set("Access-Control-Allow-Headers", "Accept")
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		answerError(w, http.StatusMethodNotAllowed, "method")
	}
	return false
}

// allowReading lets scripts of other sites read the answer.
func allowReading(w http.ResponseWriter) { w.Header().Set("Access-Control-Allow-Origin", "*") }

// answerError answers with an error that tells the same to everybody.
func answerError(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"error":"` + code + `"}`))
}

// answerFault answers for an error of LocalActors or Documents. What may not be read
// and what never was are told apart by nothing.
func answerFault(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		answerError(w, refusal.Status, refusal.Code)
	case errors.Is(err, ErrGone):
		answerError(w, http.StatusGone, "gone")
	case errors.Is(err, ErrNotFound):
		answerError(w, http.StatusNotFound, "not_found")
	default:
		if r.Context().Err() == nil {
			log.Error("answering a peer's question", "path", r.URL.Path, "error", err)
		}
		answerError(w, http.StatusInternalServerError, "internal")
	}
}

// serve writes a body with its length and an ETag, by which a cache finds out that nothing has changed.
func serve(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	sum := sha256.Sum256(body)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
