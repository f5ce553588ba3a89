// Journeys: what people do in a town, from the first visit on.
//
// The job: {executable, origin, folder, name, width, height, javaScript, act, ...}, where
// `act` names one of the acts below and the rest is what that act needs. It prints {step}
// when it begins a step, {learnt: {...}} when somebody was told something that a later
// act needs, and {check, fault} for each fault. When a step cannot be done it leaves a
// screenshot in `folder` and ends with 1.

import { join } from "node:path";
import { launch, openWindow, readJob, report } from "./browser.mjs";
import { hoursAct } from "./hours.mjs";
import { kindsAct } from "./kinds.mjs";
import { read } from "./reading.mjs";

const job = await readJob();
const acts = { open, arrive, publish, answer, approve, read, hours: hoursAct({ step, must, person, job }), kinds: kindsAct({ step, must, until, person, job }) };

const browser = await launch(job.executable);
const windows = [];
try {
  await acts[job.act](await person(), job);
  for (const { faults } of windows) for (const fault of faults) report({ check: "no fault of its own", fault });
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`${error.stack}\n`);
  for (const [i, { page }] of windows.entries()) {
    if (page.isClosed()) continue;
    const picture = join(job.folder, `${job.name}-${job.act}-${i}.png`);
    await page.screenshot({ path: picture, fullPage: true }).catch(() => {});
    process.stderr.write(`${page.url()} said, and shows in ${picture}:\n${await page.locator("main").innerText().catch(() => "nothing")}\n`);
  }
} finally {
  await browser.close();
}

/** A person with a window of their own. */
async function person() {
  const window = await openWindow(browser, {
    origin: job.origin, viewport: { width: job.width, height: job.height }, javaScriptEnabled: job.javaScript,
  });
  windows.push(window);
  const { context, page } = window;
  const main = page.locator("main");
  return {
    context, page, main,
    titled: (words) => until("the title", () => page.title(), words),
    go: (path) => page.goto(path.startsWith("/") ? job.origin + path : path),
    press: (words) => main.getByRole("button", { name: words }).first().click(),
    follow: (words) => main.getByRole("link", { name: words }).first().click(),
    field: (name) => main.locator(`[name="${name}"]`),
    write: (name, words) => main.locator(`[name="${name}"]`).fill(words),
    sees: (words) => main.getByText(words).filter({ visible: true }).first().waitFor(),
    reads: (words) => page.getByRole("heading", { level: 1, name: words }).waitFor(),
  };
}

function step(words) {
  report({ step: words });
}

/** Holds a value to what it must be. */
function must(what, got, want) {
  const good = want instanceof RegExp ? want.test(got) : got === want;
  if (!good) throw new Error(`${what}: got ${JSON.stringify(got)}, want ${want instanceof RegExp ? want : JSON.stringify(want)}`);
}

/** Waits until a value is what it must be. */
async function until(what, ask, want) {
  for (const end = Date.now() + 15_000; Date.now() < end; await new Promise((later) => setTimeout(later, 100))) {
    if (want.test(await ask())) return;
  }
  must(what, await ask(), want);
}

/** A photo that a page shows is one, and says what is on it. */
async function mustShow(someone, picture, alt) {
  await picture.waitFor();
  must("the description of the photo", await picture.getAttribute("alt"), alt);
  const answer = await someone.page.request.get(new URL(await picture.getAttribute("src"), job.origin).href);
  must("the photo's status", answer.status(), 200);
  must("the photo's type", answer.headers()["content-type"], /^image\//);
}

/** The first visit: the town hall opens the town by the link from the log and invites a merchant. */
async function open(hall, { link, town, shop }) {
  step("nobody finds a form without the link");
  await hall.go("/");
  must("forms on the closed town", await hall.main.locator("form").count(), 0);

  step("a forgotten name is said in words");
  await hall.go(link);
  await hall.write("email", town.email);
  await hall.press("Ouvrir le bourg");
  await hall.titled(/^Erreur/);
  must("the e-mail that was typed", await hall.field("email").inputValue(), town.email);

  step("the town opens");
  for (const [name, words] of Object.entries({
    nom: town.name, insee: "30273", latitude: "44,17", longitude: "4,49", identifiant: "saintlaurent", telephone: "04 65 71 20 00",
  })) await hall.write(name, words);
  await hall.press("Ouvrir le bourg");
  await hall.go("/");
  await hall.reads("Le fil du bourg");
  await hall.page.getByRole("banner").getByText("Saint-Laurent").filter({ visible: true }).waitFor();

  step("the town hall invites a merchant");
  await hall.go("/mairie/commerces");
  await hall.reads("Commerces");
  await hall.write("nom", shop.name);
  await hall.field("metier").selectOption("boulangerie");
  await hall.write("adresse", "4 place de la Fontaine");
  await hall.write("email", shop.email);
  await hall.press("Inscrire et préparer le lien");
  const signIn = (await hall.main.locator(".invitation .adresse").innerText()).trim();
  must("the link to hand over", signIn.startsWith(job.origin + "/connexion/"), true);
  const handle = (await hall.main.locator(".invitation strong").innerText()).split("@")[1];
  report({ learnt: { signIn, handle } });
}

/** The merchant comes in by the one-time link, sets a password, leaves, and comes in with it. */
async function arrive(merchant, { link, shop }) {
  step("the link needs a tap");
  await merchant.go(link);
  await merchant.reads("Bonjour");
  await merchant.sees(shop.name);
  await merchant.press("Entrer");
  await merchant.page.waitForURL(/\/espace/);

  step("the merchant chooses a password");
  await merchant.go("/espace/compte");
  await merchant.write("nouveau", "court");
  await merchant.press("Enregistrer");
  await merchant.titled(/^Erreur/);
  await merchant.write("nouveau", shop.password);
  await merchant.press("Enregistrer");
  await merchant.sees("C’est enregistré");

  step("the merchant leaves");
  await merchant.press("Se déconnecter");
  await merchant.go("/espace/publier");
  await merchant.reads("Entrer dans votre espace");

  step("the link is used up");
  await merchant.go(link);
  await merchant.reads("Ce lien ne sert plus");

  step("the password opens the door again");
  await enter(merchant, shop);
}

/** Signs in with the password, on the way to where the person wanted to go. */
async function enter(merchant, shop) {
  await merchant.go("/espace/compte");
  await merchant.follow("J’ai un mot de passe");
  await merchant.write("email", shop.email);
  await merchant.write("mot_de_passe", shop.password);
  await merchant.press("Entrer");
  await merchant.reads("Compte");
}

/** A merchant's day: publish with a photo, undo, publish again, correct; what goes wrong loses nothing. */
async function publish(merchant, { shop, photo }) {
  const alt = "Deux boules de seigle sur la table.", first = "Fournée de seigle ce matin.";
  const reader = await person();
  const vignette = merchant.main.locator("#vignette img");
  await enter(merchant, shop);

  step("a photo of 5 MB and a few words");
  await merchant.go("/espace/publier");
  await merchant.reads("Quoi de neuf chez vous ?");
  await choose(merchant, photo);
  await merchant.write("alt", alt);
  await merchant.write("texte", first);
  await merchant.press("Publier");
  await merchant.reads("C’est publié");
  await merchant.sees(first);
  await mustShow(merchant, merchant.main.locator(".avis img"), alt);

  step("Annuler brings text and photo back");
  await merchant.press("Annuler");
  await merchant.reads("Quoi de neuf chez vous ?");
  await merchant.sees("La nouvelle n’est pas partie");
  must("the text", await merchant.field("texte").inputValue(), first);
  must("the description", await merchant.field("alt").inputValue(), alt);
  await vignette.waitFor();
  await reader.go("/");
  must("the thread after Annuler", await reader.main.getByText(first).count(), 0);

  step("the same again goes out");
  await merchant.press("Publier");
  await merchant.reads("C’est publié");
  await mustShow(merchant, merchant.main.locator(".avis img"), alt);
  await reader.go("/");
  await reader.sees(first);
  await mustShow(reader, reader.main.locator("article img").first(), alt);

  step("Modifier");
  await merchant.follow("Modifier");
  must("the text", await merchant.field("texte").inputValue(), first);
  await merchant.write("texte", "Fournée de seigle à 10 h.");
  await merchant.press("Enregistrer les modifications");
  await merchant.sees("Fournée de seigle à 10 h.");
  await reader.go("/");
  await reader.sees("Fournée de seigle à 10 h.");
  must("the old words in the thread", await reader.main.getByText(first).count(), 0);

  step("a file that is no photo loses nothing");
  const second = "Brioches aux pralines demain.";
  await merchant.go("/espace/publier?neuf=1");
  await choose(merchant, { name: "IMG_0002.jpg", mimeType: "image/jpeg", buffer: Buffer.from("Ceci est un texte.") });
  await merchant.write("alt", "Une brioche.");
  await merchant.write("texte", second);
  await merchant.press("Publier");
  await merchant.main.locator("#photo-e").waitFor();
  await merchant.titled(/^Erreur/);
  must("the text", await merchant.field("texte").inputValue(), second);
  must("the description", await merchant.field("alt").inputValue(), "Une brioche.");
  must("who has the focus", await merchant.page.locator(".resume").getAttribute("role"), "alert");

  step("Garder pour plus tard, with another photo");
  await choose(merchant, photo);
  await merchant.press("Garder pour plus tard");
  await merchant.sees("C’est gardé");
  await merchant.follow(second);
  must("the text", await merchant.field("texte").inputValue(), second);
  must("the description", await merchant.field("alt").inputValue(), "Une brioche.");
  await vignette.waitFor();

  step("the photo goes, the words stay");
  await merchant.press("Retirer la photo");
  await merchant.reads("Quoi de neuf chez vous ?");
  must("the text", await merchant.field("texte").inputValue(), second);
  must("photos", await vignette.filter({ visible: true }).count(), 0);
  await merchant.press("Publier");
  await merchant.reads("C’est publié");
  await merchant.sees(second);

  if (job.javaScript) {
    await lineDown(merchant, photo);
    await killed(merchant);
  }
}

/** Chooses a photo, and opens the field of its description. With JavaScript the page does that, and shows the photo. */
async function choose(merchant, photo) {
  await merchant.field("photo").setInputFiles(photo);
  if (job.javaScript) await merchant.main.locator("#vignette").getByText(/Photo prête, \d+ ko/).waitFor();
  else if (!await merchant.field("alt").isVisible()) await merchant.main.locator("#decrire summary").click();
}

/** The line breaks while the photo travels: everything stays, and goes when the line is back. */
async function lineDown(merchant, photo) {
  step("the line breaks on the way");
  await merchant.go("/espace/publier?neuf=1");
  await choose(merchant, photo);
  await merchant.write("texte", "Le four est rallumé.");
  await merchant.context.setOffline(true);
  await merchant.press("Publier");
  await merchant.sees("Pas de réseau. Votre message est gardé.");
  must("the text", await merchant.field("texte").inputValue(), "Le four est rallumé.");
  await merchant.context.setOffline(false);
  await merchant.press("Publier");
  await merchant.reads("C’est publié");
  await merchant.sees("Le four est rallumé.");
}

/** The camera opens and the phone kills the page: the words are there when it comes back. */
async function killed(merchant) {
  step("the page is killed and comes back");
  const words = "Tourtes de deux livres.";
  await merchant.go("/espace/publier?neuf=1");
  await merchant.go("/espace/publier");
  await merchant.write("texte", words);
  await merchant.sees("Gardé sur ce téléphone");
  const crash = await merchant.context.newCDPSession(merchant.page);
  crash.send("Page.crash").catch(() => {}); // who is killed does not answer
  await merchant.page.waitForEvent("crash");
  const page = await merchant.context.newPage();
  await page.goto(job.origin + "/espace/publier");
  must("the text", await page.locator("[name=texte]").inputValue(), words);
  await page.locator("#garde").getByText("Nous avons retrouvé votre message").waitFor();
}

/** Somebody elsewhere has replied: the merchant sees it and answers, and readers see both. */
async function answer(merchant, { shop, post, question }) {
  await enter(merchant, shop);
  step("the reply is among the messages");
  await merchant.go("/espace/messages");
  await merchant.follow(question);
  await merchant.sees(question);

  step("an empty answer is said in words");
  await merchant.press(/^Répondre à/);
  await merchant.titled(/^Erreur/);

  step("a ready-made answer fills the field");
  await merchant.follow("Oui, il en reste.");
  must("the answer", await merchant.field("reponse").inputValue(), /^Oui, il en reste\./);
  await merchant.write("reponse", "Oui, jusqu’à 13 h.");
  await merchant.press(/^Répondre à/);
  await merchant.sees("Oui, jusqu’à 13 h.");

  step("readers see both");
  const reader = await person();
  await reader.go(post);
  await reader.sees(question);
  await reader.sees("Oui, jusqu’à 13 h.");
}

/** A reply waits for the merchant's word: nobody sees it until then. */
async function approve(merchant, { shop, post, question }) {
  const reader = await person();
  step("nobody sees the reply yet");
  await reader.go(post);
  must("the reply on the page", await reader.page.getByText(question).count(), 0);

  step("the merchant accepts it");
  await enter(merchant, shop);
  await merchant.go("/espace/messages");
  await merchant.follow(question);
  await merchant.sees("Cette réponse attend votre accord.");
  await merchant.press("Accepter");
  await merchant.page.waitForLoadState();

  step("readers see it");
  await reader.go(post);
  await reader.sees(question);

  step("the merchant hides it again");
  await merchant.go("/espace/messages");
  await merchant.follow(question);
  await merchant.press("Masquer");
  await merchant.page.waitForLoadState();
  await reader.go(post);
  must("the reply on the page", await reader.page.getByText(question).count(), 0);
}
