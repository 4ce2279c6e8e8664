
// ---- what the controls do -----------------------------------------------------------------------

/**
 * The whole page as it is now; `say` reads the step out, `typed` is a box that is typed in.
 * @param {{say?: boolean, typed?: HTMLInputElement | null}} how
 */
function show({ say = true, typed = null } = {}) {
  showGraph();
  const sentence = showWords();
  showNode();
  showSliders(typed);
  showBeside();
  showDescent();
  showControls();
  if (say) put($("said"), "text", sentence);
  stands();
}

const modeButtons = () => $("modes").querySelectorAll("button");

/** Where one stands, and which way one may go. */
function showControls() {
  const [at, end] = [position(), lastPosition()];
  const descends = state.mode === "descent";
  const first = state.mode === "steps" ? 0 : 1; // there is a step 0, but no path 0
  const some = state.mode === "paths" && BigInt(end + 1) < pathCounts[state.target];
  const number = `${at + first} of ${some ? "first " : ""}${end + first}`;
  const counted = `${NOUNS[state.mode]} ${descends ? at : number}`;
  const text = end < 0 ? `no ${NOUNS[state.mode]}` : counted;
  field("position").max = String(Math.max(end, 0));
  field("position").value = String(at);
  put($("position"), "aria-valuetext", text);
  put($("count"), "text", text);
  for (const id of ["first", "back"]) put($(id), "aria-disabled", at <= 0);
  put($("last"), "aria-disabled", at >= end);
  put($("next"), "aria-disabled", descends ? obstacle() !== "" : at >= end);
  const still = descends ? obstacle() !== "" : state.mode === "predict" || end < 1;
  put($("play"), "aria-disabled", still);
  put($("playing"), "text", state.playing ? "Stop" : descends ? "Run" : "Play");
  put($("sign"), "d", state.playing ? "M6 6h12v12H6z" : "M7 5v14l11-7z");
  for (const button of modeButtons()) {
    put(button, "aria-pressed", button.dataset.mode === state.mode);
  }
}

/** To a position in this mode. @param {number} to */
function go(to) {
  const at = Math.max(0, Math.min(to, lastPosition()));
  state.at[state.mode] = at;
  lens.byHand = false;
  if (state.mode === "descent") returnTo(at);
  openQuestion();
  show();
  follow();
  takeFocusAlong();
}

/** Where a box has the focus, the one that is current gets it: Enter is about what one sees. */
function takeFocusAlong() {
  const current = currentNode();
  if (current === null || !document.activeElement?.closest(".node")) return;
  drawnBoxes.get(boxOf(current))?.group.focus({ preventScroll: true });
}

/** @param {Mode} mode */
function setMode(mode) {
  if (mode === "descent" && !computes) return;
  pause();
  if (mode === "paths" && !state.found.length) state.found = firstPaths(state.target);
  state.mode = mode;
  lens.byHand = false;
  openQuestion();
  show();
  follow();
  if (mode === "predict") focusQuestion();
}

/** Open the groups that hide what a question is about, where a teacher set it. */
function openQuestion() {
  if (state.mode !== "predict" || !graph.ask.length) return;
  const { node } = askedQuestion();
  for (let k = 0; boxOf(node).isGroup && k < graph.views.length; k++) openBox(node);
}

/** To the field for the answer, to the button that goes on, or at the end to that of the score. */
function focusQuestion() {
  const next = allAnswered() ? "copy" : "check";
  $(isOpen(askedQuestion()) ? "answer" : next).focus();
}

/** A click on a node: its paths, or the question about it; on what hides others, these. @param {number} i */
function choose(i, byKey = false) {
  if (isConstant(i)) return;
  pause();
  const isAsked = state.mode === "predict" && questions.some((question) => question.node === i);
  if (boxOf(i).folded && !isAsked) return openBox(i, byKey);
  if (state.mode === "predict") {
    const about = questions.filter((question) => question.node === i);
    if (!about.length) return;
    go(questions.indexOf(about.find(isOpen) ?? about[0]));
    focusQuestion();
  } else if (state.mode === "descent" && moving.has(i)) {
    Object.assign(state, { target: i, found: [], at: { ...state.at, paths: 0 } });
    show();
  } else {
    Object.assign(state, { mode: "paths", target: i, found: firstPaths(i) });
    go(0);
  }
}

/** Look at a node without going there. @param {number | null} i */
function pointAt(i) {
  state.pointed = i;
  showNode();
  showBeside();
}

const PACE = 1500; // milliseconds a step

const HASTE = 5; // so many updates in the time of a step

/** Milliseconds from one step to the next, at the speed that is chosen. */
const pace = () =>
  PACE / Number(field("speed").value) / (state.mode === "descent" ? HASTE : 1);

/** One step after the other, from the start where one is at the end; or stop. */
function play() {
  if (state.playing) return pause();
  if (state.mode === "descent") return run();
  if (state.mode === "predict" || lastPosition() < 1) return undefined;
  const next = () => {
    go(position() + 1);
    if (position() >= lastPosition()) pause();
  };
  state.playing = window.setInterval(next, pace());
  return position() >= lastPosition() ? go(0) : next();
}

/** One update after the other, until nothing changes. */
function run() {
  if (obstacle()) return;
  const next = () => { if (!descend() || settled()) pause(); };
  state.playing = window.setInterval(next, pace());
  next();
}

/** Go on playing at another speed. */
function changeSpeed() {
  if (!state.playing) return;
  pause();
  play();
}

function pause() {
  clearInterval(state.playing);
  state.playing = 0;
  showControls();
}

/** @type {(() => void) | null} */
let waiting = null; // what the next frame shows: a slider moves faster than the screen

/** Do the newest of such tasks with the next frame. @param {() => void} task */
function soon(task) {
  if (!waiting) {
    requestAnimationFrame(() => {
      const newest = waiting;
      waiting = null;
      newest?.();
    });
  }
  waiting = task;
}

/** A variable moves by hand. @param {number} i @param {HTMLInputElement} input */
function slide(i, input) {
  const x = read(input.value);
  if (x === undefined) return;
  Object.assign(lens, { moved: i, byHand: true });
  set([[i, x]]);
  forgetTrack(); // moved by hand: the descent begins again
  soon(() => show({ say: false, typed: input }));
}

/** One step downhill; whether there was one. */
function descend() {
  const moved = update();
  show();
  if (!moved) put($("said"), "text", obstacle());
  return moved;
}

/** The variables as they were. */
function restart() {
  pause();
  set(variables.map((i) => [i, nodes[i].value]));
  forgetTrack();
  show();
}

/** The answer that was typed, or on to the next question. */
function check() {
  const question = askedQuestion();
  if (!isOpen(question)) {
    go(position() < lastPosition() ? position() + 1 : questions.findIndex(isOpen));
    return focusQuestion();
  }
  const typed = read(field("answer").value) ?? reckon(field("answer").value);
  if (typed === undefined) {
    const example = "type one such as -0.5 or 3e-2, or arithmetic such as 2 * (-1.6)";
    return put($("verdict"), "text", `✗ not a number: ${example}`);
  }
  if (truth(question) === undefined) return undefined;
  answer(question, typed);
  show();
  put($("said"), "text", `${$("verdict").textContent}. ${$("equation").dataset.plain}`);
  return isOpen(question) ? field("answer").select() : focusQuestion();
}

/** Ask for what is chosen. */
function changeKinds() {
  askFor(field("kinds").value.split(" "));
  go(0);
}

/** The answer, without a question more. */
function giveUp() {
  if (truth(askedQuestion()) === undefined) return;
  reveal(askedQuestion());
  show();
  focusQuestion();
}

/** The score for the clipboard; where there is none it is marked, to be copied by hand. */
async function copyScore() {
  field("line").select();
  try {
    await navigator.clipboard.writeText(field("line").value);
    put($("copy"), "text", "Copied");
  } catch {
    put($("copy"), "text", document.execCommand("copy") ? "Copied" : "Press Ctrl+C");
  }
}
