
// ---- Python listens: a page in a widget ---------------------------------------------------------
// What moves here is told to Python, one message at a time: what moves before it has answered goes
// with the next, so that the last word counts.  What Python tells is taken as it is.
// A page that stands in another one of ours is opened where its predecessor stood, tells where it
// stands, and leaves colours and files to the one around.

/** @typedef {[number, number | string][]} Written  leaves by position, as JSON can say them */
/**
 * What Python says: the newest of its messages is all that counts.
 * @typedef {object} Told
 * @property {number} version  counts these messages
 * @property {Record<string, number>} heard  the newest move that it has heard of each page
 * @property {Record<string, string>} refused  why it did not make that move
 * @property {string} trouble  why Python could not renew the graph
 * @property {Written} data
 * @property {[number, (number | string)[]][]} locals  where the page cannot compute them
 * @property {boolean} [gone]  nobody listens any more
 * @property {boolean} [dark]  the colours of the page around
 */
/** @typedef {{mode: Mode, at: number}} Standing  where one is */

const wire = {
  port: /** @type {MessagePort | null} */ (null),
  client: "", // the name of this page
  sent: 0, // moves
  version: 0, // of the newest message from Python
  waits: 0, // for an answer: a timer
  fresh: false, // something has moved that was not sent
};
/** @type {Map<number, number>} */
const unsaid = new Map(); // what has moved and stands so here alone
/** @type {Map<number, number>} */
let underway = new Map(); // of these, what was sent

const LIVE = "Live: what moves here moves in Python.";
const PATIENCE = 1000; // milliseconds until one is told that Python does not answer

/** A number as JSON can say it. @param {number} x */
const written = (x) => (Number.isFinite(x) && !Object.is(x, -0) ? x : shown(x));

/** @param {string} text */
function showLine(text) {
  $("live").hidden = !text;
  put($("live"), "text", text);
}

/** Tell Python what has moved, unless it still owes an answer. */
function sendMoves() {
  if (!wire.port || wire.waits || !wire.fresh) return;
  wire.sent += 1;
  wire.fresh = false;
  underway = new Map(unsaid);
  wire.waits = window.setTimeout(
    () => showLine("Python has not answered yet: it is busy, or gone."),
    PATIENCE,
  );
  const moves = [...underway].map(([i, x]) => [i, written(x)]);
  wire.port.postMessage({ number: wire.sent, moves });
}

told = (changes) => {
  if (!wire.port) return;
  for (const [i, x] of changes) unsaid.set(i, x);
  wire.fresh = true;
  sendMoves();
};

/** What Python says; nothing where another answer is to follow. @param {Told} message */
function hear({ gone, dark, version, heard, refused, trouble, data, locals: slopes }) {
  if (gone) return endLine();
  if (dark !== undefined) return setTheme(dark);
  if (version <= wire.version) return undefined;
  wire.version = version;
  if ((heard[wire.client] ?? 0) < wire.sent) return undefined;
  clearTimeout(wire.waits);
  wire.waits = 0;
  const refusal = refused[wire.client] ?? "";
  if (!refusal) {
    for (const [i, x] of underway) if (Object.is(unsaid.get(i), x)) unsaid.delete(i);
  }
  underway.clear();
  showLine(
    refusal ? `Python keeps what it had: ${refusal}` : trouble ? `In Python ${trouble}` : LIVE,
  );
  if (wire.fresh) return sendMoves();
  return refusal ? undefined : take(data, slopes);
}

/** Nobody listens any more. */
function endLine() {
  clearTimeout(wire.waits);
  Object.assign(wire, { port: null, waits: 0 });
  showLine("Python is gone: this page moves by itself.");
}

/**
 * The leaves, and where nothing is computed here all else, as Python has them.
 * @param {Written} data @param {Told["locals"]} slopes
 */
function take(data, slopes) {
  const changes = data
    .map(([i, x]) => /** @type {[number, number]} */ ([i, parsed(x)]))
    .filter(([i, x]) => !Object.is(values[i], x));
  if (!changes.length) return;
  pause();
  place(changes, slopes.map(([i, ds]) => [i, ds.map(parsed)]));
  forgetTrack();
  soon(() => show({ say: false }));
}

/** Go where a page before this one stood, and tell from now on. @param {Standing} place */
function takePlace({ mode, at }) {
  setMode(Object.hasOwn(lengths, mode) ? mode : "steps");
  stands = () => wire.port?.postMessage({
    stands: { mode: state.mode, at: position(), node: currentNode() },
  });
  for (const id of ["theme", "download"]) $(id).hidden = true;
  turn(openingDirection()); // only now is it as large as it is seen
  go(at);
}

window.addEventListener("message", ({ source, data, ports }) => {
  if (source !== window.parent || wire.port || !ports.length) return;
  wire.port = ports[0];
  wire.client = String(data.client);
  wire.port.onmessage = (event) => hear(event.data);
  wire.port.postMessage({ opens: true });
  if (data.place) takePlace(data.place);
});
