
// ---- the page: what is typed is run, and what came of it is shown --------------------------------

const SLOW = 1000; // milliseconds of a run until it can be stopped by hand
const ENDLESS = 5000; // of a run until it is stopped
const LARGE = 20_000; // of a view until it is stopped
const WAITED_FOR = 2000; // of both, where there is a newer text to run
const CALM = 600; // milliseconds without typing until one is told what is wrong
const REST = 1000; // until the address says what is on the page
const SERVE = "This page stands on a web server. In the folder above its own run "
  + "`python -m http.server`, then open http://localhost:8000/";

const work = {
  text: /** @type {string | null} */ (null), // the newest that waits to be run
  turn: /** @type {Promise<unknown>} */ (Promise.resolve()), // what was asked before
  seen: "", // the last text that had a Value to show
  shown: "", // what is said of it
  opened: false, // whether nothing is seen yet of a text that was opened
  stopping: false, // somebody does not want to wait
  telling: 0, // a timer: trouble is told when nobody types
  saving: 0, // a timer
  turning: 0, // a timer
  address: "", // the fragment that this page gave itself
};

const drafts = new Drafts();
let heading = { title: "" }; // of the lesson that is on the page

const title = /** @type {HTMLInputElement} */ ($("title"));
const examples = /** @type {HTMLSelectElement} */ ($("examples"));

/** @param {string} text */
const say = (text) => put($("said"), "text", text);

const sayShown = () => put($("shown"), "text", work.shown); // where Python said how it starts

/** Ask Python after what it was asked before. @param {() => Promise<void>} task */
function inTurn(task) {
  work.turn = work.turn.then(task).catch((error) => showFailure(error.message)).then(sayShown);
}

/** The text is another: run it as soon as can be. */
function changed() {
  work.text = code.value;
  clearTimeout(work.telling);
  hideTrouble(); // it may be mended
  saveSoon();
  inTurn(runNewest);
}

/** Run the newest text; nothing where that has happened. */
async function runNewest() {
  await python(); // while it starts one may go on typing
  const text = work.text;
  if (text === null) return;
  work.text = null;
  const answer = await asked(
    { do: "run", text, kind: view.tab }, ENDLESS, "is there a loop that never ends?",
  );
  if (answer.gone) {
    await beginAnew();
    if (work.text !== null) return; // there is another by now
    keepView("the code has not come to an end");
    showTrouble(`${answer.gone} Python has started anew.`, null);
    return;
  }
  showAnswer(answer);
  if (!answer.shown) return;
  work.seen = text;
  await showTab();
}

/** Ask what may take its time, and can be stopped by hand. @param {object} question @param {number} limit @param {string} why  it may take longer */
async function asked(question, limit, why) {
  work.stopping = false;
  const busy = window.setTimeout(() => { $("stop").hidden = false; }, SLOW);
  const answer = await ask(question, () => {
    if (work.stopping) return { milliseconds: 0, words: "Stopped." };
    return seconds(work.text === null ? limit : WAITED_FOR, why);
  });
  clearTimeout(busy);
  $("stop").hidden = true;
  return answer;
}

/** Another Python, which has run what was seen last. */
async function beginAnew() {
  await python();
  if (!work.seen || work.text !== null) return;
  const answer = await asked({ do: "run", text: work.seen, kind: "graph" }, ENDLESS, "");
  if (answer.gone) work.seen = ""; // now it takes too long
  put($("shown"), "text", String(answer.shown ?? ""));
}

/** What became of a run. @param {any} answer */
function showAnswer({ printed, trouble, shown }) {
  clearTimeout(work.telling);
  put($("printed"), "text", String(printed));
  $("output").hidden = !printed;
  if (!shown) keepView(trouble ? "the code has a mistake" : "the code makes no Value");
  if (trouble) {
    tellSteps({ trouble: String(trouble.message) });
    work.telling = window.setTimeout(() => showTrouble(String(trouble.message), trouble.span), CALM);
    return;
  }
  hideTrouble();
  if (!shown) return;
  work.opened = false;
  $("frames").classList.remove("past");
  work.shown = String(shown);
  sayShown();
}

/** Nothing new is seen: the last picture of this text stays, pale. @param {string} why */
function keepView(why) {
  if (work.opened) {
    work.shown = "";
    sayShown();
    showView({ said: `There is no picture yet: ${why}.` }, moveNumbers);
  }
  $("frames").classList.toggle("past", !work.opened);
}

/** What went wrong, and where, marked in the text. @param {string} message @param {Span | null} span */
function showTrouble(message, span) {
  $("trouble").hidden = false;
  put($("place"), "text", span ? `Line ${span.line}` : "");
  $("place").hidden = !span;
  put($("why"), "text", message);
  $("place").onclick = () => { if (span) goTo(span); };
  marks.wrong = span;
  drawCode();
}

function hideTrouble() {
  $("trouble").hidden = true;
  if (!marks.wrong) return;
  marks.wrong = null;
  drawCode();
}

/** Python could not be started. @param {string} message */
function showFailure(message) {
  keepView("Python is not there");
  showTrouble(message, null);
}

/** The tab that is open, shown anew. */
async function showTab() {
  const { tab } = view;
  const called = $(`tab-${tab}`).textContent;
  const answer = await asked(
    { do: "show", kind: tab, room: room() }, LARGE, `${called} takes longer for a graph of this size.`,
  );
  if (answer.gone) await beginAnew();
  if (work.text !== null && answer.gone) return;
  const said = `${answer.gone} Python has started anew, and other views can be opened.`;
  if (tab === view.tab) showView(answer.gone ? { said } : answer.view, moveNumbers);
}

/** @param {string} name @param {boolean} focused */
function openTab(name, focused = false) {
  view.tab = TABS.find((tab) => tab === name) ?? "graph";
  for (const tab of TABS) {
    const chosen = tab === view.tab;
    put($(`tab-${tab}`), "aria-selected", chosen);
    put($(`tab-${tab}`), "tabindex", chosen ? 0 : -1);
    if (chosen && focused) $(`tab-${tab}`).focus();
  }
  put($("frames"), "aria-labelledby", `tab-${view.tab}`);
  if (view.tab !== "steps") {
    marks.step = 0;
    drawCode();
  }
}

/** @param {{line: number, column: number}[]} edits */
const places = (edits) => edits.map(({ line, column }) => `${line}:${column}`).join();

/** A slider moves: so does the number in the code. @param {unknown[]} moves */
function moveNumbers(moves) {
  inTurn(async () => {
    const answer = await ask({ do: "move", moves });
    if (answer.gone) await beginAnew();
    if (!answer.edits) return tellSteps({ refused: String(answer.refused ?? answer.gone) });
    const lines = code.value.split("\n");
    for (const { line, column, was, text } of answer.edits) {
      const before = lines[line - 1] ?? "";
      const at = units(before, column);
      if (!before.startsWith(was, at)) return tellSteps({ refused: "the code is another by now" });
      lines[line - 1] = before.slice(0, at) + text + before.slice(at + was.length);
    }
    const text = lines.join("\n");
    if (code.value === text) return tellSteps({});
    const step = marks.step;
    write(text, "preserve");
    markStep(step);
    drafts.add({ text, heading }, `slider ${places(answer.edits)}`);
    return changed();
  });
}

// ---- links ---------------------------------------------------------------------------------------

/** What is on the page. @returns {Lesson} */
const lesson = () => ({ text: code.value, tab: view.tab, title: title.value.trim() });

/** Let the address say what is on the page: it survives a reload. */
function saveSoon() {
  clearTimeout(work.saving);
  work.saving = window.setTimeout(() => void save(), REST);
}

/** @param {"replaceState" | "pushState"} how */
async function save(how = "replaceState") {
  if (code.value.length > MOST) return;
  work.address = await packed(lesson());
  history[how](null, "", work.address);
}

/** An address for others, on the clipboard. */
async function copyLink() {
  clearTimeout(work.saving);
  if (code.value.length > MOST) return say(`No link holds ${code.value.length.toLocaleString("en")} characters of code.`);
  await save();
  const count = location.href.length;
  const long = count > LONGEST
    ? ` It has ${count.toLocaleString("en")} characters, and programs that carry links may cut it at ${LONGEST.toLocaleString("en")}: open it once where you sent it.` : "";
  try {
    await navigator.clipboard.writeText(location.href);
    return say(`Copied. The link holds the code itself, and no server is sent it.${long}`);
  } catch {
    return say(`The address of this page is the link: copy it from the address bar.${long}`);
  }
}

/** Put a lesson on the page. @param {Lesson} made */
function openLesson({ text, tab, title: called }) {
  const draft = { text: text.replaceAll("\r\n", "\n"), heading: { title: called } };
  drafts.add(draft);
  openDraft(draft, tab);
}

/** The text before or after is on the page again. @param {number} by */
function undo(by) {
  const draft = drafts.step(by);
  if (!draft) return;
  if (draft.heading !== heading) return openDraft(draft, view.tab);
  write(draft.text, "end");
  changed();
}

/** @param {Draft} draft @param {string} tab */
function openDraft(draft, tab) {
  heading = draft.heading;
  title.value = heading.title;
  showTitle();
  write(draft.text, "end");
  Object.assign(work, { opened: true, seen: "" });
  renew();
  openTab(tab);
  changed();
}

/** Put an example on the page; Back, and undo too, bring again what was there. @param {{title: string, text: string}} chosen */
async function openExample(chosen) {
  clearTimeout(work.saving);
  await save();
  openLesson({ ...chosen, tab: view.tab });
  await save("pushState");
}

/** The lesson of the address, or the first example. */
async function openAddress() {
  if (work.address && location.hash === work.address) return;
  let made = null;
  let trouble = "";
  try {
    made = await unpacked(location.hash);
  } catch {
    trouble = "The link is damaged: its code could not be read, and this is an example. Ask for the link again, and copy all of it.";
  }
  if (!made) showView({ html: given.first }, moveNumbers); // drawn while Python starts
  openLesson(made ?? { ...given.examples[0], tab: "graph" });
  if (trouble) say(trouble);
}

// ---- how it looks --------------------------------------------------------------------------------

const showTitle = () => { document.title = title.value.trim() || "chainrule live"; };

/** @param {boolean} dark */
function setDark(dark) {
  view.dark = dark;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  put($("dark"), "aria-pressed", dark);
  showSight();
  tellTheme();
}

/** Large type, for a room. */
function present() {
  const large = !document.body.classList.toggle("large") ? 1 : 1.5;
  view.scale = large;
  put($("large"), "aria-pressed", large > 1);
  showSight();
}

/** Arrows of tabs go from one to the next. @param {KeyboardEvent} event */
function onTabKey(event) {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) return;
  event.preventDefault();
  openTab(TABS[(TABS.indexOf(view.tab) + by + TABS.length) % TABS.length], true);
  inTurn(showTab);
  saveSoon();
}

function start() {
  enableEditor((begins, ends) => {
    say("");
    drafts.add({ text: code.value, heading }, begins, ends);
    changed();
  });
  examples.append(...given.examples.map((one, k) => make("option", { value: k }, one.title)));
  examples.addEventListener("focus", prepare);
  examples.addEventListener("change", () => {
    const chosen = given.examples[Number(examples.value)];
    examples.value = "";
    void openExample(chosen);
  });
  document.addEventListener("keydown", (event) => {
    const by = event.target === title ? 0 : undoKey(event);
    if (!by) return;
    event.preventDefault();
    undo(by);
  });
  code.addEventListener("beforeinput", (event) => { // of a menu
    const by = { historyUndo: -1, historyRedo: 1 }[event.inputType];
    if (!by) return;
    event.preventDefault();
    undo(by);
  });
  for (const tab of TABS) {
    $(`tab-${tab}`).addEventListener("click", () => {
      openTab(tab);
      inTurn(showTab);
      saveSoon();
    });
    $(`tab-${tab}`).addEventListener("keydown", onTabKey);
  }
  title.addEventListener("input", () => {
    heading.title = title.value;
    showTitle();
    saveSoon();
  });
  $("copy").addEventListener("click", () => void copyLink());
  $("large").addEventListener("click", present);
  $("dark").addEventListener("click", () => setDark(!view.dark));
  $("stop").addEventListener("click", () => { work.stopping = true; });
  window.addEventListener("hashchange", () => void openAddress());
  window.addEventListener("message", ({ source, data }) => {
    if (source === sight.contentWindow && data.painted === 0) showSight();
  });
  new ResizeObserver(() => {
    clearTimeout(work.turning); // it may be turned, where it is seen larger so
    work.turning = window.setTimeout(() => { if (work.seen && view.tab === "graph") inTurn(showTab); }, REST);
  }).observe($("frames"));
  setDark(view.dark);
  drawCode();
  if (location.protocol === "file:") return showFailure(SERVE);
  onStage = (stage) => put($("shown"), "text", stage);
  return void openAddress();
}

start();
