// A merchant says when the shop is open: with the keyboard alone, on a narrow screen, with and without JavaScript.

/** @param tools {step, must, person} of journey.mjs, and its job */
export function hoursAct({ step, must, person, job }) {
  return async function hours(merchant, { link, closed }) {
    const value = (name) => merchant.field(name).inputValue();
    const plain = (words) => words.replaceAll("\u00a0", " ");
    const keys = merchant.page.keyboard;

    step("the merchant comes in");
    await merchant.go(link);
    await merchant.press("Entrer");
    await merchant.page.waitForURL(/\/espace/);
    await merchant.page.setViewportSize({ width: 320, height: 640 });
    await merchant.go("/espace/commerce");
    await merchant.reads("Ma page");
    must("the width of the page", await merchant.page.evaluate(() => document.documentElement.scrollWidth), 320);
    must("the postcode that was typed in one line", await value("code_postal"), "30500");

    step("the week, with the keyboard");
    await merchant.field("mardi").focus();
    await keys.press("Control+A");
    await keys.type("7h-13h et 15h30-19h");
    await keys.press("Tab"); // the box of Tuesday
    await keys.press("Tab");
    await keys.press("Control+A");
    await keys.type("vers 9 h"); // Wednesday
    await keys.press("Tab");
    await keys.press("Tab"); // Thursday
    await keys.press("Tab");
    await keys.press("Space"); // is like Wednesday
    must("the box of Thursday", await merchant.main.locator('[name="veille"][value="jeudi"]').isChecked(), true);
    await merchant.press("Enregistrer");
    await merchant.titled(/^Erreur/);
    must("Tuesday", await value("mardi"), "7h-13h et 15h30-19h");
    must("Wednesday", await value("mercredi"), "vers 9 h");
    must("Wednesday is marked", await merchant.field("mercredi").getAttribute("aria-invalid"), "true");
    await merchant.page.getByRole("alert").getByRole("link").first().click();
    must("where the summary leads", await merchant.page.evaluate(() => document.activeElement.id), "mercredi");
    await merchant.write("mercredi", "");
    await merchant.main.locator('[name="veille"][value="mercredi"]').check();
    await merchant.main.locator('[name="veille"][value="jeudi"]').check();

    step("an inventory in a few days");
    await merchant.write("jour1_du", closed);
    await merchant.write("jour1_mots", "Inventaire");
    await merchant.press("Enregistrer");
    await merchant.sees("C’est enregistré");
    for (const day of ["mardi", "mercredi", "jeudi"]) must(day, plain(await value(day)), "7 h–13 h et 15 h 30–19 h");
    must("Monday", await value("lundi"), "");
    must("the first special day", await value("jour1_du"), closed);
    await merchant.follow("Le voir ou l’annuler");
    await merchant.reads("C’est publié");
    await merchant.sees("Inventaire");

    step("residents see it");
    const resident = await person();
    await resident.page.setViewportSize({ width: job.width, height: job.height });
    await resident.go("/@fournil");
    must("days of the week", await resident.main.locator(".horaires tr").count(), 7);
    must("today", await resident.main.locator(".horaires .auj").count(), 1);
    must("the notice on the door", plain(await resident.main.locator(".ecriteau").first().innerText()), /Fermé le .*Inventaire/s);
    must("the state", plain(await resident.main.locator(".etat").innerText()), /^(Ouvert jusqu’à|Fermé, ouvre) /);
    await resident.go("/commerces");
    must("the state in the list", await resident.main.locator(".rue .ouvert, .rue .ferme").count(), 1);
    await resident.sees("Fermetures annoncées");
    await resident.go("/");
    await resident.sees("Fermeture exceptionnelle");
  };
}
