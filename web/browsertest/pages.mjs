// Pages as people see them: on a phone and on a wide screen, by day and by night. Each is
// held to what no page may do, measured, photographed, and kept as it came for html-validate.
//
// The job: {executable, origin, cookie, folder, pages: [{name, path, status, dark, ...}]},
// see browser.mjs; `dark` asks for pictures in the dark too. It prints {page, check, fault}
// for each fault and {page, measured: {...}} for each page.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { launch, openWindow, readJob, report, visit } from "./browser.mjs";

const widths = { 360: { width: 360, height: 740 }, 1280: { width: 1280, height: 900 } };

const job = await readJob();
const browser = await launch(job.executable);
for (const one of job.pages) {
  for (const [width, viewport] of Object.entries(widths)) {
    const window = await openWindow(browser, { origin: job.origin, cookie: job.cookie, viewport });
    try {
      await show(window, one, width);
      for (const fault of window.faults) report({ page: one.name, check: `${width} px wide`, fault });
    } finally {
      await window.context.close();
    }
  }
}
await browser.close();

async function show({ context, page }, one, width) {
  await page.addInitScript(() => {
    globalThis.shifts = 0;
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries()) globalThis.shifts += shift.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  const requests = [];
  context.on("request", (request) => requests.push(request));
  const answer = await visit(page, job.origin, one);
  await page.evaluate(() => document.fonts.ready);
  if (answer.status() !== (one.status ?? 200)) {
    report({ page: one.name, check: "status", fault: `got ${answer.status()}, want ${one.status ?? 200}` });
  }
  if (width === "360") {
    report({ page: one.name, measured: await measure(page, requests.slice(requests.indexOf(answer.request()))) });
    writeFileSync(join(job.folder, one.name + ".html"), await answer.text());
  }
  await photograph(page, `${one.name}-${width}`);
  if (one.dark) {
    await page.emulateMedia({ colorScheme: "dark" });
    await photograph(page, `${one.name}-${width}-sombre`);
  }
}

/** The weight of a page in bytes as they travelled, the page first among its requests, and how much its content jumped. */
async function measure(page, requests) {
  const measured = { html: 0, css: 0, js: 0, photos: 0, total: 0, requests: 0, photoRequests: 0, shift: 0 };
  for (const [i, request] of requests.entries()) {
    const bytes = Math.max(0, (await request.sizes()).responseBodySize), kind = request.resourceType();
    if (kind === "image" && !request.url().endsWith(".svg")) {
      measured.photos += bytes;
      measured.photoRequests++;
      continue;
    }
    measured.total += bytes;
    measured.requests++;
    if (i === 0) measured.html = bytes;
    if (kind === "stylesheet") measured.css += bytes;
    if (kind === "script") measured.js += bytes;
  }
  measured.shift = await page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame); // the last shift is told after it
    return globalThis.shifts;
  });
  return measured;
}

/** Scrolls once through the page, so that late pictures come, and photographs all of it. */
async function photograph(page, name) {
  await page.evaluate(async () => {
    for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
      scrollTo(0, y);
      await new Promise((next) => requestAnimationFrame(next));
    }
    const shown = [...document.images].filter((image) => image.checkVisibility());
    await Promise.all(shown.map((image) => image.decode().catch(() => {})));
    scrollTo(0, 0);
  });
  await page.screenshot({ path: join(job.folder, name + ".png"), fullPage: true });
}
