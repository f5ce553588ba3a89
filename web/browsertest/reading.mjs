// The readers' journey, an act of journey.mjs.

import { report } from "./browser.mjs";

/** Walks through everything that a reader may open, in two languages and two lights. */
export async function read(reader, { origin, width, shop, news }) {
  const { page, main } = reader;
  const step = (words) => report({ step: words });
  const must = (what, got, want) => {
    if (got !== want) throw new Error(`${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
  };

  step("the thread, and what is older");
  await reader.go("/");
  await reader.reads("Le fil du bourg");
  must("entries", await main.locator("article").count(), 20);
  const newest = await main.locator("article").first().innerText();
  await reader.follow("Nouvelles plus anciennes");
  await page.waitForURL(/avant=/);
  must("entries that come again", await main.getByText(newest, { exact: true }).count(), 0);
  await reader.follow("Revenir aux dernières nouvelles");
  await page.waitForURL((url) => !url.search);

  step("a shop, and a piece of its news");
  await reader.go("/commerces");
  await reader.follow(shop);
  await reader.reads(shop);
  await reader.go(news.path);
  await reader.reads(shop);
  await reader.sees(news.reply);

  step("answering from one's own account");
  await reader.write("adresse", "pas une adresse");
  await reader.press("Répondre de chez moi");
  must("an address that is none: errors", await main.locator(".resume li").count(), 1);
  await reader.write("adresse", "@odile@ailleurs.example");
  await reader.press("Répondre de chez moi");
  const onward = main.getByRole("link", { name: "Continuer sur ailleurs.example" });
  must("the way onward", new URL(await onward.getAttribute("href")).host, "ailleurs.example");

  step("following a shop");
  await reader.go(news.path);
  await reader.follow(/^Suivre/);
  await reader.sees(/^@\w+@/);
  await reader.write("adresse", "@odile@ailleurs.example");
  await reader.press(/^Suivre/);
  await onward.waitFor();

  step("searching");
  await reader.go("/");
  if (width < 960) {
    await page.getByRole("banner").getByRole("link", { name: "Chercher" }).click();
    await main.getByRole("searchbox").fill("seigle");
    await main.getByRole("button", { name: "Chercher" }).click();
  } else {
    await page.getByRole("banner").getByRole("searchbox").fill("seigle");
    await page.getByRole("banner").getByRole("button", { name: "Chercher" }).click();
  }
  await reader.sees(/résultats? pour/);
  await reader.sees(/seigle ce matin/);

  step("a page that is not there");
  const lost = await reader.go("/ruelle-perdue");
  must("status", lost.status(), 404);
  await reader.reads("Cette page n’est plus à cette adresse");

  step("every page, in both languages");
  for (const path of ["/", "/commerces", "/recherche?q=pain", "/suivre", "/connexion", "/accessibilite", "/mentions-legales", news.shopPath, news.path]) {
    await reader.go(path);
    await page.getByRole("contentinfo").getByRole("link", { name: "English" }).click();
    must("the language of " + page.url(), await page.locator("html").getAttribute("lang"), "en");
    must("the English page of " + path, page.url(), origin + "/en" + (path === "/" ? "/" : path));
    await page.getByRole("contentinfo").getByRole("link", { name: "Français" }).click();
    must("the page of " + path, page.url(), origin + path);
  }

  step("the colours of the visitor's choice");
  await reader.go(news.shopPath);
  await page.getByRole("contentinfo").getByRole("button", { name: "Sombre" }).click();
  await page.waitForURL(origin + news.shopPath);
  must("the colours", await page.locator("html").getAttribute("data-theme"), "sombre");
  await reader.go("/en/");
  must("the colours elsewhere", await page.locator("html").getAttribute("data-theme"), "sombre");
  await page.getByRole("contentinfo").getByRole("button", { name: "Automatic" }).click();
  must("the colours", await page.locator("html").getAttribute("data-theme"), null);
}
