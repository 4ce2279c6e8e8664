
// ---- typing: what Enter, Tab and Backspace do in Python ------------------------------------------

const INDENT = 4; // blanks

/**
 * A change of a text: what stands from `start` to `end` is replaced, then the cursor stands from
 * `left` to `right`.
 * @typedef {{start: number, end: number, insert: string, left: number, right: number}} Change
 */

/** Where the line of a place begins. @param {string} text @param {number} at */
const lineStart = (text, at) => text.lastIndexOf("\n", at - 1) + 1;

/** Whether a bracket of a line is still open. @param {string} line */
function unclosed(line) {
  const marks = tokens(line).filter(({ kind }) => kind === "other").map((piece) => piece.text);
  const count = (/** @type {string} */ some) => marks.filter((mark) => some.includes(mark)).length;
  return count("([{") > count(")]}");
}

/** Enter: as far in as this line, and further after a colon. @param {string} text @param {number} start @param {number} end @returns {Change} */
function newLine(text, start, end) {
  const before = text.slice(lineStart(text, start), start);
  const blanks = /^[ \t]*/.exec(before)?.[0] ?? "";
  const opens = /:\s*(#.*)?$/.test(before);
  const leaves = /^\s*(return|pass|break|continue|raise)\b/.test(before) && !unclosed(before);
  const step = blanks.endsWith("\t") ? "\t" : " ".repeat(INDENT);
  const insert = `\n${opens ? blanks + step : leaves ? blanks.replace(/(\t| {1,4})$/, "") : blanks}`;
  return { start, end, insert, left: start + insert.length, right: start + insert.length };
}

/** Tab, or with Shift back: the lines that are selected, or up to the next stop. @param {string} text @param {number} start @param {number} end @param {boolean} back @returns {Change} */
function indent(text, start, end, back) {
  const from = lineStart(text, start);
  if (!back && !text.slice(start, end).includes("\n")) {
    const insert = " ".repeat(INDENT - ((start - from) % INDENT));
    return { start, end, insert, left: start + insert.length, right: start + insert.length };
  }
  const lines = text.slice(from, end).split("\n");
  const moved = lines.map((line) =>
    back ? line.replace(/^ {1,4}/, "") : line && " ".repeat(INDENT) + line);
  const insert = moved.join("\n");
  const left = Math.max(from, start + moved[0].length - lines[0].length);
  return { start: from, end, insert, left, right: Math.max(left, from + insert.length) };
}

/** Backspace within what is indented: a whole step; null where it is an ordinary one. @param {string} text @param {number} at @returns {Change | null} */
function unindent(text, at) {
  const before = text.slice(lineStart(text, at), at);
  if (!before || /[^ ]/.test(before)) return null;
  const step = (before.length - 1) % INDENT + 1;
  return { start: at - step, end: at, insert: "", left: at - step, right: at - step };
}
