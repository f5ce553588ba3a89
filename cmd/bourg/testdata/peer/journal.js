// What happened on the wire, for the test to read: deliveries that came in with what Fedify made
// of them, activities that it took, and every request that the peer made itself.
export class Journal {
  deliveries = [];
  activities = [];
  requests = [];

  // watch puts itself before the global fetch, through which Fedify makes all its requests. Fedify looks up handles by https
  // only, and the servers of these tests speak http.
  watch() {
    const fetch = globalThis.fetch;
    globalThis.fetch = async (input, init) => {
      if (String(input).startsWith("https://127.")) input = String(input).replace("https:", "http:");
      const request = input instanceof Request ? input : { url: String(input), method: init?.method ?? "GET", headers: new Headers(init?.headers) };
      const entry = { method: request.method, url: request.url, scheme: scheme(request.headers), status: 0 };
      this.requests.push(entry);
      const response = await fetch(input, init);
      entry.status = response.status;
      entry.type = response.headers.get("content-type") ?? "";
      return response;
    };
  }
}

// scheme names how a request is signed.
export function scheme(headers) {
  if (headers.has("signature-input")) return "rfc9421";
  return headers.has("signature") ? "cavage" : "none";
}
