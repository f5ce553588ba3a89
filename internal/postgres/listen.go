package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// listenAgain is the pause before a connection that broke is made again.
const listenAgain = time.Second

// Listen hears of what other processes of the town have committed, on a connection of its
// own, until the context ends: onChange when people changed what pages show, onDeliveries when
// there is something to deliver. Both are called in turn and must not block. After a
// connection broke both are called, for what may have been missed.
func (s *Store) Listen(ctx context.Context, onChange, onDeliveries func()) error {
	for {
		err := s.listen(ctx, onChange, onDeliveries)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.log.Warn("listening to the database broke off, trying again", "error", err)
		if err := pause(ctx, listenAgain); err != nil {
			return err
		}
	}
}

func (s *Store) listen(ctx context.Context, onChange, onDeliveries func()) error {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("connect to listen: %w", err)
	}
	defer func() {
		// The context that ended the listening must not keep the connection from closing.
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if _, err := conn.Exec(ctx, `LISTEN bourg_changed; LISTEN bourg_deliveries`); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	changed := func() {
		s.blocks.forget()
		s.merchants.forget()
		s.changed()
		onChange()
	}
	changed()
	onDeliveries()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("wait for a notification: %w", err)
		}
		switch n.Channel {
		case "bourg_changed":
			changed()
		case "bourg_deliveries":
			onDeliveries()
		}
	}
}
