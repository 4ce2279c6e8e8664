
// ---- the slope: a curve with its tangent and a nudge --------------------------------------------

const NEAREST = 20; // halvings of the stretch, and doublings
const LONGEST_TICK = 9; // characters

/** The picture and its numbers, where they are wanted. @param {HTMLInputElement | null} typed */
function showSlope(typed = null) {
  if ($("slope").hidden) return;
  const view = viewOfCurve();
  const { of, over } = view.subject;
  const { tangent, change, remark } = slopeWords(view);
  const key = `${of} over ${over}`;
  field("subject").value = lens.chosen ? key : "";
  write("curved", said`${called(of)} over ${called(over)}, all else fixed`);
  for (const [id, parts] of /** @type {[string, Part[]][]} */ ([["tangent", tangent], ["change", change]])) {
    $(id).style.setProperty("--length", String(parts.reduce((n, part) => n + room(part), 2)));
    write(id, parts, true);
  }
  write("remark", remark);
  write("nudged", said`d${called(over)}`);
  const text = String(view.nudge);
  if (typed !== field("nudge") && field("nudge").value !== text) field("nudge").value = text;
  field("nudging").value = String(lens.share);
  put($("nudging"), "aria-valuetext", text);
  for (const id of ["nudge", "nudging"]) put($(id), "aria-label", `nudge d${nodes[over].name}`);
  put($("closer"), "aria-disabled", lens.nearer >= NEAREST);
  put($("farther"), "aria-disabled", lens.nearer <= -NEAREST);
  if (asksForValue(view.subject)) $("plot").replaceChildren(); // an axis would tell the answer
  else drawSlope(view);
}

/** The curves there are. */
function makeSubjects() {
  const { variables: moved, operations } = subjects();
  /** @param {string} label @param {Subject[]} list */
  const group = (label, list) => (list.length ? [make("optgroup", { label }, ...list.map(({ of, over }) => make(
    "option", { value: `${of} over ${over}` }, `${nodes[of].name} over ${nodes[over].name}`,
  )))] : []);
  $("subject").append(
    make("option", { value: "" }, "as the steps go"),
    ...group("the root", moved), ...group("one operation", operations),
  );
}

/** @param {string} key */
function chooseSubject(key) {
  const { variables: moved, operations } = subjects();
  lens.chosen = [...moved, ...operations].find(({ of, over }) => `${of} over ${over}` === key) ?? null;
  showSlope();
}

/** Another nudge, as a part of half the stretch. @param {number} share */
function nudgeBy(share, typed = /** @type {HTMLInputElement | null} */ (null)) {
  if (!Number.isFinite(share) || share === 0) return;
  lens.share = share;
  showSlope(typed);
}

/** Halve or double what is seen, and the nudge with it. @param {number} by */
function goNearer(by) {
  lens.nearer = Math.max(-NEAREST, Math.min(lens.nearer + by, NEAREST));
  showSlope();
}

/** @param {CurveView} view */
function drawSlope(view) {
  const { clientWidth: width, clientHeight: height } = $("plot");
  if (!width || !height) return;
  const size = Number.parseFloat(getComputedStyle($("plot")).fontSize);
  const upright = ticks(view.heights, Math.max(2, Math.min(6, height / (2.6 * size))));
  const longest = Math.max(...upright.map(({ text }) => text.length), 1);
  const [left, right, top, bottom] = [(0.62 * longest + 0.6) * size, 0.6 * size, 1.5 * size, 2.7 * size];
  const [w, h] = [width - left - right, height - top - bottom];
  const [low, high] = view.stretch;
  const [lowest, highest] = view.heights;
  const far = 50 * height; // out of sight, and yet a number that a browser can draw
  /** @param {number} x */
  const xOf = (x) => (x - low) / (high - low) * w;
  /** @param {number} y */
  const yOf = (y) => Math.max(-far, Math.min(h - (y - lowest) / (highest - lowest) * h, far));
  const level = ticks(view.stretch, Math.max(2, Math.min(8, w / (0.62 * LONGEST_TICK * size))));
  const axes = [
    ...level.map(({ x }) => makeSvg("path", { class: x ? "grid" : "grid zero", d: `M${xOf(x)},0V${h}` })),
    ...upright.map(({ x: y }) => makeSvg("path", { class: y ? "grid" : "grid zero", d: `M0,${yOf(y)}H${w}` })),
  ];
  const shades = view.sampled.gaps.map(([a, b]) => makeSvg("rect", {
    class: "gap", x: xOf(a), y: 0, width: Math.max(xOf(b) - xOf(a), 1), height: h,
  }));
  const lines = view.sampled.pieces.map((piece) => makeSvg("polyline", {
    class: "curve", points: piece.map(([x, y]) => `${round1(xOf(x))},${round1(yOf(y))}`).join(" "),
  }));
  const texts = [
    ...level.map(({ x, text }) => makeSvg("text", { class: "tick level", x: left + xOf(x), y: top + h + 1.2 * size }, text)),
    ...upright.map(({ x: y, text }) => makeSvg("text", { class: "tick", x: left - 0.4 * size, y: top + yOf(y) + 0.35 * size }, text)),
    makeSvg("text", { class: "axis-name", x: left, y: size }, ...nameInPicture(view.subject.of)),
    makeSvg("text", { class: "axis-name end", x: width - right, y: top + h + 2.4 * size }, ...nameInPicture(view.subject.over)),
  ];
  const inside = makeSvg("svg", { x: left, y: top, width: w, height: h, overflow: "hidden" },
    ...shades, ...axes, ...lines, ...nudgeParts(view, xOf, yOf, w + h, size));
  $("plot").replaceChildren(makeSvg("svg", {
    width, height, role: "img", "aria-label": pictureText(view), "font-size": size,
  }, ...texts, inside, makeSvg("rect", { class: "rim", x: left, y: top, width: w, height: h })));
  plotted = { left, width: w };
}

let plotted = { left: 0, width: 1 }; // where the stretch lies on the picture, in pixels

/** @param {number} x */
const round1 = (x) => Math.round(x * 10) / 10;

/**
 * The tangent, the nudge with what it gives on the tangent and on the curve, and the point.
 * @param {CurveView} view @param {(x: number) => number} xOf @param {(y: number) => number} yOf
 * @param {number} length  of a line that leaves the picture @param {number} size  of type
 */
function nudgeParts(view, xOf, yOf, length, size) {
  const { here: [x, y], slope: steep, nudge, there, subject: { of, over } } = view;
  if (!Number.isFinite(y)) return [];
  const [cx, cy] = [xOf(x), yOf(y)];
  const dot = makeSvg("circle", { class: "point", cx, cy, r: 0.42 * size });
  if (steep === undefined || Number.isNaN(steep)) return [dot];
  const [across, up] = [xOf(x + 1) - cx, Number.isFinite(steep) ? steep * (yOf(y) - yOf(y + 1)) : Infinity];
  const norm = Math.hypot(across, up);
  const [dx, dy] = Number.isFinite(norm) ? [across / norm, up / norm] : [0, 1];
  const tangent = makeSvg("path", {
    class: "tangent",
    d: `M${cx - dx * length},${cy + dy * length}L${cx + dx * length},${cy - dy * length}`,
  });
  const [end, aside] = [xOf(x + nudge), Math.sign(nudge) * 0.7 * size];
  const [touch, reached] = [yOf(y + steep * nudge), yOf(there)];
  /** @param {string} name @param {number} at @param {number} toY @param {number} offset @param {string} letter @param {number} node */
  const leg = (name, at, toY, offset, letter, node) => {
    const anchor = (offset > 0) === (nudge > 0) ? (nudge > 0 ? "" : " end") : (nudge > 0 ? " end" : "");
    const middle = Math.max(size, Math.min((cy + toY) / 2 + 0.35 * size, length));
    return [
      makeSvg("path", { class: name, d: `M${at},${cy}V${toY}` }),
      makeSvg("text", { class: `${name}-name${anchor}`, x: at + offset, y: middle },
        makeSvg("tspan", {}, letter), ...nameInPicture(node)),
    ];
  };
  const ground = makeSvg("path", { class: "ground", d: `M${cx},${cy}H${end + aside}` });
  const below = steep * nudge < 0 ? -0.4 * size : 1.1 * size; // where the legs are not
  return [
    tangent, ground,
    ...(Number.isFinite(touch) && Number.isFinite(steep) ? leg("touch", end, touch, -0.35 * size, "d", of) : []),
    ...(Number.isFinite(there) ? [
      makeSvg("path", { class: "ground", d: `M${end},${reached}H${end + aside}` }),
      ...leg("reached", end + aside, reached, 0.35 * size, "Δ", of),
      makeSvg("circle", { class: "target", cx: end, cy: reached, r: 0.3 * size }),
    ] : []),
    makeSvg("text", { class: "ground-name", x: (cx + end) / 2, y: cy + below }, makeSvg("tspan", {}, "d"), ...nameInPicture(over)),
    dot,
  ];
}

/** The picture for those who hear it. @param {CurveView} view */
function pictureText({ subject: { of, over }, stretch, here: [x, y], slope: steep, nudge, there }) {
  const [a, b] = [nodes[of].name, nodes[over].name];
  const told = steep === undefined ? ""
    : `, slope ${shown(steep)}; at ${shown(x + nudge)} ${Number.isFinite(there) ? shown(there) : "no value"}`;
  return `${a} over ${b} from ${shown(stretch[0])} to ${shown(stretch[1])}: at ${b} = ${shown(x)} `
    + `${Number.isFinite(y) ? `${a} = ${shown(y)}` : "no value"}${told}`;
}

/** Listens to what moves the nudge and the curve. */
function enableSlopes() {
  makeSubjects();
  $("subject").addEventListener("change", () => chooseSubject(field("subject").value));
  $("nudging").addEventListener("input", () => nudgeBy(Number(field("nudging").value)));
  $("nudge").addEventListener("input", () => {
    const [low, high] = stretchOf(subject());
    nudgeBy((read(field("nudge").value) ?? NaN) / ((high - low) / 2), field("nudge"));
  });
  $("closer").addEventListener("click", () => goNearer(1));
  $("farther").addEventListener("click", () => goNearer(-1));
  for (const event of /** @type {const} */ (["pointerdown", "pointermove"])) {
    $("plot").addEventListener(event, nudgeByPointer);
  }
  new ResizeObserver(() => showSlope()).observe($("plot"));
}

/** The nudge goes where the pointer is pressed. @param {PointerEvent} event */
function nudgeByPointer(event) {
  if (!event.buttons) return;
  const found = subject();
  const [low, high] = stretchOf(found);
  const at = (event.clientX - $("plot").getBoundingClientRect().left - plotted.left) / plotted.width;
  if (at < 0 || at > 1) return;
  const x = low + at * (high - low);
  nudgeBy(Math.round(40 * (x - values[found.over]) / (high - low)) / 20);
}
