
// ---- a neuron opened to its scalars, for one example -----------------------------------------------

/** All that is known of a neuron for the example. */
function showNeuron() {
  const [l, j] = shows.neuron;
  const neuron = network.layers[l][j];
  const { activation } = network.shapes[l];
  const place = l === network.layers.length - 1 ? "output" : `layer ${l + 1}`;
  $("opened-title").replaceChildren(lettered("z", l, j), ` ${place}, ${activation}`);
  showExample();
  const { program } = network;
  try {
    const { x, label } = example();
    predict(network, x);
    lossFor(network, label);
    program.backward(neuron.z);
    const local = program.gradients[neuron.a];
    program.backward(network.loss);
    $("numbers").replaceChildren(weightTable(l, j, neuron), equations(l, j, neuron, local));
  } catch (error) {
    $("numbers").replaceChildren(make("p", { class: "wrong" }, messageOf(error)));
  }
}

/** Which example it is. */
function showExample() {
  const { label, isHeld } = example();
  const { answers, classes } = currentSet();
  const name = answers.length ? classes[answers.indexOf(label)] : shown(label);
  const held = isHeld ? ", held out" : "";
  put($("example"), "text", `example ${shows.example + 1} of ${exampleCount()}: ${name}${held}`);
}

/** A number with a sign as long as a plus. @param {number} x */
const pretty = (x) => shown(x).replaceAll("-", "−");

/** A factor, in parentheses where it is negative. @param {number} x */
const bracketed = (x) => (x < 0 ? `(${pretty(x)})` : pretty(x));

/** Of which sign a number is, as a class. @param {number} x */
const signOf = (x) => (x < 0 ? "negative" : x > 0 ? "positive" : "");

/** What an input of a layer is called. @param {number} l @param {number} i */
const inputName = (l, i) => (l ? lettered("z", l - 1, i) : lettered("x", i));

/** A name and its number. @param {Element} name @param {number} x */
const valued = (name, x) => make("span", { class: `letters ${signOf(x)}` }, name, ` = ${pretty(x)}`);

// ---- the sum of products ---------------------------------------------------------------------------

/**
 * A row for each input.
 * @param {number} l @param {number} j @param {Neuron} neuron
 */
function weightTable(l, j, { inputs, weights, bias, a }) {
  const { values, gradients } = network.program;
  const names = ["input", "", "weight", "", "product", "∂L/∂weight"];
  const header = names.map((name) => (name ? make("th", { scope: "col" }, name) : make("td")));
  const rows = weights.map((w, i) => {
    const [x, y] = [values[inputs[i]], values[w]];
    const input = make("th", { scope: "row" }, inputName(l, i), ` = ${pretty(x)}`);
    return [input, cell("×"), cell(valued(lettered("w", l, j, i), y)), cell("="), ...numbers(x * y, gradients[w])];
  });
  if (bias !== null) {
    const name = cell(valued(lettered("b", l, j), values[bias]));
    rows.push([cell(""), cell(""), name, cell(""), ...numbers(values[bias], gradients[bias])]);
  }
  const total = [
    make("th", { scope: "row" }, lettered("a", l, j)), cell(""), cell("their sum"), cell("="),
    ...numbers(values[a], gradients[a]),
  ];
  return make("table", { class: "weights" },
    make("thead", {}, make("tr", {}, ...header)),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row)), make("tr", { class: "sum" }, ...total)));
}

/** @param {Child} content */
const cell = (content) => make("td", {}, content);

/** Cells of numbers. @param {number[]} xs */
const numbers = (...xs) => xs.map((x) => make("td", { class: signOf(x) }, pretty(x)));

// ---- what becomes of the sum -----------------------------------------------------------------------

/** A derivative of the loss. @param {Child} name */
const partial = (name) => make("span", { class: "letters" }, "∂L/∂", name);

/**
 * What the neuron makes of the sum, and how the gradient comes back.
 * @param {number} l @param {number} j @param {Neuron} neuron @param {number} local
 */
function equations(l, j, neuron, local) {
  const { values, gradients } = network.program;
  const { activation } = network.shapes[l];
  const { inputs, weights, a, z } = neuron;
  const [A, Z] = [() => lettered("a", l, j), () => lettered("z", l, j)];
  const isLinear = activation === "linear";
  const made = isLinear ? [" = ", A()] : [` = ${activation}(${pretty(values[a])})`];
  const lines = [[Z(), ...made, ` = ${pretty(values[z])}`], ...incoming(l, j, neuron)];
  const slope = () => make("span", { class: "letters" }, "∂", Z(), "/∂", A());
  if (!isLinear) {
    const numbers = `${pretty(gradients[z])} · ${bracketed(local)} = ${pretty(gradients[a])}`;
    lines.push([slope(), ` = ${pretty(local)}`]);
    lines.push([partial(A()), " = ", partial(Z()), " · ", slope(), ` = ${numbers}`]);
  }
  const [x, w] = [values[inputs[0]], gradients[weights[0]]];
  const numbers = `${pretty(gradients[a])} · ${bracketed(x)} = ${pretty(w)}`;
  lines.push([partial(lettered("w", l, j, 0)), " = ", partial(A()), " · ", inputName(l, 0), ` = ${numbers}`]);
  return make("div", { class: "equations" }, ...lines.map((parts) => make("p", {}, ...parts)));
}

/**
 * How the gradient comes to a neuron: from the loss, or from all neurons that it goes into.
 * @param {number} l @param {number} j @param {Neuron} neuron @returns {Child[][]}
 */
function incoming(l, j, { z }) {
  const { values, gradients } = network.program;
  const name = partial(lettered("z", l, j));
  const next = network.layers[l + 1];
  if (!next) {
    return [["L = ", lossText(), ` = ${pretty(values[network.loss])}`], [name, ` = ${pretty(gradients[z])}`]];
  }
  const terms = next.map((each, k) =>
    `${(k ? bracketed : pretty)(gradients[each.a])} · ${bracketed(values[each.weights[j]])}`);
  const few = terms.length > 4 ? [...terms.slice(0, 3), "…"] : terms;
  const sum = ["Σ ", partial(lettered("a", l + 1, "k")), " · ", lettered("w", l + 1, "k", j)];
  return [[name, " = ", ...sum, ` = ${few.join(" + ")} = ${pretty(gradients[z])}`]];
}

/** The loss as it is called. */
function lossText() {
  const { label } = example();
  const zs = network.outputs.map((slot) => pretty(network.program.values[slot]));
  return `${chosen.loss}(${zs.length > 1 ? `[${zs.join(", ")}]` : zs[0]}, ${pretty(label)})`;
}
