package town

import (
	"context"
	"errors"
	"html"
	"slices"

	"bourg/federation"

	"github.com/google/uuid"
)

// This file has what becomes of what peers write to merchants. The switch is in receive.go.

// create stores what is written to a merchant: a reply to a post or to what stands under
// one, a mention, a private message. What concerns nobody here is not kept.
func (r *Receiver) create(ctx context.Context, in *federation.Incoming) error {
	o := in.Activity.Object
	if o == nil {
		return r.read(ctx, in, in.Activity.ObjectID)
	}
	if o.IsVote {
		return federation.ErrIgnored
	}
	if answer, err := r.Neighbours.hallAnswered(ctx, in, o); answer || err != nil {
		return err
	}
	quoted, err := r.quoted(ctx, in, o)
	if err != nil {
		return err
	}
	reply := r.reply(in, o)
	parentKnown := true
	if o.InReplyTo != "" {
		post, merchant, err := r.Store.PostOf(ctx, o.InReplyTo)
		switch {
		case err == nil:
			reply.Post, reply.Merchant = post, merchant
		case errors.Is(err, ErrNotFound):
			parentKnown = r.Addresses.Local(o.InReplyTo)
		default:
			return err
		}
	}
	if addressed, err := r.addressed(ctx, o); err != nil {
		return err
	} else if reply.Merchant == uuid.Nil || (!reply.Public && addressed != uuid.Nil) {
		// A private note is for whom it names, under whosever post it stands.
		reply.Merchant = addressed
	} else if !reply.Public {
		reply.Merchant = uuid.Nil // written to others about a post of ours
	}
	if reply.Merchant == uuid.Nil {
		if quoted {
			return nil
		}
		if !parentKnown && r.Addresses.Local(o.Context) { // it says that it belongs to a conversation of ours
			if err := r.askToFill(ctx, in, reply, false, nil); err != nil {
				return err
			}
		}
		return federation.ErrIgnored
	}
	if reply.Public {
		waits, err := r.Store.ApprovesReplies(ctx, reply.Merchant)
		if err != nil {
			return err
		}
		if waits || r.Approve {
			reply.State = ReplyWaiting
		}
	}
	return r.askToFill(ctx, in, reply, parentKnown, r.Store.AddReply(ctx, received(in), reply))
}

// reply makes a Reply of a peer's object; its text is made safe here, once.
func (r *Receiver) reply(in *federation.Incoming, o *federation.Object) *Reply {
	content := r.Clean(o.Content)
	if o.Name != "" && o.Type == "Note" {
		content = r.Clean("<p><strong>"+html.EscapeString(o.Name)+"</strong></p>") + content
	}
	published := o.Published
	if published.IsZero() || published.After(in.Received) {
		published = in.Received
	}
	url := o.URL
	if url == "" || url.Host() != o.ID.Host() {
		url = o.ID
	}
	id, err := uuid.NewV7()
	if err != nil {
		id = uuid.New()
	}
	var replies federation.IRI
	if o.Replies != nil && o.Replies.ID.Host() == o.ID.Host() {
		replies = o.Replies.ID
	}
	return &Reply{
		ID: id, ObjectID: o.ID, InReplyTo: o.InReplyTo, URL: url, Replies: replies,
		Actor: RemoteActor{ID: in.Sender.ID},
		Type:  o.Type, Name: r.Line(o.Name),
		Public: o.IsPublic(), Summary: r.Line(o.Summary), Content: content,
		Language: o.Language, Sensitive: o.Sensitive, Mentions: r.mentions(in.Sender.ID, o), Attachments: o.Attachments,
		Published: published, Updated: o.Updated, Received: in.Received, State: ReplyShown,
	}
}

// mentions are the actors elsewhere whom an object names, its author apart.
func (r *Receiver) mentions(author federation.IRI, o *federation.Object) []federation.IRI {
	named := []federation.IRI{}
	for _, t := range o.Tags {
		if t.Type == "Mention" && t.Href != author && t.Href.Host() != "" && !r.Addresses.Local(t.Href) &&
			!slices.Contains(named, t.Href) && len(named) < MaxMentions {
			named = append(named, t.Href)
		}
	}
	return named
}

// addressed returns the first living merchant whom an object mentions or is addressed to.
func (r *Receiver) addressed(ctx context.Context, o *federation.Object) (uuid.UUID, error) {
	candidates := make([]federation.IRI, 0, len(o.To)+len(o.Cc)+len(o.Tags))
	candidates = append(append(candidates, o.To...), o.Cc...)
	for _, t := range o.Tags {
		if t.Type == "Mention" {
			candidates = append(candidates, t.Href)
		}
	}
	for _, c := range candidates {
		id, err := r.merchant(ctx, c)
		if err == nil {
			return id, nil
		}
		if !errors.Is(err, federation.ErrIgnored) {
			return uuid.Nil, err
		}
	}
	return uuid.Nil, nil
}
