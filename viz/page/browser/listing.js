
// ---- the code: which line made a node, and which steps a line has -------------------------------

/** The name of a line. @param {number} block @param {number} number */
const lineKey = (block, number) => `${block}:${number}`;

/** The line that made a node; empty where it is not known. @param {number} i */
function lineOf(i) {
  const { line } = nodes[i];
  return line ? lineKey(...line) : "";
}

/** @type {Map<string, number[]>} */
const madeBy = new Map(); // the nodes of each line, in their order
for (const i of indices.filter((j) => !isConstant(j))) {
  if (lineOf(i)) madeBy.set(lineOf(i), [...madeBy.get(lineOf(i)) ?? [], i]);
}

/**
 * The line that all is about, whether forwards or backwards, and which of its nodes it is.
 * @returns {{key: string, arrow: string, count: string}}
 */
function currentLine() {
  const i = state.pointed ?? currentNode();
  const key = i === null ? "" : lineOf(i);
  if (i === null || !key) return { key, arrow: "", count: "" };
  const made = madeBy.get(key) ?? [];
  const back = state.mode === "steps" && steps[position() - 1]?.pass === "Backward";
  const count = made.length > 1 ? `${made.indexOf(i) + 1} of ${made.length}` : "";
  return { key, arrow: back ? "←" : "→", count };
}

/** The position of the next step of a line, in the pass in which one is if it can be. @param {string} key */
function stepOfLine(key) {
  const here = steps[position() - 1]?.pass ?? "Forward";
  const boxes = new Set((madeBy.get(key) ?? []).map(boxOf)); // what is folded has the step of its box
  const all = steps.flatMap(({ pass, node }, at) => (boxes.has(boxOf(node)) ? [{ pass, to: at + 1 }] : []));
  const same = all.filter(({ pass }) => pass === here);
  const found = same.length ? same : all;
  return (found.find(({ to }) => to > position()) ?? found[0])?.to;
}

/** The next node of a line. @param {string} key */
function nodeOfLine(key) {
  const made = madeBy.get(key) ?? [];
  return made[(made.indexOf(currentNode() ?? -1) + 1) % made.length];
}

/** What is said of a line to those who hear the page. @param {string} key @param {number} number @param {string} text */
function lineText(key, number, text) {
  const made = madeBy.get(key) ?? [];
  const names = listing(made.map((i) => nodes[i].name), 4, ", ");
  return `line ${number}: ${text.trim()}, makes ${plain(names)}`;
}
