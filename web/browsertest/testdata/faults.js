document.getElementById("script").textContent = "Sans ce script il manque beaucoup de mots sur cette page. ".repeat(20);
console.error("un mot sur la console");
fetch("http://ailleurs.invalid/").catch(() => {});
document.querySelector("h1").setAttribute("style", "color: red");
setTimeout(() => document.querySelector("main").prepend(Object.assign(document.createElement("div"), { innerHTML: "<p>Un mot de plus</p>".repeat(9) })), 100);
throw new Error("une faute de script");
