
// ---- one example through the network, as a graph for the page of `explore` --------------------------
// What stands here is what explore.py gives for a graph of Values: nodes, views, and where all stands.

/** A node as that page takes it. @typedef {Record<string, any>} WrittenNode */
/**
 * A box of a view.
 * @typedef {object} Placed
 * @property {number[]} hides
 * @property {number} column
 * @property {number} frame  the layer that it is in, or -1
 * @property {number} [opens]  the view that shows what it hides
 * @property {number} width
 * @property {number} height
 */

const [BOX_GAP, COLUMN_GAP, PORT] = [26, 120, 19]; // between boxes, between columns, between arrows

/** JSON has no word for inf and nan. @param {number} x */
const writable = (x) => (Number.isFinite(x) ? x : shown(x));

/** A name as that page writes it. @param {string} letter @param {(number | string)[]} below */
const called = (letter, ...below) => ({
  name: below.length ? `${letter}[${below.join(",")}]` : letter, math: [letter, below.join(","), ""],
});

/**
 * The names of slots: of inputs, parameters, neurons, and what is between.
 * @param {Network} network @param {string[]} features
 */
function namesOf({ program, inputs, layers, loss }, features) {
  /** @type {Map<number, WrittenNode>} */
  const names = new Map();
  for (const [i, slot] of inputs.entries()) {
    const name = called("x", i);
    names.set(slot, { ...name, label: features[i] === name.name ? "" : features[i], given: true });
  }
  for (const [l, layer] of layers.entries()) {
    for (const [j, { weights, bias, a, z }] of layer.entries()) {
      for (const [i, w] of weights.entries()) names.set(w, called("w", l, j, i));
      if (bias !== null) names.set(bias, called("b", l, j));
      names.set(a, called("a", l, j));
      if (z !== a) names.set(z, called("z", l, j));
    }
  }
  let count = 0;
  for (const { at } of program.results) {
    if (names.has(at) || !program.moves[at]) continue;
    if (at !== loss) count += 1;
    names.set(at, at === loss ? called("loss") : { name: `v${count}`, math: ["v", String(count), ""] });
  }
  return names;
}

/**
 * The graph of the loss of the example that the network was run on last.
 * @param {Network} network @param {string} title @param {string[]} features
 */
function lossGraph(network, title, features) {
  const { program, loss, inputs } = network;
  const { values, moves } = program;
  const names = namesOf(network, features);
  const results = new Map(program.results.map((result) => [result.at, result]));
  const needed = neededBy(program, loss);
  const constants = (/** @type {number} */ slot) => !moves[slot] && !inputs.includes(slot);
  const moving = program.results.filter(({ at }) => needed.has(at) && moves[at]);
  const consumed = new Set(moving.flatMap(({ parents }) => parents));
  const order = [...values.keys()].filter((slot) => needed.has(slot));
  const kept = order.filter((slot) => !constants(slot) || consumed.has(slot));
  const place = new Map(kept.map((slot, k) => [slot, k]));
  const nodes = kept.map((slot) => {
    const result = results.get(slot);
    const value = writable(values[slot]);
    if (constants(slot)) return { kind: "constant", value };
    const { label, ...name } = /** @type {WrittenNode} */ (names.get(slot));
    const known = label ? { ...name, label } : name;
    if (!result) return { ...known, kind: "variable", value };
    return { ...known, kind: "result", value, ...resultWords(program, result, place, constants) };
  });
  const { line, pad, style } = given.explorer;
  return {
    title, heading: [], blame: "", note: "", nodes, code: [], groups: [], within: [], direction: "LR",
    ask: [], ...viewsOf(network, place, nodes), line, pad, style,
  };
}

/** The slots that one is computed from, and it. @param {Program} program @param {number} root */
function neededBy({ results }, root) {
  const found = new Set([root]);
  for (const { at, parents } of [...results].reverse()) {
    if (found.has(at)) for (const p of parents) found.add(p);
  }
  return found;
}

/**
 * What is said of a result.
 * @param {Program} program @param {Result} result @param {Map<number, number>} place
 * @param {(slot: number) => boolean} constants
 */
function resultWords(program, result, place, constants) {
  const { key, parents, words } = result;
  const { sign, formula = [], slopes = [] } = words ?? given.words[key];
  const positions = [...parents, result.at].map((slot) => Number(place.get(slot)));
  /** @param {Piece} piece @returns {Piece} */
  const moved = (piece) => (typeof piece === "number" ? positions[piece]
    : typeof piece === "string" ? piece : piece.map(moved));
  const hasNew = !words && parents.some(constants); // a constant that the row's words know nothing of
  const fixed = parents.map((p) => (constants(p) ? shown(program.values[p]) : ""));
  const isInfix = formula.length === 3 && formula[0] === 0 && formula[2] === 1;
  return {
    sign: hasNew && isInfix ? [fixed[0], sign, fixed[1]].filter(Boolean).join(" ") : sign,
    rule: key,
    parents: positions.slice(0, -1),
    formula,
    locals: parents.map((p, k) => (constants(p) ? 0 : writable(program.local(result, k)))),
    ...(slopes.length && !hasNew ? { slopes: slopes.map((each) => each.map(moved)) } : {}),
  };
}

// ---- views and places ------------------------------------------------------------------------------

/**
 * A first view in which neurons have taken in their weights, and one for each neuron with all of its.
 * @param {Network} network @param {Map<number, number>} place @param {WrittenNode[]} nodes
 */
function viewsOf(network, place, nodes) {
  const neurons = network.layers.flatMap((layer, l) => layer.map((neuron, j) => ({ neuron, l, j })));
  const views = [-1, ...neurons.keys()].map((opened) => {
    const boxes = boxesOf(network, place, nodes, opened);
    const written = boxes.map(({ hides, opens }) => (hides.length > 1
      ? { hides, parameters: `${hides.length - 1} parameters`, opens } : hides[0]));
    const { l, j } = neurons[opened] ?? {};
    const name = opened < 0 ? "" : `layers[${l}].neurons[${j}]`;
    const shape = placedBoxes(boxes, nodes, network.layers.length);
    const frames = network.layers.map((_, k) => `layers[${k}]`);
    return { view: { name, up: 0, shape: opened + 1, frames, boxes: written }, shape: { LR: shape, TB: shape } };
  });
  return { views: views.map(({ view }) => view), shapes: views.map(({ shape }) => shape) };
}

/**
 * Boxes with their columns, inputs first.
 * @param {Network} network @param {Map<number, number>} place @param {WrittenNode[]} nodes @param {number} opened
 * @returns {Placed[]}
 */
function boxesOf({ inputs, layers }, place, nodes, opened) {
  const at = (/** @type {number} */ slot) => Number(place.get(slot));
  /** @type {Placed[]} */
  const boxes = [];
  /** @type {number[]} */
  const column = []; // by node
  /** @param {number[]} hides @param {number} where @param {number} frame @param {number} [opens] */
  const add = (hides, where, frame, opens) => {
    const node = hides[hides.length - 1];
    column[node] = where;
    boxes.push({ hides, column: where, frame, opens, ...sizeOf(nodes[node], hides.length > 1, nodes) });
  };
  for (const slot of inputs) add([at(slot)], 0, -1);
  const frames = new Map();
  let count = 0;
  for (const [l, layer] of layers.entries()) {
    for (const { weights, bias, a } of layer) {
      const own = [...weights, ...(bias === null ? [] : [bias])].map(at);
      frames.set(at(a), { own, opens: count + 1, isOpen: count === opened, l });
      count += 1;
    }
  }
  const inFrame = (/** @type {number} */ node) =>
    layers.findIndex((layer) => layer.some(({ z }) => at(z) === node));
  for (const [i, node] of nodes.entries()) {
    if (node.kind !== "result") continue;
    const before = Math.max(0, ...node.parents.map((/** @type {number} */ p) => column[p] ?? 0));
    const neuron = frames.get(i);
    if (!neuron) add([i], before + 1, inFrame(i));
    else if (!neuron.isOpen) add([...neuron.own, i], before + 2, neuron.l, neuron.opens);
    else {
      for (const parameter of neuron.own) add([parameter], before + 1, neuron.l);
      add([i], before + 2, neuron.l);
    }
  }
  return boxes.sort((x, y) => x.hides[x.hides.length - 1] - y.hides[y.hides.length - 1]);
}

/** How large a box is. @param {WrittenNode} node @param {boolean} tookIn @param {WrittenNode[]} nodes */
function sizeOf({ kind, name, sign = "", parents = [] }, tookIn, nodes) {
  const { line, pad } = given.explorer;
  const lines = kind === "variable" ? 2 : tookIn ? 4 : 3;
  const head = 9.6 * name.length + 8.2 * Math.min(sign.length, 20) + 34;
  const width = kind === "variable" ? 9.6 * (name.length + 10) : Math.max(126, head);
  const arrows = parents.filter((/** @type {number} */ p) => nodes[p].kind !== "constant").length;
  const room = PORT * (tookIn ? arrows / 2 : arrows); // half of them come from its weights
  return { width: Math.round(width), height: Math.max(lines * line + pad, room) };
}

/**
 * Where boxes and arrows stand: columns from left to right, each in the middle.
 * @param {Placed[]} boxes @param {WrittenNode[]} nodes @param {number} layers
 */
function placedBoxes(boxes, nodes, layers) {
  const used = [...new Set(boxes.map(({ column }) => column))].sort((a, b) => a - b);
  const columns = used.map((c) => boxes.filter(({ column }) => column === c));
  const heights = columns.map((column) => column.reduce((sum, { height }) => sum + height + BOX_GAP, -BOX_GAP));
  const height = Math.max(...heights) + 80;
  /** @type {Map<Placed, number[]>} */
  const where = new Map();
  let left = 30;
  for (const [c, column] of columns.entries()) {
    const width = Math.max(...column.map((box) => box.width));
    let top = (height - heights[c]) / 2 + 10;
    for (const box of column) {
      where.set(box, [left + (width - box.width) / 2, top, box.width, box.height].map(Math.round));
      top += box.height + BOX_GAP;
    }
    left += width + COLUMN_GAP;
  }
  const rectangles = boxes.map((box) => /** @type {number[]} */ (where.get(box)));
  const inside = (/** @type {number} */ l) => rectangles.filter((_, k) => boxes[k].frame === l);
  const frames = Array.from({ length: layers }, (_, l) => around(inside(l)));
  const size = [Math.round(left - COLUMN_GAP + 30), Math.round(height)];
  return { size, boxes: rectangles, frames, lines: linesOf(boxes, rectangles, nodes) };
}

/** A frame around boxes. @param {number[][]} inside */
function around(inside) {
  const [left, top] = [0, 1].map((k) => Math.min(...inside.map((box) => box[k])));
  const [right, bottom] = [0, 1].map((k) => Math.max(...inside.map((box) => box[k] + box[k + 2])));
  return [left - 14, top - 26, right - left + 28, bottom - top + 40];
}

/**
 * Arrows in the order in which the page has them: by head, then by operand.
 * @param {Placed[]} boxes @param {number[][]} where @param {WrittenNode[]} nodes
 */
function linesOf(boxes, where, nodes) {
  /** @type {number[]} */
  const boxOf = [];
  for (const [k, { hides }] of boxes.entries()) for (const i of hides) boxOf[i] = k;
  return boxes.flatMap(({ hides }, head) => {
    const tails = hides.flatMap((i) => (nodes[i].parents ?? [])
      .filter((/** @type {number} */ p) => nodes[p].kind !== "constant" && boxOf[p] !== head)
      .map((/** @type {number} */ p) => boxOf[p]));
    const [x, y, , height] = where[head];
    return tails.map((tail, k) => {
      const [u, v, width, tall] = where[tail];
      const from = [u + width, Math.round(v + tall / 2)];
      const port = Math.round(y + (height * (k + 1)) / (tails.length + 1));
      const neck = x - 10;
      const bend = Math.round((neck - from[0]) / 2);
      const path = `M${from.join(" ")}c${bend} 0 ${bend} ${port - from[1]} ${neck - from[0]} ${port - from[1]}`;
      return [path, `${x},${port} ${neck},${port - 4} ${neck},${port + 4}`, [neck - 26, port - 6]];
    });
  });
}
