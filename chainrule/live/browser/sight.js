// A frame that shows what Python has made of a Value.  Its policy runs no script but this one, and
// what pictures and tables are not made of is left out: a link could have a host called.

const MARGIN = 16; // pixels around a picture, both sides together
const MADE_OF = new Set(`b br code div g i p path polygon rect span sub sup svg table tbody td text th
  thead title tr`.split(/\s+/));
const LEAST = 0.6; // of its size: a picture that is larger still is scrolled

/**
 * @typedef {object} Sight
 * @property {number} number  counts them
 * @property {string} html  of a picture or of tables
 * @property {string} said  in place of it
 * @property {boolean} dark
 * @property {number} scale  of the type
 */

const seen = /** @type {HTMLElement} */ (document.getElementById("seen"));
const largest = Number(seen.dataset.largest); // of its size, as showing.py has it
let scale = 1;

/** A picture as large as there is room, up to some times its own size. */
function fit() {
  const picture = seen.querySelector(":scope > svg");
  seen.className = picture ? "picture" : seen.className.replace("picture", "");
  if (!picture) return;
  const [, , width, height] = String(picture.getAttribute("viewBox")).split(" ").map(Number);
  const room = Math.min((innerWidth - MARGIN) / width, (innerHeight - MARGIN) / height);
  const factor = Math.max(LEAST, Math.min(room, largest * scale));
  picture.setAttribute("width", String(factor * width));
  picture.setAttribute("height", String(factor * height));
}

/** What is seen of HTML; nothing is loaded while it is read. @param {string} html */
function clean(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const one of body.querySelectorAll("*")) if (!MADE_OF.has(one.localName)) one.remove();
  return body.childNodes;
}

/** @param {Sight} sight */
function show({ number, html, said, dark, scale: wanted }) {
  scale = wanted;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.documentElement.style.fontSize = `${100 * scale}%`;
  if (html) seen.replaceChildren(...clean(html));
  else if (said) seen.textContent = said;
  seen.classList.toggle("said", Boolean(said) && !html);
  fit();
  requestAnimationFrame(() => setTimeout(() => window.parent.postMessage({ painted: number }, "*")));
}

window.addEventListener("message", ({ source, data }) => {
  if (source === window.parent) show(data);
});
window.addEventListener("resize", fit);
window.parent.postMessage({ painted: 0 }, "*"); // it listens

export {};
