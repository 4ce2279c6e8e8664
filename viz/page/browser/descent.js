
// ---- descent: each variable that moves goes against its gradient --------------------------------

const moving = new Set(variables.filter((i) => !nodes[i].given)); // the ticked ones

/** Where the descent has come by. @typedef {{xs: number[], height: number}} Place */

/** The variables as they are, and the root's value there. @returns {Place} */
const here = () => ({ xs: variables.map((i) => values[i]), height: values[root] ?? NaN });

let track = [here()]; // before the first update and after each

const MOST_UPDATES = 1000; // of one run

/** The variable whose update is written large: the one that was clicked, or the first. */
const watched = () =>
  (moving.has(state.target) ? state.target : variables.find((i) => moving.has(i)));

/** What a variable becomes. @param {number} i @param {number} rate */
const updated = (i, rate) => values[i] - rate * gradients[i];

/** Why there is no update, empty where there is one. */
function obstacle() {
  if (!computes) return "the variables of this page do not move";
  if (state.rate === undefined) return "the learning rate must be a number";
  if (gradients[root] === undefined) return "there is no gradient here: move a variable back";
  return moving.size ? "" : "no variable is ticked";
}

/** One update of all that moves; whether there was one. */
function update() {
  const { rate } = state;
  if (obstacle() || rate === undefined) return false;
  track.length = state.at.descent + 1; // what came after, from here, is another way
  set([...moving].map((i) => [i, updated(i, rate)]));
  track.push(here());
  state.at.descent += 1;
  return true;
}

/** Back to a place of the track. @param {number} at */
function returnTo(at) {
  state.at.descent = at;
  set(variables.map((i, k) => [i, track[at].xs[k]]));
}

/** The descent begins here. */
function forgetTrack() {
  track = [here()];
  state.at.descent = 0;
}

/** Whether a run is at its end: nothing changes any more, or there is no number. */
function settled() {
  const [before, now] = track.slice(-2).map((place) => place.height);
  return failure !== null || !Number.isFinite(now) || track.length > MOST_UPDATES
    || Math.abs(now - before) <= 1e-12 * Math.abs(before);
}
