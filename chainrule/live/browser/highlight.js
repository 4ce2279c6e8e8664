
// ---- Python as it is read: words, numbers, texts, remarks ----------------------------------------

/** @typedef {"keyword" | "number" | "text" | "remark" | "name" | "other"} TokenKind */
/** @typedef {{kind: TokenKind, text: string}} Token */

const KEYWORDS = new Set(
  ("False None True and as assert async await break class continue def del elif else except finally "
  + "for from global if import in is lambda nonlocal not or pass raise return try while with yield")
    .split(" "),
);
const TOKENS = new RegExp([
  "(?<remark>#[^\\n]*)",
  "(?<text>[rRbBuUfF]{0,2}(?:'''[^]*?(?:'''|$)|\"\"\"[^]*?(?:\"\"\"|$)"
  + "|'(?:\\\\[^]|[^'\\\\\\n])*'?|\"(?:\\\\[^]|[^\"\\\\\\n])*\"?))",
  "(?<number>(?:\\d[\\d_]*\\.?[\\d_]*|\\.\\d[\\d_]*)(?:[eE][+-]?\\d+)?)",
  "(?<name>[\\p{L}_][\\p{L}\\p{N}_]*)",
  "(?<other>\\s+|[^])",
].join("|"), "gu");

/** A text in pieces; joined they are the text. @param {string} text @returns {Token[]} */
function tokens(text) {
  return [...text.matchAll(TOKENS)].map(({ 0: piece, groups = {} }) => {
    const kind = /** @type {TokenKind} */ (Object.keys(groups).find((key) => groups[key] !== undefined));
    return { kind: kind === "name" && KEYWORDS.has(piece) ? "keyword" : kind, text: piece };
  });
}

/** The same line by line. @param {string} text @returns {Token[][]} */
function tokenLines(text) {
  /** @type {Token[][]} */
  const lines = [[]];
  for (const { kind, text: piece } of tokens(text)) {
    for (const [k, part] of piece.split("\n").entries()) {
      if (k) lines.push([]);
      if (part) lines[lines.length - 1].push({ kind, text: part });
    }
  }
  return lines;
}
