
// ---- what was chosen as a program ------------------------------------------------------------------

/** A text, a number or a list as Python writes it. @param {any} x @returns {string} */
function inPython(x) {
  if (x === null) return "None";
  return Array.isArray(x) ? `[${x.map(inPython).join(", ")}]` : JSON.stringify(x);
}

/** An architecture as a call. @param {any} made @returns {string} */
function inCalls({ kind, nin, nouts, nout, activation, layers }) {
  if (kind === "Sequential") return `Sequential(\n    ${layers.map(inCalls).join(",\n    ")},\n)`;
  if (kind === "Activation") return `Activation(${inPython(activation)})`;
  if (kind === "Linear") return `Linear(${nin}, ${nout}, bias=False, rng=rng)`;
  return `${kind}(${nin}, ${inPython(nouts ?? nout)}, ${inPython(activation)}, rng=rng)`;
}

/** Names in braces filled in. @param {string} text @param {Record<string, any>} names */
const filledIn = (text, names) => text.replace(/\{(\w+)\}/g, (_, name) => String(names[name]));

/**
 * Whether it can be written down: data and activations are known, columns have names, and a number
 * to predict is as it was.
 */
const hasProgram = () => {
  const set = currentSet();
  const isKnown = set === droppedSet ? dropped?.isNamed : Object.hasOwn(given.recipe?.sets ?? {}, set.name);
  const isPlain = strangers(network.shapes).length === 0 && (set.answers.length > 0 || !chosen.scaled);
  return given.recipe !== null && isKnown === true && isPlain;
};

/** The program. @param {Recipe} recipe */
function programText({ names: imported, lines, sets: texts, file, losses, optimizers }) {
  const set = currentSet();
  const ignored = (dropped?.columns ?? []).map(({ name }) => name)
    .filter((name) => name !== target && !set.features.includes(name));
  const decimal = dropped?.decimal === "," ? ', decimal=","' : "";
  const regression = set.answers.length ? "" : ", regression=True";
  const names = {
    ...chosen,
    seed: chosen.seed ?? given.seed,
    count: data.held.labels.length,
    epochs: Math.max(1, training.epoch),
    model: inCalls(architecture(network.inputs.length, network.shapes)),
    file: inPython(dropped?.name ?? ""), target: inPython(target),
    ignored: regression + (ignored.length ? `, ignore=${inPython(ignored)}` : "") + decimal,
  };
  const parts = {
    ...names,
    set: filledIn(set === droppedSet ? file : texts[set.name], names),
    loss: losses[chosen.loss][network.outputs.length > 1 ? 1 : 0],
    optimizer: filledIn(optimizers[chosen.optimizer], names),
  };
  /** @type {Record<string, boolean>} */
  const holds = { "": true, held: names.count > 0, all: names.count === 0, scaled: chosen.scaled };
  const kept = lines.filter(([condition]) => holds[condition]).map(([, line]) => line).join("\n");
  const text = filledIn(kept, { ...parts, names: "{names}" });
  const used = imported.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  return filledIn(text, { names: used.join(", ") });
}

function showProgram() {
  if (!given.recipe) return;
  run(false);
  put($("code"), "text", programText(given.recipe));
  /** @type {HTMLDialogElement} */ ($("program")).showModal();
}

async function copyProgram() {
  try {
    await navigator.clipboard.writeText(String($("code").textContent));
    flash("copy", "Copied");
  } catch {
    getSelection()?.selectAllChildren($("code"));
    flash("copy", "Press Ctrl+C");
  }
}
