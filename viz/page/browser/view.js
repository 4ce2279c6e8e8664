
// ---- the graph on the screen: size, scrolling, a file -------------------------------------------

let chosenScale = 0; // 0: as large as it fits

/** How large a point of the picture is. */
function scale() {
  const { clientWidth, clientHeight } = $("stage");
  const whole = Math.min((clientWidth - 4) / WIDTH, (clientHeight - 4) / HEIGHT);
  return chosenScale || (whole < 0.5 ? 0.8 : Math.min(whole, 1.9)); // what is large is scrolled
}

/** Draw it in a size, 0 for as large as it fits. @param {number} to */
function resize(to = chosenScale) {
  chosenScale = to;
  furnish(picture, { width: WIDTH * scale(), height: HEIGHT * scale() });
}

/** @param {number} factor */
const zoom = (factor) => resize(Math.max(0.1, Math.min(scale() * factor, 4)));

/** Scroll the graph to the node that all is about. */
function follow() {
  const box = graph.boxes[currentNode() ?? -1];
  if (!box) return;
  const view = $("graph");
  const [x, y, width, height] = box.map((n) => n * scale());
  /** @param {number} low @param {number} size @param {number} from @param {number} room */
  const outside = (low, size, from, room) => low < from + 40 || low + size > from + room - 40;
  if (!outside(x, width, view.scrollLeft, view.clientWidth)
    && !outside(y, height, view.scrollTop, view.clientHeight)) return;
  view.scrollTo({
    left: x + (width - view.clientWidth) / 2,
    top: y + (height - view.clientHeight) / 2,
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
  });
}

/** Drag the graph to scroll it, turn the wheel with Ctrl to zoom. */
function enablePanning() {
  const view = $("graph");
  /** @type {[number, number] | null} */
  let from = null;
  view.addEventListener("pointerdown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.button || event.pointerType === "touch" || target.closest(".node")) return;
    from = [event.clientX + view.scrollLeft, event.clientY + view.scrollTop];
    view.setPointerCapture(event.pointerId);
  });
  view.addEventListener("pointermove", (event) => {
    if (from) view.scrollTo(from[0] - event.clientX, from[1] - event.clientY);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    view.addEventListener(end, () => { from = null; });
  }
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1);
  }, { passive: false });
}

const DRAWN = [
  "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order",
  "font-size", "font-weight", "text-anchor", "opacity", "visibility",
];

/** The picture as it is seen, as an SVG file that needs no style sheet. */
function download() {
  const copy = /** @type {SVGSVGElement} */ (picture.cloneNode(true));
  /** @type {[Element, Element][]} */
  const pairs = [[picture, copy]];
  for (const [original, made] of pairs) {
    const style = getComputedStyle(original);
    for (const name of DRAWN) made.setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "tabindex", "role", "aria-label"]) made.removeAttribute(name);
    const children = [...original.children];
    for (const [k, child] of children.entries()) pairs.push([child, made.children[k]]);
  }
  const fill = getComputedStyle(document.body).backgroundColor;
  const font = "Helvetica, Arial, sans-serif";
  furnish(copy, { xmlns: SVG, width: WIDTH, height: HEIGHT, "font-family": font });
  copy.prepend(
    makeSvg("title", {}, document.title),
    makeSvg("rect", { width: "100%", height: "100%", fill }),
  );
  const blob = new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
  const link = make("a", { href: URL.createObjectURL(blob), download: "graph.svg" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
