
// ---- modes and where one stands in them ---------------------------------------------------------

/** @typedef {"steps" | "paths" | "predict" | "descent"} Mode */

const state = {
  mode: /** @type {Mode} */ ("steps"),
  at: { steps: 0, paths: 0, predict: 0, descent: 0 }, // one position for each mode
  target: variables[0] ?? root, // whose paths are shown
  found: /** @type {Path[]} */ ([]), // these paths
  pointed: /** @type {number | null} */ (null), // the node under the mouse, or focused
  direction: graph.direction, // in which the arrows point
  turned: false, // whether somebody chose it
  rate: /** @type {number | undefined} */ (0.1), // of the descent; undefined: none was typed
  playing: 0, // the timer
};
const lengths = {
  steps: () => steps.length,
  paths: () => state.found.length - 1,
  predict: () => questions.length - 1,
  descent: () => track.length - 1,
};
const NOUNS = { steps: "step", paths: "path", predict: "question", descent: "update" };
const position = () => state.at[state.mode];
const lastPosition = () => lengths[state.mode](); // the last position

/** What is told where one stands, whenever it is shown: live.js gives it, where somebody asks. */
let stands = () => {};

/** The node that the step, the path or the question is about; null before the first step. */
function currentNode() {
  if (state.mode === "paths") return state.target;
  if (state.mode === "predict") return askedQuestion()?.node ?? root;
  if (state.mode === "descent") return watched() ?? null;
  return steps[position() - 1]?.node ?? null;
}

/** The question where one stands; there may be none. */
const askedQuestion = () => questions[state.at.predict];

/** What may be seen: values up to a step, gradients up to a step or as far as they are guessed. */
function visible() {
  const all = { values: passed(steps.length, "Forward"), gradients: passed(steps.length, "Backward") };
  if (state.mode !== "steps") return all;
  return { values: passed(position(), "Forward"), gradients: passed(position(), "Backward") };
}
