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

// InTx runs f in a transaction, as the methods of the Store do.
func (s *Store) InTx(ctx context.Context, f func(tx pgx.Tx) error) error {
	return s.inTx(ctx, "try", f)
}

// Retry runs f again where it lost against another transaction.
func Retry(ctx context.Context, f func() error) error { return retry(ctx, "try", f) }

// The statements whose plans are tested.
const (
	FeedSQL         = selectPosts + feedPage
	MerchantFeedSQL = selectPosts + merchantFeedPage
	ThreadSQL       = threadReplies

	LiveOffersSQL     = selectPosts + liveOffers
	MerchantOffersSQL = selectPosts + merchantOffers
	ProductsSQL       = selectPosts + merchantProducts
	ComingEventsSQL   = selectPosts + comingEvents
	MerchantEventsSQL = selectPosts + merchantEvents
	EndedOffersSQL    = selectPosts + endedOffers
	EventsToRemindSQL = selectPosts + eventsToRemind
	PastPricesSQL     = pastPrices

	ForeignPageSQL     = selectForeign + foreignPage
	ForeignTownPageSQL = selectForeign + foreignTownPage
	ComingForeignSQL   = selectForeign + comingForeign
	AroundPageSQL      = selectForeign + aroundPage
	ListedPageSQL      = selectForeign + listedPage
	ComingListedSQL    = selectForeign + comingListed

	ClaimFrontSQL = claimFront
	FollowersSQL  = followersPage
	ClaimRoundSQL = claimRound

	NetworkPageSQL = networkPage
	PostHostsSQL   = postHosts
	FollowersAtSQL = followersAt

	TrafficSQL          = trafficSQL
	ForeignMerchantsSQL = foreignMerchantsSQL

	GroupFeedSQL     = selectPosts + groupFeedPage
	TownFeedSQL      = selectPosts + townFeedPage
	GroupsOfSQL      = groupsOf
	RoomOfDaySQL     = roomOfDay
	AroundNewsSQL    = aroundNews
	GoneAnnouncesSQL = goneAnnounces
	SummariesDueSQL  = summariesDue
	OutboxPageSQL    = outboxPage
)
