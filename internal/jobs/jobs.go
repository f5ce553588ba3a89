// Package jobs names the work that is kept for later in River's queue: what a job is
// called and what it is given. Who inserts a job (internal/postgres) and who does it
// know each other by these types only.
package jobs

// Mail is one mail to one address.
type Mail struct {
	To string `json:"to"`
	// Template is the name of the mail's text, "sign_in" for one.
	Template string            `json:"template"`
	Data     map[string]string `json:"data"`
}

// Kind is the job's name in the queue (river.JobArgs).
func (Mail) Kind() string { return "mail" }
