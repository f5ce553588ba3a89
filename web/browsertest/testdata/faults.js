document.getElementById("script").textContent = "Sans ce script il manque beaucoup de mots sur cette page. ".repeat(20);
console.error("un mot sur la console");
fetch("http://ailleurs.invalid/").catch(() => {});
document.querySelector("h1").setAttribute("style", "color: red");
throw new Error("une faute de script");
