package postgres

import (
	"context"

	"bourg/internal/jobs"

	"github.com/jackc/pgx/v5"
)

// SendMail implements town.AccountStore: the mail is a job (jobs.Mail), for whoever works on the queue.
func (s *Store) SendMail(ctx context.Context, to, kind string, data map[string]string) error {
	return s.inTx(ctx, "keep mail", func(tx pgx.Tx) error {
		_, err := s.jobs.InsertTx(ctx, tx, jobs.Mail{To: to, Template: kind, Data: data}, nil)
		return err
	})
}
