
// ---- what is seen: a frame for pictures and tables, a frame for the page of steps ----------------

/** @typedef {"graph" | "derivation" | "steps" | "check"} Tab */
/**
 * What Python makes of a Value for a tab.
 * @typedef {object} View
 * @property {string} [html]
 * @property {string} [said]  in place of it
 * @property {{title: string}} [graph]  of the page of steps
 * @property {[number, number | string][]} [data]  the same page with other numbers
 * @property {number[]} [lines]  of the text that made each node
 */

const TABS = /** @type {Tab[]} */ (["graph", "derivation", "steps", "check"]);

const view = {
  tab: /** @type {Tab} */ ("graph"),
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  scale: 1, // of the type
  number: 0, // counts what the frame was given
  last: /** @type {View | null} */ (null), // what it was given
};

/** The page of steps, and what is said to it and by it. */
const steps = {
  frame: /** @type {HTMLIFrameElement | null} */ (null),
  port: /** @type {MessagePort | null} */ (null),
  place: { mode: "steps", at: 0 }, // where one stands, kept from page to page
  data: /** @type {View["data"]} */ ([]), // the newest numbers, where the page has others
  lines: /** @type {number[]} */ ([]),
  heard: 0, // the newest of its moves
  version: 0,
};

/** A sandboxed frame for what came out of Python. @param {string} title */
function makeFrame(title) {
  const frame = make("iframe", { title, sandbox: "allow-scripts" });
  $("frames").append(frame);
  return frame;
}

const sight = makeFrame("Graph");
sight.srcdoc = given.sight;

/** Width and height of what there is to fill. */
const room = () => [$("frames").clientWidth, $("frames").clientHeight];

/** Give the frame what it shows, with the colours and the size of now. */
function showSight() {
  const { html = "", said = "" } = view.last ?? {};
  view.number += 1;
  const { number, dark, scale } = view;
  // its origin is its own, so none can be named here
  sight.contentWindow?.postMessage({ number, html, said, dark, scale }, "*");
}

/** @param {View | null} seen @param {(moves: unknown[]) => void} onMoves */
function showView(seen, onMoves) {
  if (!seen) return;
  if (seen.lines) steps.lines = seen.lines.map(Number);
  if (seen.graph) openSteps(seen.graph, onMoves);
  else if (seen.data) {
    steps.data = seen.data;
    tellSteps({ data: steps.data });
  }
  else {
    view.last = { html: String(seen.html ?? ""), said: String(seen.said ?? "") };
    showSight();
  }
  showFrames(view.tab === "steps" && !seen.said);
}

/** The page of steps, or the other frame. @param {boolean} stepping */
function showFrames(stepping) {
  sight.hidden = stepping;
  for (const page of stepPages()) page.hidden = !stepping;
}

// ---- the page of steps ---------------------------------------------------------------------------

/** The page that is seen, and one that comes. */
const stepPages = () => [...$("frames").querySelectorAll("iframe")].filter((frame) => frame !== sight);

/** The page with a graph in it, which is data whatever Python made. @param {{title: string}} graph */
function stepsOf(graph) {
  const parts = /** @type {Record<string, string>} */ ({
    title: String(graph.title).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`),
    graph: JSON.stringify(graph).replaceAll("<", "\\u003c"),
  });
  return given.steps.replace(/\{\{(title|graph)\}\}/g, (_, name) => parts[name]);
}

/** Another page; the one before is seen until it has come. @param {{title: string}} graph @param {(moves: unknown[]) => void} onMoves */
function openSteps(graph, onMoves) {
  for (const page of stepPages()) if (page.className === "coming") page.remove(); // too late
  const frame = makeFrame(String(graph.title));
  Object.assign(steps, { frame, data: [] });
  steps.port?.close();
  frame.className = "coming";
  frame.addEventListener("load", () => {
    const channel = new MessageChannel();
    steps.port = channel.port1;
    steps.version = 0;
    steps.port.onmessage = ({ data }) => hearSteps(data, onMoves);
    const { place } = steps;
    frame.contentWindow?.postMessage({ client: "live", place }, "*", [channel.port2]);
    tellTheme();
    frame.className = "";
    for (const page of stepPages()) if (page !== frame) page.remove();
  }, { once: true });
  frame.srcdoc = stepsOf(graph);
}

/** What live.js of the page of steps says. @param {any} said @param {(moves: unknown[]) => void} onMoves */
function hearSteps(said, onMoves) {
  if (said.opens) tellSteps({ data: steps.data }); // they may have come before it did
  if (said.stands) {
    const { mode, at, node } = said.stands;
    steps.place = { mode: String(mode), at: Number(at) };
    markStep(steps.lines[Number(node)] ?? 0);
  }
  if (Array.isArray(said.moves)) {
    steps.heard = Number(said.number);
    onMoves(said.moves);
  }
}

/** Say what became of its moves. @param {{data?: unknown, refused?: string, trouble?: string}} news */
function tellSteps({ data = [], refused = "", trouble = "" }) {
  steps.version += 1;
  steps.port?.postMessage({
    version: steps.version, heard: { live: steps.heard }, refused: refused ? { live: refused } : {},
    trouble, data, locals: [],
  });
}

/** The colours of the page around, for a page of steps that is open. */
function tellTheme() {
  steps.port?.postMessage({ dark: view.dark });
}

/** Mark the line that made what the step is about. @param {number} line */
function markStep(line) {
  if (view.tab !== "steps" || marks.step === line) return;
  marks.step = line;
  drawCode();
}
