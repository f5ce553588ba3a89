// Accessibility of pages: axe, and what axe does not look at. Each check is named after
// what a person needs, with the number of the success criterion of WCAG 2.2.
//
// The job: {executable, origin, cookie, pages: [{name, path, ...}]}, see browser.mjs.
// It prints {page, check, fault} for each fault, and {page, done: true} after each page.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { launch, openWindow, readJob, report, visit } from "./browser.mjs";

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const axeFrench = require("axe-core/locales/fr.json");
const axeOptions = {
  runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4"] },
  rules: { "target-size": { enabled: true } },
};

const phone = { width: 360, height: 740 };
const focusable = 'a[href],button:not([tabindex="-1"]),input:not([type=hidden]),select,textarea,summary,[tabindex]:not([tabindex="-1"])';

/** The checks, each with how the person's device is set. A check returns the faults that it found. */
const checks = [
  ["axe, light colours", {}, axe],
  ["axe, dark colours", { colorScheme: "dark" }, axe],
  ["keyboard and focus (2.1.1, 2.1.2, 2.4.7, 2.4.11)", {}, keyboard],
  ["way past the header (2.4.1)", {}, skipLink],
  ["targets of 44 px, 24 px in text (2.5.8)", {}, targets],
  ["language, title, one heading, free zoom (3.1.1, 3.1.2, 2.4.2, 1.3.1, 1.4.4)", {}, head],
  ["errors of forms in words (3.3.1, 3.3.3)", {}, formErrors],
  ["purpose of fields (1.3.5)", {}, purposes],
  ["320 px wide (1.4.10)", { viewport: { width: 320, height: 640 } }, fits],
  ["on its side, 740 by 360 (1.3.4)", { viewport: { width: 740, height: 360 } }, fits],
  ["text of 200 % (1.4.4)", { css: "html{font-size:225%!important}" }, fits],
  ["room between letters (1.4.12)", {
    css: "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-bottom:2em!important}",
  }, fits],
  ["less movement (2.3.3)", { reducedMotion: "reduce" }, stillness],
  ["colours of the system (1.4.11)", { forcedColors: "active" }, borders],
];

const job = await readJob();
const browser = await launch(job.executable);
for (const one of job.pages) {
  const words = await look(one, {}, async (page, found) => {
    for (const [name, { viewport = phone, css = "", ...media }, check] of checks) {
      await page.emulateMedia({ colorScheme: "light", reducedMotion: "no-preference", forcedColors: "none", ...media });
      await page.setViewportSize(viewport);
      const style = css && await page.addStyleTag({ content: css });
      found(name, await check(page));
      if (style) await style.evaluate((e) => e.remove());
    }
  });
  // Without scripts a page says what it says with them, until somebody does something; a moment in words may differ by a letter.
  if (one.choose && !one.press) {
    report({ page: one.name, done: true });
    continue;
  }
  await look(one, { javaScriptEnabled: false }, async (page, found) => {
    const got = await lettersOf(page);
    if (got < 0.95 * words) found("without JavaScript", [`${got} of ${words} letters are left`]);
  });
  report({ page: one.name, done: true });
}
await browser.close();

/** Opens a page, has it looked at, and returns how many letters its content has. */
async function look(one, options, at) {
  const found = (check, faults) => faults.forEach((fault) => report({ page: one.name, check, fault }));
  const window = await openWindow(browser, { origin: job.origin, cookie: job.cookie, viewport: phone, bypassCSP: true, ...options });
  try {
    await visit(window.page, job.origin, one);
    const letters = await lettersOf(window.page);
    await at(window.page, found);
    found("no fault of its own", window.faults);
    return letters;
  } finally {
    await window.context.close();
  }
}

async function lettersOf(page) {
  return (await page.locator("main").innerText()).length;
}

/** What axe finds, in French. */
async function axe(p) {
  await p.evaluate(axeSource);
  const found = await p.evaluate(async ([locale, options]) => {
    globalThis.axe.configure({ locale });
    return (await globalThis.axe.run(document, options)).violations;
  }, [axeFrench, axeOptions]);
  return found.map((v) => `${v.id}: ${v.help}; ${v.nodes.length} times, first ${v.nodes[0].target}: ${v.nodes[0].html.slice(0, 200)}`);
}

/** Walks the page with Tab: everything is reached, seen while it has the focus, and left again. */
async function keyboard(p) {
  const faults = [];
  // Radio buttons of one name are one stop.
  const count = await p.evaluate((what) => {
    const all = [...document.querySelectorAll(what)].filter((e) => !e.disabled && e.checkVisibility({ visibilityProperty: true }));
    const radios = all.filter((e) => e.type === "radio");
    return all.length - radios.length + new Set(radios.map((e) => e.name)).size;
  }, focusable);
  // The walk begins at the top, wherever the page has put the focus.
  await p.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
  });
  let stops = 0;
  // A field for dates or times has several stops inside it, which are one field to the person.
  const parts = await p.evaluate(() => 4 * document.querySelectorAll("input[type=date], input[type=time]").length);
  for (let i = 0; i < count + parts + 3; i++) {
    await p.keyboard.press("Tab");
    const stop = await p.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body) return null;
      const again = window.lastStop === e && ["date", "time"].includes(e.type);
      window.lastStop = e;
      // A hidden file input shows its focus on its label.
      const shown = e.type === "file" && e.getBoundingClientRect().height < 24 && e.labels?.[0] || e;
      const box = shown.getBoundingClientRect(), style = getComputedStyle(shown);
      const middle = document.elementFromPoint(
        Math.min(innerWidth - 1, Math.max(0, box.x + box.width / 2)),
        Math.min(innerHeight - 1, Math.max(0, box.y + Math.min(box.height / 2, 20))));
      return {
        again,
        name: `${e.tagName.toLowerCase()} "${(e.getAttribute("aria-label") || e.textContent || e.name || e.id).trim().slice(0, 30)}"`,
        marked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        covered: !(middle && (shown === middle || shown.contains(middle) || middle.contains(shown) || middle === e)),
      };
    });
    if (!stop) break;
    if (!stop.again) stops++;
    if (!stop.marked) faults.push(`${stop.name} has no outline of 2 px when it has the focus`);
    if (!stop.inside) faults.push(`${stop.name} has the focus outside the window`);
    if (stop.covered) faults.push(`${stop.name} is covered when it has the focus`);
  }
  if (stops !== count) faults.push(`${stops} stops for ${count} elements`);
  return faults;
}

/** The first stop leads past the header, and takes the focus there. */
async function skipLink(p) {
  const first = p.locator(focusable).first();
  if (await first.getAttribute("href") !== "#contenu") return ["the first stop does not lead to #contenu"];
  await first.press("Enter");
  const focus = await p.evaluate(() => document.activeElement?.id);
  return focus === "contenu" ? [] : [`the focus is on ${focus}, not on the content`];
}

/** Buttons, doors and fields are 44 px high, everything else outside of running text 24 px. */
function targets(p) {
  return p.evaluate(() => [...document.querySelectorAll("a[href],button:not([tabindex='-1']),input:not([type=hidden]),select,textarea,summary")]
    .filter((e) => e.checkVisibility())
    .map((e) => {
      const choice = e.matches("input[type=radio],input[type=checkbox]") || (e.type === "file" && e.getBoundingClientRect().height < 24);
      const box = (choice && e.labels?.[0] || e).getBoundingClientRect();
      const inText = getComputedStyle(e).display === "inline" && e.closest("p,li,dd,h1,h2,h3");
      const control = e.matches("button:not(.lien),.btn,nav a,input,select,textarea");
      const small = control ? box.height < 43.5 || box.width < 24 : !inText && (box.height < 24 || box.width < 24);
      return small && `"${e.textContent.trim().slice(0, 30) || e.id}" is ${box.width.toFixed(0)} by ${box.height.toFixed(0)} px`;
    })
    .filter(Boolean));
}

/** What stands at the head of every page. */
function head(p) {
  return p.evaluate(() => {
    const faults = [], wanted = /^\/en(\/|$)/.test(location.pathname) ? "en" : "fr";
    if (document.documentElement.lang !== wanted) faults.push(`lang is ${document.documentElement.lang}, not ${wanted}`);
    for (const a of document.querySelectorAll("a[hreflang]")) if (!a.lang) faults.push(`a link to ${a.hreflang} has no lang`);
    const headings = document.querySelectorAll("h1").length;
    if (headings !== 1) faults.push(`${headings} headings of the first level`);
    if (document.title.length < 5) faults.push(`the title is "${document.title}"`);
    const zoom = document.querySelector("meta[name=viewport]")?.content ?? "";
    if (/user-scalable|maximum-scale/.test(zoom)) faults.push(`the viewport is "${zoom}"`);
    return faults;
  });
}

/** A field that is wrong says so in words that are tied to it; the summary leads there; the title says so too. */
function formErrors(p) {
  return p.evaluate(() => {
    const faults = [], wrong = [...document.querySelectorAll("[aria-invalid=true]")], said = /^(Erreur|Error)/;
    for (const e of wrong) {
      const words = (e.getAttribute("aria-describedby") ?? "").split(/\s+/).map((id) => document.getElementById(id)?.textContent.trim() ?? "");
      if (!words.some((w) => said.test(w))) faults.push(`the field ${e.id} is tied to no error in words`);
      if (!document.querySelector(`.resume a[href="#${e.id}"]`)) faults.push(`the summary does not lead to ${e.id}`);
    }
    if (wrong.length && !said.test(document.title)) faults.push(`the title is "${document.title}"`);
    for (const a of document.querySelectorAll(".resume a")) {
      if (!document.querySelector(a.getAttribute("href"))) faults.push(`the summary leads to ${a.getAttribute("href")}, which is not there`);
    }
    return faults;
  });
}

/** Fields about the visitor say what for, so that the browser can fill them in. */
function purposes(p) {
  return p.evaluate(() => [...document.querySelectorAll("input[type=email],input[type=password],input[type=tel]")]
    .filter((e) => !e.autocomplete).map((e) => `the field ${e.id} has no autocomplete`));
}

/** Nothing sticks out of the page on the right, and no text is cut off. */
function fits(p) {
  return p.evaluate(() => {
    const faults = [], width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width + 1) {
      const out = [...document.querySelectorAll("body *")].find((e) => {
        const box = e.getBoundingClientRect();
        return box.width > 0 && box.right > width + 1 && getComputedStyle(e).position !== "absolute";
      });
      faults.push(`the page is ${document.documentElement.scrollWidth} px wide in a window of ${width}: ${out?.outerHTML.slice(0, 100)}`);
    }
    for (const e of document.querySelectorAll("a,button,h1,h2,h3,p,label,span:not(.invisible)")) {
      const style = getComputedStyle(e);
      const cuts = style.overflowX !== "visible" && !/auto|scroll/.test(style.overflowX) && !e.classList.contains("invisible");
      if (cuts && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)) faults.push(`cut off: ${e.outerHTML.slice(0, 100)}`);
    }
    return faults;
  });
}

/** Nothing moves for those who asked for stillness. */
function stillness(p) {
  return p.evaluate(() => [...document.querySelectorAll("*")].filter((e) => {
    const style = getComputedStyle(e);
    return [style.transitionDuration, style.animationDuration].some((d) => d.split(",").some((one) => parseFloat(one) > 0));
  }).map((e) => `moves: ${e.outerHTML.slice(0, 100)}`));
}

/** Buttons have a border where the system takes their colour away. */
function borders(p) {
  return p.evaluate(() => [...document.querySelectorAll("button,.btn")]
    .filter((e) => e.checkVisibility() && parseFloat(getComputedStyle(e).borderTopWidth) < 1)
    .map((e) => `no border: ${e.outerHTML.slice(0, 100)}`));
}
