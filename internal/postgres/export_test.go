package postgres

import (
	"context"

	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
)

// AddOutgoing writes an activity with its deliveries, as the methods of the Store do within their own transactions.
func (s *Store) AddOutgoing(ctx context.Context, out town.Outgoing) error {
	return s.inTx(ctx, "add activity", func(tx pgx.Tx) error { return s.addOutgoing(ctx, tx, out) })
}

// The statements whose plans are tested.
const (
	FeedSQL         = selectPosts + feedPage
	MerchantFeedSQL = selectPosts + merchantFeedPage
	ThreadSQL       = threadReplies
	ClaimFrontSQL   = claimFront
	ClaimRoundSQL   = claimRound
)
