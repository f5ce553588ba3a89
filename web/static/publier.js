// The composer, enhanced. Without this file the form works as it is.
// Draft per (account, kind, item) on this device, photo made smaller before it leaves, progress while it does.
// All words come from the form (data-mots-...), so that this file speaks both languages.
const week = 7 * 864e5;

function enhance(form) {
  let photo = null;
  const key = "bourg:" + form.dataset.brouillon, mots = form.dataset;
  const text = form.elements.texte, file = form.elements.photo, status = document.getElementById("garde");
  const say = (s) => { status.textContent = s; };
  const typed = [...form.elements].filter((e) => e.name && e.name !== "alt" && /^(text|textarea|date|time)$/.test(e.type));
  const values = () => Object.fromEntries(typed.map((e) => [e.name, e.value]));
  const first = JSON.stringify(values()); // what the server knows: nothing of it needs keeping
  const keep = () => {
    if (JSON.stringify(values()) === first) return;
    try { localStorage.setItem(key, JSON.stringify({ v: values(), d: Date.now() })); } catch { /* private mode */ }
  };
  const forget = () => { try { localStorage.removeItem(key); } catch { /* private mode */ } };

  // Never fill a field that already holds something; say what was done.
  if (new URLSearchParams(location.search).has("neuf")) forget();
  try {
    const old = JSON.parse(localStorage.getItem(key) || "null");
    if (old && Date.now() - old.d > week) forget();
    else if (old?.v && !text.value && !form.elements.titre?.value) {
      for (const e of typed) if (!e.value && old.v[e.name]) { e.value = old.v[e.name]; say(mots.motsRetrouve); }
    }
  } catch { /* nothing kept */ }

  let pause;
  form.addEventListener("input", (e) => {
    clearTimeout(pause);
    pause = setTimeout(() => { look(); if (typed.includes(e.target)) { keep(); say(mots.motsGarde); } }, 600);
  });

  // How it will look, where there is room to see it: the server draws it, as it draws the page itself.
  let drawn = 0;
  const look = async () => {
    if (!matchMedia("(min-width: 60rem)").matches) return;
    const mine = ++drawn, data = new FormData(form);
    data.delete("photo");
    data.set("geste", "apercu");
    try {
      const answer = await fetch(form.action, { method: "POST", body: data });
      const card = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("aside .apercu");
      if (!card || mine !== drawn || form.dataset.parti) return;
      document.querySelector("aside .apercu").replaceWith(card);
      place();
    } catch { /* no network: the last one stays */ }
  };
  const place = () => { // a photo that has not left yet
    const card = document.querySelector("aside .apercu .avis");
    if (!photo || !card) return;
    card.querySelector(".photo")?.remove();
    const box = document.createElement("div");
    box.className = "photo cadre";
    box.append(Object.assign(new Image(640, 480), { src: URL.createObjectURL(photo), alt: "" }));
    card.querySelector(".qui").after(box);
  };
  addEventListener("pagehide", () => { if (!form.dataset.parti) keep(); });
  file.addEventListener("click", keep); // before the camera opens: it may kill the page

  for (const a of form.querySelectorAll(".amorces a")) a.addEventListener("click", (e) => {
    e.preventDefault();
    text.value = a.dataset.texte + " " + text.value;
    text.focus();
  });

  const show = () => { // the thumbnail, beside the words that say so
    const box = document.getElementById("vignette"), img = new Image();
    img.width = 640; img.height = 480; img.alt = ""; img.src = URL.createObjectURL(photo);
    img.onload = img.onerror = () => URL.revokeObjectURL(img.src);
    box.querySelector("picture, img")?.remove();
    box.prepend(img);
    box.querySelector("p").textContent = mots.motsPrete + ", " + Math.max(1, Math.round(photo.size / 1000)) + " " + mots.motsKo;
    box.hidden = false;
    document.getElementById("decrire").open = true;
    const label = form.querySelector("label[for=photo]");
    label.lastElementChild.textContent = mots.motsChanger;
    label.parentElement.classList.add("petite");
    place();
    say(mots.motsPrete);
  };
  file.addEventListener("change", async () => {
    const raw = file.files[0];
    if (!raw) return;
    photo = raw;
    try {
      const bmp = await createImageBitmap(raw, { imageOrientation: "from-image" });
      const k = Math.min(1, 1600 / Math.max(bmp.width, bmp.height));
      const c = Object.assign(document.createElement("canvas"), { width: Math.round(bmp.width * k), height: Math.round(bmp.height * k) });
      c.getContext("2d").drawImage(bmp, 0, 0, c.width, c.height);
      bmp.close();
      const small = await new Promise((ok) => c.toBlob(ok, "image/jpeg", .82));
      if (small && small.size < raw.size && file.files[0] === raw) photo = small;
    } catch { /* the server reads what the browser cannot */ }
    if (file.files[0] === raw) show();
  });

  form.addEventListener("submit", (e) => {
    if (e.submitter?.name === "vers") forget(); // the server keeps it, under the other kind
    else keep(); // until an answer has come
    form.dataset.parti = "1";
    if (!photo) return; // words alone are quick, and a browser sends them by itself
    e.preventDefault();
    const data = new FormData(form, e.submitter), req = new XMLHttpRequest();
    data.set("photo", photo, "photo.jpg");
    const stay = (why) => { delete form.dataset.parti; say(why); };
    req.upload.onprogress = (p) => { if (p.lengthComputable) say(mots.motsEnvoi + " " + Math.round(100 * p.loaded / p.total) + " %"); };
    req.onload = () => {
      if (req.status === 422 || e.submitter?.name === "vers") return replace(req.responseText);
      if (req.status >= 400) return stay(mots.motsEchec);
      forget();
      location.href = req.responseURL;
    };
    req.onerror = () => stay(mots.motsReseau);
    req.open("POST", form.action);
    req.send(data);
  });
}

// A form that the server sent back with errors takes the place of this one, its words and photo in it.
function replace(html) {
  const doc = new DOMParser().parseFromString(html, "text/html");
  document.title = doc.title;
  document.body.replaceWith(doc.body);
  start();
  document.querySelector(".resume")?.focus();
}

function start() {
  const form = document.querySelector("form[data-brouillon]");
  if (form) enhance(form);
}

// A page that says the news is out: what was kept for it is no longer needed.
const done = document.querySelector("[data-oublie]");
if (done) try { localStorage.removeItem("bourg:" + done.dataset.oublie); } catch { /* private mode */ }

start();
