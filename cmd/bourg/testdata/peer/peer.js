// An ActivityPub server for tests, made of Fedify: the judgement of code that nobody here wrote.
//
//   node peer.js --listen 127.0.0.9:8001 --control 127.0.0.1:8002 --data FOLDER [--names anna,bert] [--scheme cavage|rfc9421]
//
// It speaks ActivityPub on --listen and takes orders on --control:
//   GET  /journal           what came in and what was sent
//   POST /acts/ACT          one of acts.js, fields as a JSON object
//   POST /settings          {"secure": bool, "fault": {"status", "retryAfter", "delay" (ms), "times"} or null,
//                          "aliases": {NAME: [URL]}, "successors": {NAME: URL}}
import "./polyfill.js";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { verifyRequest } from "@fedify/fedify";
import { makeActs } from "./acts.js";
import { makeFederation } from "./federation.js";
import { Journal, scheme } from "./journal.js";
import { Store } from "./store.js";

const { values: args } = parseArgs({
  options: {
    listen: { type: "string" },
    control: { type: "string" },
    data: { type: "string" },
    names: { type: "string", default: "anna,bert" },
    scheme: { type: "string", default: "cavage" },
  },
});
const names = args.names.split(",");
const origin = `http://${args.listen}`;
const settings = { secure: false, fault: null, aliases: {}, successors: {} };
const store = new Store(args.data);
const journal = new Journal();
journal.watch();
const spec = args.scheme === "rfc9421" ? "rfc9421" : "draft-cavage-http-signatures-12";
const federation = makeFederation({ names, origin, spec, settings, store, journal });
const acts = makeActs(store, spec);

// outside answers other servers.
async function outside(message, answer) {
  const body = message.method === "POST" ? await text(message) : undefined;
  const request = new Request(new URL(message.url, origin), { method: message.method, headers: message.headers, body });
  const path = new URL(request.url).pathname;
  const response = await fault(request) ?? gone(path) ?? await unread(request) ?? await federation.fetch(request, { contextData: undefined });
  if (message.method === "POST") {
    journal.deliveries.push({ path, status: response.status, scheme: scheme(request.headers), headers: message.headers, body });
  }
  answer.writeHead(response.status, Object.fromEntries(response.headers));
  answer.end(Buffer.from(await response.arrayBuffer()));
}

// fault answers a delivery as the test wants it, instead of Fedify.
async function fault(request) {
  const f = settings.fault;
  if (request.method !== "POST" || !f || f.times === 0) return null;
  if (f.times > 0) f.times--;
  if (f.delay) await sleep(f.delay);
  if (!f.status) return null;
  return new Response("", { status: f.status, headers: f.retryAfter ? { "Retry-After": String(f.retryAfter) } : {} });
}

// unread takes an answer to a QuoteRequest if Fedify verifies its signature: Fedify 1.10 has no class for what is in it, and says 400.
async function unread(request) {
  if (request.method !== "POST" || (await request.clone().json().catch(() => null))?.object?.type !== "QuoteRequest") return null;
  const documentLoader = await federation.createContext(new URL(origin)).getDocumentLoader({ identifier: names[0] });
  return new Response("", { status: await verifyRequest(request, { documentLoader }) ? 202 : 401 });
}

// gone answers for accounts and notes that were deleted; Fedify would say 404.
function gone(path) {
  const name = path.match(/^\/users\/([^/]+)/)?.[1];
  const left = name && store.isGone(name) && !path.includes("/inbox");
  return left || store.object(origin + path)?.deleted ? new Response("", { status: 410 }) : null;
}

// control answers the test.
async function control(message, answer) {
  const say = (status, value) => answer.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
  const path = new URL(message.url, "http://control").pathname;
  if (message.method === "GET" && path === "/journal") {
    return say(200, { deliveries: journal.deliveries, activities: journal.activities, requests: journal.requests });
  }
  const fields = JSON.parse(await text(message) || "{}");
  if (path === "/settings") return say(200, Object.assign(settings, fields));
  const act = Object.hasOwn(acts, path.replace("/acts/", "")) ? acts[path.replace("/acts/", "")] : null;
  if (!act) return say(404, { error: `no act ${path}` });
  try {
    say(200, await act(federation.createContext(new URL(origin)), { name: names[0], ...fields }));
  } catch (error) {
    say(502, { error: String(error?.message ?? error) });
  }
}

function listen(address, handle) {
  const [host, port] = address.split(":");
  const server = createServer((message, answer) => handle(message, answer).catch((error) => {
    console.error(error);
    if (!answer.headersSent) answer.writeHead(500);
    answer.end();
  }));
  return new Promise((resolve, reject) => server.once("error", reject).listen(Number(port), host, resolve));
}

for (const name of names) await store.keys(name);
await listen(args.listen, outside);
await listen(args.control, control);
console.error(`peer: ${origin}, control ${args.control}`);
