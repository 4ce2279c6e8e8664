
// ---- undo: of what is typed, and of what the page writes, which no browser takes back ------------

const DRAFTS = 500; // of a text, that can be had again

/** A text on the page, and the lesson that it is of. @typedef {{text: string, heading: {title: string}}} Draft */

class Drafts {
  constructor() {
    /** @type {Draft[]} */
    this.all = [];
    this.at = -1; // which of them is on the page
    this.ended = ""; // how the change that made it ended
  }

  /** Another text; a change that begins as the one before ended is one with it. @param {Draft} draft @param {string} begins @param {string} ends */
  add(draft, begins = "", ends = begins) {
    const one = begins !== "" && begins === this.ended;
    this.all.splice(this.at + (one ? 0 : 1), Infinity, draft);
    this.all = this.all.slice(-DRAFTS);
    this.at = this.all.length - 1;
    this.ended = ends;
  }

  /** The text before, or after; null where there is none. @param {number} by  -1 or 1 */
  step(by) {
    const draft = this.all[this.at + by];
    if (!draft) return null;
    this.at += by;
    this.ended = "";
    return draft;
  }
}

/** How what was typed begins and ends: letters of a word are one change. @param {string} kind @param {string} typed @param {number} at  where it ends @returns {[string, string]} */
function wordly(kind, typed, at) {
  if (kind === "insertCompositionText") return [kind, kind];
  if (kind === "deleteContentBackward") return [`back from ${at + 1}`, `back from ${at}`];
  const word = kind === "insertText" && /^[\p{L}\p{N}_]+$/u.test(typed);
  return word ? [`word to ${at - typed.length}`, `word to ${at}`] : ["", ""];
}

/** -1 where a key means undo, 1 where it means redo, else 0. @param {KeyboardEvent} event */
function undoKey({ key, ctrlKey, metaKey, shiftKey, altKey }) {
  if (ctrlKey === metaKey || altKey) return 0;
  const letter = key.toLowerCase();
  if (letter === "z") return shiftKey ? 1 : -1;
  return letter === "y" && ctrlKey && !shiftKey ? 1 : 0;
}

/** The part of a text that is other in another. @param {string} before @param {string} after */
function changedPart(before, after) {
  const least = Math.min(before.length, after.length);
  let start = 0;
  while (start < least && before[start] === after[start]) start += 1;
  let same = 0;
  while (same < least - start && before.at(-1 - same) === after.at(-1 - same)) same += 1;
  return { start, end: before.length - same, insert: after.slice(start, after.length - same) };
}
