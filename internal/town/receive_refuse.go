package town

import (
	"context"

	"bourg/federation"

	"github.com/google/uuid"
)

// refuseFollow answers a Follow that a merchant does not take with a Reject, so that it does not stay "requested" at its
// server for ever.
func (r *Receiver) refuseFollow(ctx context.Context, in *federation.Incoming, actor uuid.UUID, follow *federation.Activity) error {
	return r.respond(ctx, in, actor, federation.Activity{
		Type: "Reject", Actor: follow.ObjectID, ObjectID: follow.ID, Inner: follow, To: []federation.IRI{in.Sender.ID},
	})
}
