
// ---- listening --------------------------------------------------------------------------------------

/** @type {Record<string, () => void>} */
const KEYS = {
  " ": () => run(!shows.running), ArrowRight: () => { run(false); takeStep(); show(); }, Home: restart,
};

/** Whether a key is for the control that has the focus. @param {Element} target @param {string} key */
function isItsOwn(target, key) {
  if (target.matches("button, a, [type=checkbox], label")) return key === " " || key === "Enter";
  return target.matches("input, select, textarea") || target.matches("#network, #numbers") && key !== " ";
}

/**
 * A field whose number is taken where it may be that; otherwise the one before comes back, with a word.
 * @param {string} id @param {"dataSeed" | "rate" | "batch" | "seed"} key @param {() => void} then
 */
function onNumber(id, key, then) {
  $(id).addEventListener("change", () => {
    const { value, validity } = field(id);
    const isGiven = key === "seed" && value === "" && !validity.badInput;
    const x = isGiven ? null : numberFor(key, value);
    field(id).blur();
    trouble("");
    if (x !== undefined) {
      Object.assign(chosen, { [key]: x });
      then();
    } else {
      showChoices();
      trouble(`the ${key === "dataSeed" ? "seed" : key} is ${NUMBERS[key].wanted}${value && `, not ${value}`}`);
    }
  });
}

function listen() {
  const tasks = {
    run: () => run(!shows.running),
    step: () => { run(false); takeStep(); show(); },
    reset: restart,
    link: copyLink,
    save: saveWeights,
    python: showProgram,
    copy: copyProgram,
    done: () => /** @type {HTMLDialogElement} */ ($("program")).close(),
    theme: () => setTheme($("theme").getAttribute("aria-pressed") !== "true"),
    before: () => lookAt(shows.example - 1),
    after: () => lookAt(shows.example + 1),
    explore: exploreExample,
    close: () => /** @type {HTMLDialogElement} */ ($("explorer")).close(),
  };
  for (const [id, task] of Object.entries(tasks)) $(id).addEventListener("click", () => task());
  const chosenOf = {
    set: () => chooseSet(/** @type {GivenSet} */ (sets.find(({ name }) => name === field("set").value))),
    target: () => attempt(() => dropped && takeTarget(dropped, field("target").value)),
    held: () => { chosen.held = Number(field("held").value); restart(); },
    scaled: () => { chosen.scaled = field("scaled").checked; restart(); },
    loss: () => { chosen.loss = field("loss").value; restart(); },
    optimizer: () => {
      chosen.optimizer = field("optimizer").value;
      chosen.rate = optimizerOf(chosen.optimizer).rate;
      retrain();
    },
    across: () => { chosen.axes[0] = Number(field("across").value); turnPlane(); },
    up: () => { chosen.axes[1] = Number(field("up").value); turnPlane(); },
  };
  for (const [id, task] of Object.entries(chosenOf)) $(id).addEventListener("change", task);
  $("noise").addEventListener("input", () => { chosen.noise = Number(field("noise").value); restart(); });
  onNumber("data-seed", "dataSeed", restart);
  onNumber("rate", "rate", retrain);
  onNumber("batch", "batch", retrain);
  onNumber("seed", "seed", restart);
  $("file").addEventListener("change", () => {
    const [file] = field("file").files ?? [];
    if (file) takeFile(file);
    field("file").value = "";
  });
  for (const name of ["dragover", "drop"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      const [file] = /** @type {DragEvent} */ (event).dataTransfer?.files ?? [];
      if (name === "drop" && file) takeFile(file);
    });
  }
  $("ground").addEventListener("click", (event) => lookAt(nearest(event.offsetX, event.offsetY)));
  document.addEventListener("keydown", (event) => {
    const isAway = document.querySelector("dialog[open]") !== null;
    if (event.ctrlKey || event.metaKey || event.altKey || isAway) return;
    if (isItsOwn(/** @type {Element} */ (event.target), event.key) || !Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  document.addEventListener("click", (event) => { // a mouse gives the focus back
    const held = /** @type {HTMLElement} */ (document.activeElement);
    if (event.detail > 0 && held.matches("header button, #opened button, .tile")) held.blur();
  }, { capture: true });
  $("explorer").addEventListener("close", () => { $("frame").replaceChildren(); });
  window.addEventListener("message", leaveExample);
  window.addEventListener("hashchange", () => attempt(() => openLink(location.hash.slice(1))));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  new ResizeObserver(() => { drawNetwork(); show(); }).observe($("network"));
  new ResizeObserver(() => show()).observe($("plane"));
}

/** A task; where it fails it is said why, and the fields show what is chosen. @param {() => void} task */
function attempt(task) {
  try {
    task();
  } catch (error) {
    trouble(messageOf(error));
    showChoices();
  }
}

/** Other axes: the same network, seen from elsewhere. */
function turnPlane() {
  showLegend();
  show();
  keepAddress();
}

/** @param {boolean} dark */
function setTheme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  recolour();
}

function recolour() {
  put($("theme"), "aria-pressed", darkness() === "dark");
  readColours();
  showLegend();
  show();
}

function start() {
  put($("sign"), "d", RESTS);
  readColours();
  openLink(location.hash.slice(1));
  listen();
  put($("theme"), "aria-pressed", darkness() === "dark");
}

start();
