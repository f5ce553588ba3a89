package town

import (
	"context"

	"github.com/google/uuid"
)

// Days counts what each group has announced today, by the town's clock. A group that has announced nothing has no entry.
func (s *Groups) Days(ctx context.Context) (map[uuid.UUID]GroupDay, error) {
	t, err := s.Store.Town(ctx)
	if err != nil {
		return nil, err
	}
	return s.Store.GroupDays(ctx, dayOf(s.Now(), t))
}
