
// ---- keys and buttons ---------------------------------------------------------------------------

const GOING = {
  first: () => go(0),
  back: () => go(position() - 1),
  next: () => { if (state.mode === "descent") descend(); else go(position() + 1); },
  last: () => go(lastPosition()),
};
/** @type {Record<string, () => void>} */
const KEYS = {
  ArrowLeft: GOING.back, ArrowRight: GOING.next, Home: GOING.first, End: GOING.last,
  PageUp: GOING.back, PageDown: GOING.next, " ": play, p: present, P: present,
  s: () => toggle("slope"), S: () => toggle("slope"), c: () => toggle("code"), C: () => toggle("code"),
  Enter: () => openBox(lookedAt(), true), Backspace: () => goUp(true),
  1: () => setMode("steps"), 2: () => setMode("paths"), 3: () => setMode("predict"),
  4: () => setMode("descent"),
};

/** What is left first: the list of keys, the room, the mode. */
function leave() {
  if (!$("keys").hidden) closeKeys();
  else if (state.mode === "steps" && presenting()) present();
  else setMode("steps");
}

/** Whether a key is for the control that has the focus. @param {Element} target @param {string} key */
function isItsOwn(target, key) {
  if (key.startsWith("Page")) return false; // a presenter's, wherever the focus is
  if (target.matches("button, a, [type=checkbox]")) return key === " " || key === "Enter";
  if (target.matches("[type=range]")) return /^(Arrow|Home$|End$)/.test(key);
  const inNumbers = !/^[b-dghj-mo-z]$/i.test(key); // of letters those of e, inf and nan
  return target.matches("select") || (target.matches("input") && inNumbers);
}

/** What a key does, if anything. @param {KeyboardEvent} event */
function taskOf(event) {
  const { key } = event;
  const target = /** @type {Element} */ (event.target);
  const node = target.closest(".node");
  if (key === "Escape") return leave;
  if (isItsOwn(target, key)) return undefined;
  if (node && (key === "Enter" || key === " ")) return () => choose(indexOf(node), true);
  return Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
}

/**
 * What was pressed by mouse or finger gives the focus back: the next Space is the page's again.
 * One that Tab has reached keeps it, and so does a field in which one goes on by keys.
 * @param {MouseEvent} event
 */
function letGo(event) {
  const held = /** @type {HTMLElement} */ (document.activeElement);
  if (event.detail > 0 && held.matches("button, .node, [type=checkbox]")) held.blur();
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const task = taskOf(event);
  if (!task) return;
  event.preventDefault();
  if (event.key !== " ") pause();
  task();
}

/** Which node a drawing is of. @param {Element} group */
function indexOf(group) {
  return view.boxes.find((box) => drawnBoxes.get(box)?.group === group)?.node ?? root;
}

/** @param {boolean} dark */
function setTheme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  put($("theme"), "aria-pressed", dark);
}

/** The list of keys, or none. */
function toggleKeys() {
  $("keys").hidden = !$("keys").hidden;
  put($("help"), "aria-expanded", !$("keys").hidden);
}

/** The list of keys goes. */
function closeKeys() {
  if (!$("keys").hidden) toggleKeys();
}

/** The direction that was asked for; on a narrow screen the one in which more is seen. */
function openingDirection() {
  if (!matchMedia("(max-width: 46rem)").matches) return graph.direction;
  const across = (/** @type {Direction} */ direction) => graph.shapes[view.written.shape][direction].size[0];
  return across("TB") < across("LR") ? "TB" : "LR";
}

/** Draw everything, and listen. */
function start() {
  const tasks = {
    play, restart, check, download, present,
    descend: () => { pause(); descend(); },
    leave: present,
    copy: copyScore,
    reveal: giveUp,
    help: toggleKeys,
    theme: () => setTheme($("theme").getAttribute("aria-pressed") !== "true"),
    fit: () => resize("fit"),
    turn: () => { state.turned = true; turn(state.direction === "LR" ? "TB" : "LR"); },
    larger: () => zoom(1.2),
    smaller: () => zoom(1 / 1.2),
  };
  for (const [id, task] of Object.entries(tasks)) $(id).addEventListener("click", () => task());
  for (const [id, task] of Object.entries(GOING)) {
    $(id).addEventListener("click", () => { pause(); task(); });
  }
  for (const button of modeButtons()) {
    button.addEventListener("click", () => setMode(/** @type {Mode} */ (button.dataset.mode)));
  }
  $("position").addEventListener("input", () => {
    const to = Number(field("position").value); // pausing shows the old one again
    pause();
    go(to);
  });
  $("answer").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // the key is not for the button that gets the focus
    check();
  });
  $("skip").addEventListener("click", (event) => { event.preventDefault(); $("first").focus(); });
  $("rate").addEventListener("input", () => { state.rate = read(field("rate").value); show(); });
  for (const [id, task] of Object.entries({ speed: changeSpeed, kinds: changeKinds })) {
    $(id).addEventListener("change", () => {
      if (!$(id).matches(":focus-visible")) $(id).blur(); // chosen by mouse
      task();
    });
  }
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", letGo, { capture: true }); // before a task moves the focus on
  document.addEventListener("pointerdown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (!target.closest("#keys, #help")) closeKeys();
  });
  put($("theme"), "aria-pressed", matchMedia("(prefers-color-scheme: dark)").matches);
  if (graph.heading.length) $("title").replaceChildren(...typeset(formulaParts(graph.heading, called)));
  for (const [name, x] of Object.entries(graph.style)) {
    document.documentElement.style.setProperty(`--${name}`, x);
  }
  makeSliders();
  introduceSliders();
  enableBeside();
  enablePanning();
  showWay();
  new ResizeObserver(() => resize()).observe($("stage"));
  turn(openingDirection());
  show({ say: false });
}

start();
