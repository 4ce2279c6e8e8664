
// ---- the graph on the screen: size, scrolling, a file -------------------------------------------

const LARGEST = 1.9; // a small graph grows no further by itself
const LEGIBLE = 0.5; // below, a whole graph is not read
const SCROLLED = 0.8; // so large is one that opens larger than the window
const ROOM = 24; // pixels: what is read from the last row

/** @type {number | "opening" | "fit"} */
let chosenScale = "opening";

/** How large a point of the picture is. */
function scale() {
  if (typeof chosenScale === "number") return chosenScale;
  const { offsetWidth, offsetHeight } = $("graph");
  const [width, height] = places().size;
  const whole = Math.min((offsetWidth - 4) / width, (offsetHeight - 4) / height);
  if (chosenScale === "fit") return Math.min(whole, LARGEST);
  if (presenting()) return Math.max(whole, ROOM / Number.parseFloat(graph.style.sign));
  return whole < LEGIBLE ? SCROLLED : Math.min(whole, LARGEST);
}

/** Whether the page is shown to a room. */
const presenting = () => document.body.classList.contains("presenting");

/** Show the page to a room, or to whoever sits before it. */
function present() {
  document.body.classList.toggle("presenting");
  put($("present"), "aria-pressed", presenting());
  closeKeys();
  resize("opening");
}

/** Draw it in a size. @param {number | "opening" | "fit"} to */
function resize(to = chosenScale) {
  chosenScale = to;
  const [width, height] = places().size;
  furnish(picture, { width: width * scale(), height: height * scale() });
  follow("auto");
}

/** @param {number} factor */
const zoom = (factor) => resize(Math.max(0.05, Math.min(scale() * factor, 6)));

/** The other way round: from left to right, from top to bottom. @param {Direction} direction */
function turn(direction) {
  state.direction = direction;
  put($("turn"), "text", direction === "LR" ? "↓" : "→");
  put($("turn"), "aria-label", direction === "LR" ? "Top to bottom" : "Left to right");
  drawGraph();
  showGraph();
  resize("opening");
}

// ---- folded boxes: one is opened into a view of its own -------------------------------------------

/** Open the box that a node stands in, where it hides something. @param {number} i */
function openBox(i, byKey = false) {
  const { folded, hides } = boxOf(i);
  if (folded?.opens === undefined) {
    if (folded) goUp(byKey); // what stands beside an open group is seen where that is closed
    return;
  }
  visit(folded.opens, byKey ? hides : []);
}

/** Close what is open. */
function goUp(byKey = false) {
  const { up, name } = view.written;
  if (!name) return;
  const inside = members[graph.groups.findIndex(([group]) => group === name)];
  visit(up, byKey ? inside : []);
}

/** Draw another view; the focus goes to the first box with any of these nodes. @param {number} k @param {number[]} focused */
function visit(k, focused = []) {
  pause();
  enter(k);
  askAgain();
  state.pointed = null;
  makeSliders();
  showWay();
  turn(state.turned ? state.direction : openingDirection());
  show();
  const inside = view.boxes.filter(({ hides }) => hides.some((i) => focused.includes(i)));
  const box = inside.find(({ hides }) => hides.includes(lookedAt())) ?? inside[0];
  if (box) drawnBoxes.get(box)?.group.focus({ preventScroll: true });
}

/** The way from the whole graph to what is open. */
function showWay() {
  const way = [view.written];
  while (way[0].name) way.unshift(graph.views[way[0].up]);
  $("way").hidden = graph.views.length < 2;
  $("way").replaceChildren(...way.flatMap(({ name }, at) => {
    const around = at ? way[at - 1].name : "";
    const text = name ? name.replace(`${around}.`, "") : "Whole graph";
    const here = name === view.written.name;
    const button = make("button", { type: "button", ...(here ? { "aria-current": "true" } : {}) }, text);
    button.addEventListener("click", () => visit(graph.views.findIndex((v) => v.name === name)));
    return at ? [make("span", { "aria-hidden": "true" }, "›"), button] : [button];
  }));
}

/** The node that has to be in view. */
const lookedAt = () => currentNode() ?? variables[0] ?? root;

/** Where a node's box stands in the window of the graph: left, top, width, height. @param {number} i */
function standing(i) {
  const { clientWidth, clientHeight } = $("graph");
  const box = boxOf(i);
  if (!box) return undefined;
  const size = scale();
  const [x, y, width, height] = places().boxes[box.at].map((n) => n * size);
  const inset = [clientWidth, clientHeight] // a picture smaller than the window is centred
    .map((room, k) => Math.max(0, (room - places().size[k] * size) / 2));
  return { left: x + inset[0], top: y + inset[1], width, height };
}

/** Scroll the graph to the node that all is about. @param {ScrollBehavior} behavior */
function follow(behavior = "smooth") {
  const pane = $("graph");
  const box = standing(lookedAt());
  if (!box) return showMap();
  const { left, top, width, height } = box;
  /** @param {number} low @param {number} size @param {number} from @param {number} room */
  const outside = (low, size, from, room) => low < from + 40 || low + size > from + room - 40;
  if (outside(left, width, pane.scrollLeft, pane.clientWidth)
    || outside(top, height, pane.scrollTop, pane.clientHeight)) {
    pane.scrollTo({
      left: left + (width - pane.clientWidth) / 2,
      top: top + (height - pane.clientHeight) / 2,
      behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : behavior,
    });
  }
  return showMap();
}

// ---- the map: all of a graph that is larger than its window -------------------------------------

/** @type {Map<Box, SVGRectElement>} */
const spots = new Map();
const glass = makeSvg("rect", { class: "glass" }); // what the window shows

/** All boxes, small. */
function drawMap() {
  spots.clear();
  for (const box of view.boxes) {
    const [x, y, width, height] = places().boxes[box.at];
    spots.set(box, makeSvg("rect", { x, y, width, height }));
  }
  furnish($("map"), { viewBox: `0 0 ${places().size.join(" ")}` });
  $("map").replaceChildren(...spots.values(), glass);
}

/** The map where it is needed, in the corner in which the current node is not. */
function showMap() {
  const pane = $("graph");
  const [width, height] = places().size;
  const [w, h] = [pane.clientWidth, pane.clientHeight].map((n) => n / scale());
  const whole = width <= w + 1 && height <= h + 1;
  put($("map"), "class", whole ? "off" : "");
  if (whole) return;
  const size = Math.min(0.3 * pane.clientWidth / width, 0.3 * pane.clientHeight / height);
  furnish($("map"), { width: width * size, height: height * size });
  const [x, y] = [pane.scrollLeft, pane.scrollTop].map((n) => n / scale());
  furnish(glass, { x, y, width: Math.min(w, width), height: Math.min(h, height) });
  const current = currentNode();
  const there = current === null ? undefined : boxOf(current);
  for (const [box, spot] of spots) put(spot, "class", box === there ? "current" : "spot");
  const box = standing(lookedAt());
  const right = box && box.left + box.width / 2 - pane.scrollLeft > pane.clientWidth / 2;
  put($("map"), "class", right ? "left" : "right");
}

/** Scroll to a point of the map. @param {PointerEvent} event */
function scrollByMap(event) {
  if (!event.buttons) return;
  const { left, top, width, height } = $("map").getBoundingClientRect();
  const pane = $("graph");
  pane.scrollTo(
    (event.clientX - left) / width * pane.scrollWidth - pane.clientWidth / 2,
    (event.clientY - top) / height * pane.scrollHeight - pane.clientHeight / 2,
  );
}

/** Drag the graph to scroll it, turn the wheel with Ctrl to zoom. */
function enablePanning() {
  const pane = $("graph");
  /** @type {[number, number] | null} */
  let from = null;
  pane.addEventListener("pointerdown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.button || event.pointerType === "touch" || target.closest(".node")) return;
    from = [event.clientX + pane.scrollLeft, event.clientY + pane.scrollTop];
    pane.setPointerCapture(event.pointerId);
  });
  pane.addEventListener("pointermove", (event) => {
    if (from) pane.scrollTo(from[0] - event.clientX, from[1] - event.clientY);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    pane.addEventListener(end, () => { from = null; });
  }
  pane.addEventListener("scroll", showMap);
  for (const event of /** @type {const} */ (["pointerdown", "pointermove"])) {
    $("map").addEventListener(event, scrollByMap);
  }
  pane.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1);
  }, { passive: false });
}

const DRAWN = [
  "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order",
  "font-size", "font-weight", "font-style", "text-anchor", "opacity", "visibility",
];

/** The picture as it is seen, as an SVG file that needs no style sheet. */
function download() {
  const copy = /** @type {SVGSVGElement} */ (picture.cloneNode(true));
  /** @type {[Element, Element][]} */
  const pairs = [[picture, copy]];
  for (const [original, made] of pairs) {
    const style = getComputedStyle(original);
    for (const name of DRAWN) made.setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "tabindex", "role", "aria-description", "data-text"]) made.removeAttribute(name);
    const children = [...original.children];
    for (const [k, child] of children.entries()) pairs.push([child, made.children[k]]);
  }
  const fill = getComputedStyle(document.body).backgroundColor;
  const font = "Helvetica, Arial, sans-serif";
  const [width, height] = places().size;
  furnish(copy, { xmlns: SVG, width, height, "font-family": font });
  copy.prepend(
    makeSvg("title", {}, document.title),
    makeSvg("rect", { width: "100%", height: "100%", fill }),
  );
  const blob = new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
  const link = make("a", { href: URL.createObjectURL(blob), download: "graph.svg" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
