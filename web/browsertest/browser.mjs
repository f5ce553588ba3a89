// What all scripts of this folder share: the browser, a person in front of it, and
// the two ends of the conversation with the Go test.
//
// A script gets one JSON object, the job, on its standard input and prints one JSON
// object a line: what it found, measured or learnt. It ends with 0 unless it could
// not do its work; whether what it found is good is for the Go test to say.

import { chromium } from "playwright-core";

// Nothing that Chromium would like to tell its maker; /dev/shm is too small in containers.
const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** Starts Chromium with a profile of its own, which goes when it is closed. */
export function launch(executablePath) {
  return chromium.launch({ executablePath, headless: true, args: flags });
}

/** The job that the Go test wrote to the standard input. */
export async function readJob() {
  let text = "";
  for await (const piece of process.stdin) text += piece;
  return JSON.parse(text);
}

/** Tells the Go test something: one line of JSON. */
export const report = (what) => process.stdout.write(JSON.stringify(what) + "\n");

/**
 * Opens a window with cookies of its own for a person who reads the town's pages.
 * Whatever no page may do is added to `faults`: words on the console (breaches of the
 * Content-Security-Policy are said there), errors of scripts, requests to elsewhere,
 * files that are missing, and answers that say the server failed.
 */
export async function openWindow(browser, { origin, cookie = "", ...options }) {
  const context = await browser.newContext({ locale: "fr-FR", timezoneId: "Europe/Paris", ...options });
  context.setDefaultTimeout(30_000);
  if (cookie) {
    const [name, value] = cookie.split("=");
    await context.addCookies([{ name, value, url: origin }]);
  }
  const faults = [];
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== "blob:") faults.push(`asks elsewhere: ${request.url()}`);
  });
  context.on("response", (response) => {
    // A page may say no, and a town that is not open yet says 503; a file is there.
    const page = ["document", "xhr"].includes(response.request().resourceType());
    const status = response.status();
    if (page ? status >= 500 && status !== 503 : status >= 400) faults.push(`got ${status} from ${response.url()}`);
  });
  context.on("console", (message) => {
    // What a status says is seen above; a page that answers 404 or 422 says so here too.
    if (message.type() === "debug" || message.text().startsWith("Failed to load resource")) return;
    faults.push(`${message.type()} on the console of ${message.page()?.url()}: ${message.text()}`);
  });
  context.on("weberror", (error) => faults.push(`a script fails on ${error.page()?.url()}: ${error.error()}`));
  return { context, page: await context.newPage(), faults };
}

/**
 * Opens a page of the job: `path`, then `choose` (files by field), `fill` (words by
 * field) and `press` (the words on a button) where the page is what a form answers with.
 */
export async function visit(page, origin, { path, choose = {}, fill = {}, press = "" }) {
  const response = await page.goto(origin + path, { waitUntil: "load" });
  for (const [field, file] of Object.entries(choose)) await page.locator(`main [name="${field}"]:not([type=hidden])`).setInputFiles(file);
  for (const [field, words] of Object.entries(fill)) await page.locator(`main [name="${field}"]:not([type=hidden])`).fill(words);
  if (!press) return response;
  const landed = page.waitForEvent("framenavigated").catch(() => {}); // a refusal may come to the script of the page
  const [answer] = await Promise.all([
    page.waitForResponse((r) => r.status() === 422 || (r.request().isNavigationRequest() && r.status() !== 303)),
    page.locator("main").getByRole("button", { name: press }).first().click(),
  ]);
  if (answer.request().isNavigationRequest()) await landed;
  else await page.locator("main .resume").waitFor(); // which puts it in place
  await page.waitForLoadState("load");
  return answer;
}
