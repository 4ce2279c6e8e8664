
// ---- what the controls do -------------------------------------------------------------------------

const [RUNS, RESTS] = ["M6 5h4v14H6zM14 5h4v14h-4z", "M7 5v14l11-7z"]; // signs on the button

const pace = {
  last: 0, // when the last frame was
  due: 0, // steps that are due
  drawn: 0, // when all was drawn last
  cost: 20, // milliseconds that it took
};

/** Show all that depends on the weights; finer while nothing runs. */
function show() {
  const start = performance.now();
  const found = survey(shows.running ? COARSE : FINE);
  drawPlane(found);
  showScores();
  showNeuron(); // computes the example last, for the tiles' numbers
  showNetwork(found);
  showCurve();
  showClock();
  pace.cost = performance.now() - start;
  pace.drawn = performance.now();
}

function showClock() {
  const { epoch, steps } = training;
  put($("clock"), "text", `epoch ${epoch}, step ${steps}`);
}

/** Losses, and how many examples are right. */
function showScores() {
  const { answers } = currentSet();
  const parts = /** @type {const} */ ([["train", data.train], ["held", data.held]]);
  const percent = (/** @type {number | null} */ x) => (x === null ? "" : `${(100 * x).toFixed(1)} %`);
  const said = parts.flatMap(([name, examples]) => {
    const { loss, accuracy } = scored(examples, answers);
    put($(`${name}-loss`), "text", loss === null ? "–" : shown(loss));
    put($(`${name}-right`), "text", percent(accuracy));
    const right = accuracy === null ? "" : `, ${percent(accuracy)} right`;
    return loss === null ? [] : [`${name === "train" ? "training" : "held out"}: loss ${shown(loss)}${right}`];
  });
  $("accuracy-head").textContent = answers.length ? "right" : "";
  $("held-row").hidden = !data.held.labels.length;
  put($("ground"), "aria-label", `What the network says over the plane. ${said.join("; ")}`);
}

/** A score; none where a rule has no value. @param {Examples} examples @param {number[]} answers */
function scored(examples, answers) {
  try {
    return score(network, examples, answers);
  } catch {
    return { loss: null, accuracy: null };
  }
}

// ---- running --------------------------------------------------------------------------------------

/** Run or stop. @param {boolean} on */
function run(on) {
  if (shows.running === on) return;
  shows.running = on;
  put($("running"), "text", on ? "Stop" : "Run");
  put($("sign"), "d", on ? RUNS : RESTS);
  if (on) {
    trouble("");
    Object.assign(pace, { last: performance.now(), due: 0 });
    requestAnimationFrame(frame);
  } else {
    show();
    say(`${$("clock").textContent}. ${$("ground").getAttribute("aria-label")}`);
  }
}

/** One batch; what goes wrong is said, and ends the run. */
function takeStep() {
  try {
    training.step();
    return true;
  } catch (error) {
    trouble(messageOf(error));
    run(false);
    return false;
  }
}

/** As many steps as are due, as long as there is time. @param {number} now */
function frame(now) {
  if (!shows.running) return;
  const speed = field("speed").value;
  const batches = Math.ceil(data.train.labels.length / chosen.batch);
  const perSecond = speed === "batch" ? 4 : speed === "fast" ? Infinity : Number(speed) * batches;
  pace.due = speed === "fast" ? Infinity : pace.due + (perSecond * (now - pace.last)) / 1000;
  pace.last = now;
  const end = performance.now() + 14;
  while (pace.due >= 1 && performance.now() < end) {
    if (!takeStep()) return;
    pace.due -= 1;
  }
  pace.due = Math.min(pace.due, perSecond); // what was too much is forgotten
  if (performance.now() - pace.drawn > Math.max(60, 2 * pace.cost)) show();
  requestAnimationFrame(frame);
}

/** Say what is wrong, in sight; or nothing any more. @param {string} text */
function trouble(text) {
  $("trouble").hidden = !text;
  put($("trouble"), "text", text);
  if (text) $("trouble").scrollIntoView({ block: "nearest" });
}

/** @param {unknown} error */
const messageOf = (error) => /** @type {Error} */ (error).message;

/** @param {string} text */
const say = (text) => put($("said"), "text", text);

// ---- changes --------------------------------------------------------------------------------------

/** Make data, network and training anew from what is chosen, and show them. */
function restart() {
  run(false);
  trouble("");
  data = prepared(currentSet(), chosen);
  network = makeNetwork();
  training = makeTraining();
  shows.example = Math.min(shows.example, exampleCount() - 1);
  const l = Math.min(shows.neuron[0], network.layers.length - 1);
  shows.neuron = [l, Math.min(shows.neuron[1], network.layers[l].length - 1)];
  showChoices();
  showLegend();
  drawNetwork();
  show();
  keepAddress();
}

/** Another rate, batch or optimizer: training goes on with these weights. */
function retrain() {
  const { epoch, steps, history } = training;
  const before = training;
  training = makeTraining();
  if (before.how.optimizer.name === chosen.optimizer) training.memory = before.memory;
  Object.assign(training, { epoch, steps, history, random: before.random });
  showChoices();
  show();
  keepAddress();
}

/** @param {GivenSet} set */
function chooseSet(set) {
  if (!fitting(set)) {
    trouble(`no loss of this page fits ${set.name}`);
    field("set").value = chosen.set;
    return;
  }
  enterSet(set);
  shows.example = 0;
  restart();
}

/** @param {number} l @param {string} name */
function changeActivation(l, name) {
  if (l < chosen.hidden.length) chosen.hidden[l].activation = name;
  else chosen.last = name;
  restart();
}

/** @param {number} l @param {number} by */
function resizeLayer(l, by) {
  chosen.hidden[l].size += by;
  restart();
}

/** A layer like the one before. @param {number} l */
function addLayer(l) {
  const like = chosen.hidden[l - 1] ?? { size: 3, activation: "tanh" };
  chosen.hidden.splice(l, 0, { ...like });
  restart();
}

/** @param {number} l */
function removeLayer(l) {
  chosen.hidden.splice(l, 1);
  restart();
}

/** Open a neuron to its numbers. @param {number} l @param {number} j */
function openNeuron(l, j) {
  shows.neuron = [l, j];
  if (!shows.running) show();
  $("opened").scrollIntoView({ block: "nearest" });
}

/** @param {number} i */
function lookAt(i) {
  const n = exampleCount();
  shows.example = (i + n) % n;
  if (!shows.running) show();
}

/** Every field as it is chosen. */
function showChoices() {
  const set = currentSet();
  /** @param {string} id @param {string[]} names @param {string[]} values */
  const options = (id, names, values = names) => {
    const same = [...$(id).children].map((each) => each.textContent).join("\n") === names.join("\n");
    if (!same) $(id).replaceChildren(...names.map((name, k) => make("option", { value: values[k] }, name)));
  };
  options("set", sets.map(({ name }) => name));
  options("loss", lossesFor(set).map(({ name }) => name));
  options("optimizer", given.optimizers.map(({ name }) => name));
  options("target", dropped?.columns.map(({ name }) => name) ?? []);
  for (const id of ["across", "up"]) options(id, set.features, set.features.map((_, k) => String(k)));
  const { noise, dataSeed, held, scaled, loss, optimizer, rate, batch, seed, axes } = chosen;
  const values = {
    set: set.name, noise, "data-seed": dataSeed, held, loss, optimizer, rate, batch, seed: seed ?? "",
    across: axes[0], up: axes[1], target: set === droppedSet ? target : "",
  };
  for (const [id, x] of Object.entries(values)) {
    if (document.activeElement !== $(id) || $(id).matches("select")) field(id).value = String(x);
  }
  field("scaled").checked = scaled;
  put($("noise-shown"), "text", noise.toFixed(2));
  $("python").hidden = !hasProgram();
  const has = {
    table: set === droppedSet, noise: set.noise !== null, held: set.held === null, axes: set.features.length > 2,
    seed: set.noise !== null || set.held === null,
  };
  for (const [name, on] of Object.entries(has)) {
    for (const each of document.querySelectorAll(`[data-for="${name}"]`)) {
      /** @type {HTMLElement} */ (each).hidden = !on;
    }
  }
}

// ---- a file of one's own ---------------------------------------------------------------------------

/** @type {Table | null} */
let dropped = null;
/** @type {GivenSet | null} */
let droppedSet = null;
let target = "";

/**
 * A link whose file is not here yet, and the address that this page has without it.
 * @type {{file: string, link: string, before: string} | null}
 */
let awaited = null;

/** @param {File} file */
async function takeFile(file) {
  try {
    const found = table(file.name, await file.text());
    const link = awaited?.file === file.name ? awaited.link : "";
    const learned = learnedOf(found, link);
    const likely = learned ? { target: learned, passed: "" } : likelyTarget(found);
    takeTarget(found, likely.target);
    if (link) openLink(link);
    trouble(likely.passed);
    say(`${file.name} was read`);
  } catch (error) {
    trouble(messageOf(error));
  }
}

/** What a link would learn of a table, where that has such a column. @param {Table} from @param {string} link */
function learnedOf({ columns }, link) {
  const learned = new URLSearchParams(link).get("learn");
  return columns.find(({ name }) => name === learned)?.name;
}

/** What is to be learned of a table. @param {Table} from @param {string} name */
function takeTarget(from, name) {
  const set = setFrom(from, name);
  while (sets.some((each) => each.name === set.name && each !== droppedSet)) set.name = `${set.name} (a file)`;
  if (!fitting(set)) throw new Error(`no loss of this page fits ${set.name}`);
  const at = droppedSet ? sets.indexOf(droppedSet) : sets.length;
  sets.splice(at, 1, set);
  [dropped, droppedSet, target] = [from, set, name];
  chooseSet(set);
}

// ---- the address, and files ------------------------------------------------------------------------

/** Choose what a link says; one that was made with a file asks for the file. @param {string} link */
function openLink(link) {
  const file = new URLSearchParams(link).get("file") ?? "";
  const isHere = !file || file === dropped?.name;
  awaited = isHere ? null : { file, link, before: address() };
  if (file && dropped && isHere) takeTarget(dropped, learnedOf(dropped, link) ?? target);
  if (isHere) readAddress(link);
  restart();
  if (awaited) trouble(`This link was made with ${file}: drop that file here`);
}

/** What is chosen stands in the address, where this page has one; a link that waits stays as it is. */
function keepAddress() {
  if (awaited?.before === address()) return;
  awaited = null;
  try {
    history.replaceState(null, "", `#${address()}`);
  } catch {
    // a frame within a notebook has none
  }
}

async function copyLink() {
  keepAddress();
  try {
    await navigator.clipboard.writeText(location.href);
    flash("link", "Copied");
  } catch {
    flash("link", "In the address");
  }
  if (dropped && currentSet() === droppedSet) {
    trouble(`${dropped.name} does not travel with the link: whoever opens it drops that file there`);
  }
}

/** A button says something else for a moment. @param {string} id @param {string} text */
function flash(id, text) {
  const before = $(id).dataset.text ?? String($(id).textContent);
  $(id).dataset.text = before;
  put($(id), "text", text);
  say(text);
  setTimeout(() => put($(id), "text", before), 1500);
}

function saveWeights() {
  let text;
  try {
    text = JSON.stringify(modelFile(network), null, 1);
  } catch (error) {
    trouble(messageOf(error));
    return;
  }
  const blob = new Blob([text], { type: "application/json" });
  const link = make("a", { href: URL.createObjectURL(blob), download: "model.json" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
