package town

import (
	"context"
	"errors"

	"bourg/federation"

	"github.com/google/uuid"
)

// This file gives what other servers get to those who want to see it: the same JSON, of the same
// things. What is private, or has not left yet, is not found here either.

// SentProfile returns the document of the merchant with a handle, as other servers get it; ErrNotFound, ErrGone.
func (d *Documents) SentProfile(ctx context.Context, handle string) ([]byte, error) {
	actor, err := d.LocalActorByHandle(ctx, handle)
	if err != nil {
		return nil, asSent(err)
	}
	return federation.EncodeActor(actor)
}

// SentPost returns the document of a post; ErrNotFound also for one that is private or has not left yet, and ErrGone.
func (d *Documents) SentPost(ctx context.Context, id uuid.UUID) ([]byte, error) {
	object, err := d.Object(ctx, d.Addresses.Post(id))
	if err != nil {
		return nil, asSent(err)
	}
	return federation.EncodeObject(object)
}

// SentServer returns the document with which this server introduces itself.
func (d *Documents) SentServer(ctx context.Context) ([]byte, error) {
	actor, err := d.ServerActor(ctx)
	if err != nil {
		return nil, asSent(err)
	}
	return federation.EncodeActor(actor)
}

// asSent turns the errors of federation's interfaces into the domain's.
func asSent(err error) error {
	switch {
	case errors.Is(err, federation.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, federation.ErrGone):
		return ErrGone
	}
	return err
}
