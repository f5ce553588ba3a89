// A merchant writes what is not plain news, with and without JavaScript, on a narrow and on a wide screen.

/** @param tools {step, must, until, person} of journey.mjs, and its job */
export function kindsAct({ step, must, until, person, job }) {
  return async function kinds(merchant, { link, photo, day, later }) {
    const { page } = merchant;
    const value = (name) => merchant.field(name).inputValue();
    const plain = (words) => words.replaceAll("\u00a0", " ");
    const preview = async () => plain(await page.locator("aside .apercu").innerText().catch(() => ""));

    step("the merchant comes in");
    await merchant.go(link);
    await merchant.press("Entrer");
    await page.waitForURL(/\/espace/);

    step("news becomes an offer, with its photo");
    await merchant.go("/espace/publier?neuf=1");
    await merchant.write("texte", "Dès 16 h.");
    await merchant.field("photo").setInputFiles(photo);
    await merchant.press("Offre");
    await merchant.field("prix").waitFor();
    await page.getByRole("button", { name: "Retirer la photo" }).waitFor();
    must("the words", await value("texte"), "Dès 16 h.");
    must("the last day", await value("au"), /^\d{4}-\d\d-\d\d$/);

    step("a mistake loses nothing");
    await merchant.write("titre", "Fougasses aux gratons");
    await merchant.write("prix", "deux euros");
    await merchant.write("unite", "la pièce");
    await merchant.press("Publier");
    await merchant.titled(/^Erreur/);
    for (const [name, want] of Object.entries({ titre: "Fougasses aux gratons", prix: "deux euros", unite: "la pièce", texte: "Dès 16 h." })) {
      must(name, await value(name), want);
    }
    must("the price is marked", await merchant.field("prix").getAttribute("aria-invalid"), "true");

    step("there and back");
    await merchant.press("Événement");
    await merchant.field("debut").waitFor();
    must("the name", await value("titre"), "Fougasses aux gratons");
    await merchant.press("Offre");
    await merchant.field("unite").waitFor();
    must("the price that was typed", await value("prix"), "deux euros");

    step("the preview follows");
    await merchant.write("prix", "2,60");
    if (job.javaScript && job.width >= 1280) {
      await until("the preview", preview, /Fougasses aux gratons[^]*2,60 €/);
    }

    step("the offer is out");
    await merchant.press("Publier");
    await merchant.reads("C’est publié");
    must("the card", plain(await merchant.main.locator(".ardoise").innerText()), /Fougasses aux gratons[^]*2,60 €[^]*la pièce[^]*Jusqu’au/);
    const resident = await person();
    await resident.go("/");
    must("the slate in the thread", plain(await resident.main.locator(".fil .ardoise").first().innerText()), /2,60 €/);
    await resident.go("/@fournil");
    await resident.sees("Offres du moment");

    step("all is sold");
    await merchant.follow("Voir la nouvelle");
    await merchant.follow("L’offre est finie");
    await merchant.reads("Comment finit l’offre ?");
    await merchant.press("Tout est parti");
    must("the slate", plain(await merchant.main.locator(".ardoise").innerText()), /Tout est parti/);

    step("an event, its day in words");
    await merchant.go("/espace/publier?genre=evenement");
    must("the place", await value("lieu"), /4 place de la Fontaine/);
    await merchant.write("titre", "Fournée ouverte");
    await merchant.field("jour").evaluate((field) => { field.type = "text"; }); // a browser without a field for days
    await merchant.write("jour", day);
    await merchant.write("debut", "09:00");
    await merchant.press("Publier");
    await merchant.reads("C’est publié");
    await merchant.follow("Voir la nouvelle");
    must("the hour", plain(await merchant.main.locator(".rdv").innerText()), /À 9 h/);
    await merchant.follow("Reporter");
    await merchant.write("jour", later);
    await merchant.press("Reporter à ce jour");
    must("the event", plain(await merchant.main.locator(".rdv").innerText()), /Reporté à cette date/);
    await resident.go("/agenda");
    await resident.sees("Fournée ouverte");
    const file = await resident.page.request.get(job.origin + "/agenda.ics");
    must("the calendar", await file.text(), /SUMMARY:Fournée ouverte/);

    step("a product in the window, then in the thread");
    await merchant.go("/espace/publier?genre=produit");
    await merchant.write("titre", "Seigle au levain");
    await merchant.write("prix", "4,80");
    await merchant.press("Publier");
    await merchant.reads("C’est publié");
    await resident.go("/@fournil");
    must("the window", plain(await resident.main.locator(".etal").innerText()), /Seigle au levain[^]*4,80 €/);
    await merchant.follow("Mettre en avant");
    await merchant.press("Mettre en avant");
    await resident.go("/");
    must("the thread", plain(await resident.main.locator(".produit").innerText()), /Seigle au levain/);

    step("what the page sends");
    await resident.page.getByRole("contentinfo").getByRole("link", { name: "Ce que cette page envoie" }).click();
    await resident.reads("Ce qui part vers les autres réseaux");
    must("the document", JSON.parse(await resident.main.locator("pre").innerText()).type, "Application");
  };
}
