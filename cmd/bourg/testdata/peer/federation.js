// The Fedify side: actors, their inboxes, what they wrote.
import { MemoryKvStore, createFederation } from "@fedify/fedify/federation";
import { Activity, Create, Endpoints, Note, Person, isActor } from "@fedify/fedify/vocab";
import { note } from "./acts.js";

export function makeFederation({ names, origin, spec, settings, store, journal }) {
  const federation = createFederation({
    kv: new MemoryKvStore(),
    origin,
    firstKnock: spec,
    allowPrivateAddress: true,
    userAgent: { software: "BourgTestPeer/1.0", url: origin },
  });

  // Fedify 1.10 signs by RFC 9421 the address of a key with its fragment, which the target URI has not (RFC 9110, 7.1) and no
  // server can see; in secure mode it would get no key at the first knock.
  const loaderOf = federation.authenticatedDocumentLoaderFactory;
  federation.authenticatedDocumentLoaderFactory = (identity, options) => {
    const load = loaderOf(identity, options);
    return (url, more) => load(url.split("#")[0], more);
  };

  // In secure mode only signed requests may read (Mastodon's authorised fetch); the server's own
  // actor stays readable, or two such servers could never fetch each other's keys.
  const mayRead = (ctx, name, _key, owner) => !settings.secure || name === names[0] || owner != null;

  federation
    .setActorDispatcher("/users/{identifier}", async (ctx, name) => {
      if (!names.includes(name) || store.isGone(name)) return null;
      const keys = await ctx.getActorKeyPairs(name);
      return new Person({
        id: ctx.getActorUri(name),
        preferredUsername: name,
        name: name[0].toUpperCase() + name.slice(1),
        url: new URL(`/@${name}`, origin),
        inbox: ctx.getInboxUri(name),
        outbox: ctx.getOutboxUri(name),
        followers: ctx.getFollowersUri(name),
        endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
        publicKey: keys[0].cryptographicKey,
        assertionMethods: keys.map((key) => key.multikey),
        aliases: (settings.aliases[name] ?? []).map((one) => new URL(one)),
        successor: settings.successors[name] ? new URL(settings.successors[name]) : null,
      });
    })
    .setKeyPairsDispatcher((_ctx, name) => names.includes(name) ? store.keys(name) : [])
    .authorize(mayRead);

  federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));
  federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [] }));

  federation
    .setObjectDispatcher(Note, "/users/{name}/notes/{id}", (ctx, { name, id }) => {
      const url = ctx.getObjectUri(Note, { name, id });
      const kept = store.object(url.href);
      return kept && !kept.deleted && !kept.private ? note(ctx, url, kept) : null;
    })
    .authorize((ctx, { name }, key, owner) => mayRead(ctx, name, key, owner));

  federation
    .setInboxListeners("/users/{identifier}/inbox", "/inbox")
    .setSharedKeyDispatcher(() => ({ identifier: names[0] }))
    .on(Activity, async (ctx, activity) => {
      // The listeners are called after the signature was verified, and once for each activity id.
      const options = { documentLoader: await ctx.getDocumentLoader({ identifier: ctx.recipient ?? names[0] }), contextLoader: ctx.contextLoader };
      const entry = { id: activity.id?.href, type: activity.constructor.name, actor: activity.actorId?.href, object: activity.objectId?.href };
      if (activity instanceof Create) {
        const object = await activity.getObject(options);
        entry.content = object?.content?.toString();
        entry.attributedTo = object?.attributionId?.href;
        entry.attachments = [];
        for await (const one of object?.getAttachments(options) ?? []) {
          entry.attachments.push({ url: one.url?.href ?? one.url?.toString(), alt: one.name?.toString(), mediaType: one.mediaType });
        }
      }
      const actor = await activity.getActor(options);
      entry.actorRead = isActor(actor) ? actor.constructor.name : "";
      journal.activities.push(entry);
    })
    .onError((_ctx, error) => console.error("inbox:", error));

  federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
    software: { name: "bourg-test-peer", version: { major: 1, minor: 0, patch: 0 } },
    protocols: ["activitypub"],
    usage: { users: { total: names.length }, localPosts: 0, localComments: 0 },
  }));
  return federation;
}
