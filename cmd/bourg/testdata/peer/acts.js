// What a person on the peer can do, each as one activity sent to one merchant of the town.
import { randomUUID } from "node:crypto";
import {
  Accept, Activity, Announce, Block, Create, Delete, Flag, Follow, LanguageString, Like, Mention, Move, Note, PUBLIC_COLLECTION, PropertyValue,
  Tombstone, Undo, Update, isActor, parseNodeInfo, signRequest,
} from "@fedify/fedify";
import { Temporal } from "@js-temporal/polyfill";

// note makes the object of what is kept about it.
export function note(ctx, url, kept) {
  const to = kept.private ? [new URL(kept.merchant)] : [PUBLIC_COLLECTION];
  const ccs = kept.private ? [] : [ctx.getFollowersUri(kept.name), new URL(kept.merchant)];
  return new Note({
    id: url,
    attribution: ctx.getActorUri(kept.name),
    tos: to,
    ccs,
    replyTarget: kept.inReplyTo ? new URL(kept.inReplyTo) : null,
    contents: [kept.content, new LanguageString(kept.content, "fr")],
    tags: kept.mention ? [new Mention({ href: new URL(kept.merchant), name: kept.mention })] : [],
    quoteUrl: kept.quotes ? new URL(kept.quotes) : null,
    published: Temporal.Instant.from(kept.published),
    updated: kept.updated ? Temporal.Instant.from(kept.updated) : null,
    url,
  });
}

async function all(iterable) {
  const found = [];
  for await (const one of iterable) found.push(one);
  return found;
}

// acts answers the control requests. Each takes the context and the request's fields (name: who acts;
// merchant: the id of the actor to whom it goes) and returns the ids that the test needs later.
export function makeActs(store, spec) {
  async function find(ctx, { name, merchant }) {
    const recipient = await ctx.lookupObject(merchant, { documentLoader: await ctx.getDocumentLoader({ identifier: name }) });
    if (!recipient?.inboxId) throw new Error(`no actor with an inbox at ${merchant}`);
    return recipient;
  }
  async function send(ctx, { name, merchant, shared }, activity) {
    const recipient = await find(ctx, { name, merchant });
    await ctx.sendActivity({ identifier: name }, recipient, activity, { immediate: true, preferSharedInbox: shared === true });
    store.putActivity(activity.id.href, await activity.toJsonLd({ format: "compact", contextLoader: ctx.contextLoader }));
    return { id: activity.id.href };
  }
  const fresh = (ctx, name) => ({ id: new URL(`/users/${name}/activities/${randomUUID()}`, ctx.canonicalOrigin), actor: ctx.getActorUri(name) });
  const everybody = (ctx, { name, merchant }) => ({ tos: [PUBLIC_COLLECTION], ccs: [ctx.getFollowersUri(name), new URL(merchant)] });
  const audience = (ctx, kept) => kept.private ? { to: new URL(kept.merchant) } : everybody(ctx, kept);

  function mine(fields) {
    const kept = store.object(fields.note);
    if (!kept || kept.deleted) throw new Error(`nothing was written at ${fields.note}`);
    return { ...kept, shared: fields.shared };
  }

  return {
    async follow(ctx, f) {
      return send(ctx, f, new Follow({ ...fresh(ctx, f.name), object: new URL(f.merchant) }));
    },
    // accept answers a Follow that came from the town (activity: its id).
    async accept(ctx, f) {
      const follow = new Follow({ id: new URL(f.activity), actor: new URL(f.merchant), object: ctx.getActorUri(f.name) });
      return send(ctx, f, new Accept({ ...fresh(ctx, f.name), object: follow }));
    },
    async like(ctx, f) {
      return send(ctx, f, new Like({ ...fresh(ctx, f.name), object: new URL(f.object) }));
    },
    async announce(ctx, f) {
      return send(ctx, f, new Announce({ ...fresh(ctx, f.name), ...everybody(ctx, f), object: new URL(f.object), published: Temporal.Now.instant() }));
    },
    async block(ctx, f) {
      return send(ctx, f, new Block({ ...fresh(ctx, f.name), object: new URL(f.merchant) }));
    },
    // flag reports a merchant's post.
    async flag(ctx, f) {
      return send(ctx, f, new Flag({ ...fresh(ctx, f.name), objects: [new URL(f.merchant), new URL(f.object)], content: f.content }));
    },
    // move tells a merchant's server that somebody has another account now; /settings says what the two profiles say of it.
    async move(ctx, f) {
      return send(ctx, f, new Move({ ...fresh(ctx, f.name), object: ctx.getActorUri(f.name), target: new URL(f.target) }));
    },
    // quote writes about a merchant's post and asks for leave to quote it (FEP-044f). Fedify 1.10 has no class for the request,
    // so it signs what is written here.
    async quote(ctx, f) {
      const url = ctx.getObjectUri(Note, { name: f.name, id: randomUUID() });
      store.putObject(url.href, {
        name: f.name, merchant: f.merchant, mention: f.mention ?? "", quotes: f.object,
        content: f.content, published: Temporal.Now.instant().toString({ smallestUnit: "second" }),
      });
      const { id, actor } = fresh(ctx, f.name);
      const body = JSON.stringify({
        "@context": ["https://www.w3.org/ns/activitystreams", { QuoteRequest: "https://w3id.org/fep/044f#QuoteRequest" }],
        type: "QuoteRequest", id: id.href, actor: actor.href, object: f.object, instrument: url.href,
      });
      const { inboxId } = await find(ctx, f);
      const [key] = await ctx.getActorKeyPairs(f.name);
      const request = new Request(inboxId, { method: "POST", headers: { "Content-Type": "application/activity+json" }, body });
      const response = await fetch(await signRequest(request, key.privateKey, key.keyId, { spec }));
      if (!response.ok) throw new Error(`${inboxId} answered ${response.status}`);
      return { id: id.href, note: url.href };
    },
    // undo takes back a Follow, Like, Announce or Block that this peer sent.
    async undo(ctx, f) {
      const kept = store.activity(f.activity);
      if (!kept) throw new Error(`no activity ${f.activity} was sent`);
      const object = await Activity.fromJsonLd(kept, { documentLoader: ctx.documentLoader, contextLoader: ctx.contextLoader });
      return send(ctx, f, new Undo({ ...fresh(ctx, f.name), object }));
    },
    // reply writes to a merchant: under a post (inReplyTo) or not, to everybody or (private) to the merchant alone.
    async reply(ctx, f) {
      const url = ctx.getObjectUri(Note, { name: f.name, id: randomUUID() });
      const kept = {
        name: f.name, merchant: f.merchant, mention: f.mention ?? "", inReplyTo: f.inReplyTo, private: f.private === true,
        content: f.content, published: Temporal.Now.instant().toString({ smallestUnit: "second" }),
      };
      store.putObject(url.href, kept);
      const sent = await send(ctx, f, new Create({ ...fresh(ctx, f.name), ...audience(ctx, kept), object: note(ctx, url, kept) }));
      return { ...sent, note: url.href };
    },
    async edit(ctx, f) {
      // The second of the clock may be the one in which the note was written, and an edit must be later.
      const before = mine(f);
      const last = Temporal.Instant.from(before.updated ?? before.published).add({ seconds: 1 });
      const now = Temporal.Now.instant();
      const kept = { ...before, content: f.content, updated: (Temporal.Instant.compare(now, last) < 0 ? last : now).toString({ smallestUnit: "second" }) };
      store.putObject(f.note, kept);
      return send(ctx, kept, new Update({ ...fresh(ctx, kept.name), ...audience(ctx, kept), object: note(ctx, new URL(f.note), kept) }));
    },
    async remove(ctx, f) {
      const kept = mine(f);
      store.putObject(f.note, { deleted: true });
      return send(ctx, kept, new Delete({ ...fresh(ctx, kept.name), ...audience(ctx, kept), object: new Tombstone({ id: new URL(f.note) }) }));
    },
    // leave deletes the account; its actor answers 410 from then on.
    async leave(ctx, f) {
      const gone = new Delete({ ...fresh(ctx, f.name), tos: [PUBLIC_COLLECTION], object: ctx.getActorUri(f.name) });
      const sent = await send(ctx, f, gone);
      store.leave(f.name);
      return sent;
    },
    // fetch reads a document as an actor of this peer, signed, and returns it as it came and as Fedify reads it.
    async fetch(ctx, f) {
      const documentLoader = await ctx.getDocumentLoader({ identifier: f.name });
      const raw = await documentLoader(f.url);
      const read = await ctx.lookupObject(f.url, { documentLoader });
      return {
        url: raw.documentUrl,
        document: raw.document,
        type: read?.constructor.name ?? "",
        read: read ? await read.toJsonLd({ format: "compact", contextLoader: ctx.contextLoader }) : null,
      };
    },
    // profile finds a merchant by handle or address, as a search field does, and reads what a profile page would show.
    async profile(ctx, f) {
      const documentLoader = await ctx.getDocumentLoader({ identifier: f.name });
      const actor = await ctx.lookupObject(f.of, { documentLoader });
      if (!isActor(actor)) throw new Error(`no actor at ${f.of}`);
      const options = { documentLoader, contextLoader: ctx.contextLoader };
      const fields = (await all(actor.getAttachments(options))).filter((one) => one instanceof PropertyValue);
      const featured = await all(ctx.traverseCollection(await actor.getFeatured(options), { ...options, suppressError: false }));
      const place = await actor.getLocation(options);
      return {
        id: actor.id?.href, type: actor.constructor.name, name: actor.name?.toString(), handle: actor.preferredUsername?.toString(),
        outbox: actor.outboxId?.href, followers: actor.followersId?.href, discoverable: actor.discoverable, published: actor.published?.toString(),
        successor: actor.successorId?.href, aliases: actor.aliasIds.map((one) => one.href), keys: (await all(actor.getAssertionMethods(options))).length,
        location: place && { type: place.constructor.name, name: place.name?.toString(), latitude: place.latitude, longitude: place.longitude },
        fields: Object.fromEntries(fields.map((one) => [one.name, one.value?.toString()])),
        featured: featured.map((one) => ({ id: one.id?.href, type: one.constructor.name, content: one.content?.toString() })),
      };
    },
    // collection walks a collection from page to page and returns the ids of its items.
    async collection(ctx, f) {
      const documentLoader = await ctx.getDocumentLoader({ identifier: f.name });
      const head = await ctx.lookupObject(f.url, { documentLoader });
      if (!head) throw new Error(`no collection at ${f.url}`);
      const items = [];
      for await (const item of ctx.traverseCollection(head, { documentLoader, suppressError: false })) items.push({ id: item.id?.href, type: item.constructor.name });
      return { type: head.constructor.name, total: head.totalItems, items };
    },
    async webfinger(ctx, f) {
      return { answer: await ctx.lookupWebFinger(f.url) };
    },
    // nodeinfo reads a NodeInfo document as strictly as its schema says. (Fedify's own look-up refuses loopback addresses.)
    async nodeinfo(_ctx, f) {
      const answer = await fetch(f.url, { headers: { Accept: "application/json" } });
      return { read: parseNodeInfo(await answer.json()) };
    },
  };
}
