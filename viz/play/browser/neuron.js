
// ---- a neuron opened to its scalars, for one example -----------------------------------------------

/** All that is known of a neuron for the example. */
function showNeuron() {
  const [l, j] = shows.neuron;
  const neuron = network.layers[l][j];
  const shape = network.shapes[l];
  const last = l === network.layers.length - 1;
  const place = last ? "output" : `layer ${l + 1}`;
  $("opened-title").replaceChildren(lettered("z", l, j), ` ${place}, ${shape.activation}`);
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
    $("numbers").replaceChildren(make("p", { class: "wrong" }, /** @type {Error} */ (error).message));
  }
}

/** Which example it is. */
function showExample() {
  const { label, isHeld } = example();
  const { answers, classes } = currentSet();
  const name = answers.length ? classes[answers.indexOf(label)] : shown(label);
  put($("example"), "text", `example ${shows.example + 1} of ${exampleCount()}: ${name}${isHeld ? ", held out" : ""}`);
}

/** What an input of a layer is called. @param {number} l @param {number} i */
const inputName = (l, i) => (l ? lettered("z", l - 1, i) : lettered("x", i));

/** The sum of products, a row for each input. @param {number} l @param {number} j @param {Neuron} neuron */
function weightTable(l, j, { inputs, weights, bias, a }) {
  const { values, gradients } = network.program;
  const cell = (/** @type {Child} */ content, name = "") => make("td", name ? { class: name } : {}, content);
  const signed = (/** @type {number} */ x) => cell(pretty(x), x < 0 ? "negative" : x > 0 ? "positive" : "");
  const names = ["input", "", "weight", "", "product", ["∂L/∂", "weight"].join("")];
  const header = make("tr", {}, ...names.map((name) => (name ? make("th", { scope: "col" }, name) : make("td"))));
  const rows = weights.map((w, i) => {
    const [x, y] = [values[inputs[i]], values[w]];
    return make("tr", {}, make("th", { scope: "row" }, inputName(l, i), ` = ${pretty(x)}`), cell("×"), cell(furnish(lettered("w", l, j, i), {}, [` = ${pretty(y)}`]), y < 0 ? "negative" : "positive"), cell("="), signed(x * y), signed(gradients[w]));
  });
  if (bias !== null) {
    rows.push(make("tr", {}, make("td"), make("td"), cell(furnish(lettered("b", l, j), {}, [` = ${pretty(values[bias])}`])), make("td"), signed(values[bias]), signed(gradients[bias])));
  }
  const sum = make("tr", { class: "sum" }, make("th", { scope: "row" }, lettered("a", l, j)), make("td"), cell("their sum"), cell("="), signed(values[a]), signed(gradients[a]));
  return make("table", { class: "weights" }, make("thead", {}, header), make("tbody", {}, ...rows, sum));
}

/** What the neuron makes of the sum, and how the gradient comes back. @param {number} l @param {number} j @param {Neuron} neuron @param {number} local */
function equations(l, j, { inputs, weights, a, z }, local) {
  const { values, gradients } = network.program;
  const { activation } = network.shapes[l];
  const partial = (/** @type {Child} */ name) => make("span", { class: "letters" }, "∂L/∂", name);
  const [A, Z] = [() => lettered("a", l, j), () => lettered("z", l, j)];
  const lines = [
    [Z(), activation === "linear" ? " = " : ` = ${activation}(`, ...(activation === "linear" ? [A()] : [`${pretty(values[a])})`]), ` = ${pretty(values[z])}`],
  ];
  const next = network.layers[l + 1];
  if (!next) {
    lines.push(["L = ", lossText(), ` = ${pretty(values[network.loss])}`], [partial(Z()), ` = ${pretty(gradients[z])}`]);
  } else {
    const terms = next.map((each, k) =>
      `${(k ? bracketed : pretty)(gradients[each.a])} · ${bracketed(values[each.weights[j]])}`);
    const few = terms.length > 4 ? [...terms.slice(0, 3), "…"] : terms;
    const sum = ["Σ ", partial(lettered("a", l + 1, "k")), " · ", lettered("w", l + 1, "k", j)];
    lines.push([partial(Z()), " = ", ...sum, ` = ${few.join(" + ")} = ${pretty(gradients[z])}`]);
  }
  const slope = () => make("span", { class: "letters" }, "∂", Z(), "/∂", A());
  if (activation !== "linear") {
    lines.push([slope(), ` = ${pretty(local)}`]);
    lines.push([partial(A()), " = ", partial(Z()), " · ", slope(), ` = ${pretty(gradients[z])} · ${bracketed(local)} = ${pretty(gradients[a])}`]);
  }
  const g = pretty(gradients[a]);
  lines.push([partial(lettered("w", l, j, 0)), " = ", partial(A()), " · ", inputName(l, 0), ` = ${g} · ${bracketed(values[inputs[0]])} = ${pretty(gradients[weights[0]])}`]);
  return make("div", { class: "equations" }, ...lines.map((parts) => make("p", {}, .../** @type {Child[]} */ (parts))));
}

/** The loss as it is called. */
function lossText() {
  const { label } = example();
  const zs = network.outputs.map((slot) => shown(network.program.values[slot]));
  return `${chosen.loss}(${zs.length > 1 ? `[${zs.join(", ")}]` : zs[0]}, ${shown(label)})`;
}

/** A number with a sign as long as a plus. @param {number} x */
const pretty = (x) => shown(x).replaceAll("-", "−");

/** A factor, in parentheses where it is negative. @param {number} x */
const bracketed = (x) => (x < 0 ? `(${pretty(x)})` : pretty(x));
