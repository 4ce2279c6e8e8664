
// ---- mathematics as it is written: letters slanted, subscripts, fractions -----------------------

/** What arithmetic is written with: a raised point, a sign as long as a plus. @param {string} text */
const pretty = (text) =>
  text.replaceAll(" * ", " · ").replace(/(^|[^\w)\]])-(?=[\d(.]|inf|nan|$)/g, "$1−").replace(" - ", " − ");

/** A node's name. @param {number} i */
function nameOf(i) {
  const { math, name } = nodes[i];
  if (!math) return make("span", { class: "letters" }, name);
  const [base, below, above] = math;
  const parts = [make("i", {}, base)];
  if (below) parts.push(make("sub", {}, below));
  if (above) parts.push(make("sup", {}, above));
  return make("span", { class: "letters" }, ...parts);
}

/** A derivative, above a bar and below it, or on one line. @param {Derivative} part */
function derivativeOf({ top, bottom, direct }, stacked = false) {
  const [above, below] = [top, bottom].map((i) => make("span", {}, "∂", nameOf(i)));
  const slash = make("span", { class: "slash" }, "/"); // read out, and copied
  const mark = direct ? [make("sub", {}, "direct")] : [];
  return make("span", { class: stacked ? "fraction" : "letters" }, above, slash, below, ...mark);
}

/**
 * Parts of a text as elements; `stacked` writes derivatives as fractions.
 * @param {Part[]} parts @returns {Child[]}
 */
function typeset(parts, stacked = false) {
  return parts.map((part) => {
    if (typeof part === "string") return pretty(part);
    if ("node" in part) return nameOf(part.node);
    if ("up" in part) return make("sup", {}, ...typeset(part.up));
    return "big" in part ? termOf(part) : derivativeOf(part, stacked);
  });
}

/** A number with its letters above. @param {Term} term */
function termOf({ big, small, upstream, result }) {
  const classes = `term${upstream ? " upstream" : ""}${result ? " result" : ""}`;
  const letters = make("small", { "aria-hidden": "true" }, ...typeset(small));
  return make("span", { class: classes }, letters, make("span", {}, pretty(big)));
}

/** Show parts in an element, their plain text beside them. @param {string} id @param {Part[]} parts */
function write(id, parts, stacked = false) {
  const text = plain(parts);
  if ($(id).dataset.plain === text) return;
  $(id).dataset.plain = text;
  $(id).replaceChildren(...typeset(parts, stacked));
}

/** A node's name in the picture, where subscripts are lowered by hand. @param {number} i */
function nameInPicture(i) {
  const { math, name, shortName } = nodes[i];
  if (shortName ?? !math) return [makeSvg("tspan", {}, shortName ?? name)];
  const [base, below, above] = /** @type {[string, string, string]} */ (math);
  const parts = [makeSvg("tspan", { class: "slanted" }, base)];
  if (below) parts.push(makeSvg("tspan", { class: "small", dy: 4 }, below));
  if (above) parts.push(makeSvg("tspan", { class: "small", dy: below ? -11 : -7 }, above));
  const back = above ? 7 : below ? -4 : 0;
  return back ? [...parts, makeSvg("tspan", { dy: back }, "\u200a")] : parts;
}
