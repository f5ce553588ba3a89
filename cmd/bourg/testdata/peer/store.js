// What the peer must still know after it was stopped or killed: its keys (servers that cached
// them would answer 401 to new ones), what it wrote, and who has left.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportJwk, importJwk } from "@fedify/fedify";

export class Store {
  #file;
  #data = { keys: {}, objects: {}, activities: {}, gone: [] };
  #pairs = new Map();

  constructor(folder) {
    mkdirSync(folder, { recursive: true });
    this.#file = join(folder, "peer.json");
    try {
      this.#data = JSON.parse(readFileSync(this.#file, "utf8"));
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }

  // save replaces the file as a whole, so that a kill leaves the old state or the new one.
  #save() {
    writeFileSync(this.#file + ".new", JSON.stringify(this.#data));
    renameSync(this.#file + ".new", this.#file);
  }

  // keys returns an actor's two key pairs, RSA first: that one signs requests.
  keys(name) {
    if (!this.#pairs.has(name)) this.#pairs.set(name, this.#load(name));
    return this.#pairs.get(name);
  }

  async #load(name) {
    const kept = this.#data.keys[name];
    if (kept) {
      return Promise.all(kept.map(async (pair) => ({
        privateKey: await importJwk(pair.privateKey, "private"),
        publicKey: await importJwk(pair.publicKey, "public"),
      })));
    }
    const pairs = [
      await crypto.subtle.generateKey(
        { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
        true, ["sign", "verify"]),
      await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]),
    ];
    this.#data.keys[name] = await Promise.all(pairs.map(async (pair) => ({
      privateKey: await exportJwk(pair.privateKey),
      publicKey: await exportJwk(pair.publicKey),
    })));
    this.#save();
    return pairs;
  }

  // An object is kept by its URL with what its next version needs; { deleted: true } stays for good.
  object(url) { return this.#data.objects[url]; }
  putObject(url, object) { this.#data.objects[url] = object; this.#save(); }

  // An activity is kept by its id as JSON, so that it can be undone.
  activity(id) { return this.#data.activities[id]; }
  putActivity(id, json) { this.#data.activities[id] = json; this.#save(); }

  isGone(name) { return this.#data.gone.includes(name); }
  leave(name) { this.#data.gone.push(name); this.#save(); }
}
