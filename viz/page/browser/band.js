
// ---- the band: the arithmetic in large type -----------------------------------------------------

/** Shows where one stands in words, and gives them as one sentence. */
function showWords() {
  const { caption, equation, more } = words();
  const trouble = failureText();
  const length = equation.reduce((n, part) => n + room(part), 2);
  $("alert").hidden = !failure;
  put($("alert"), "text", trouble);
  write("caption", caption);
  write("more", more);
  $("equation").hidden = !equation.length;
  $("equation").style.setProperty("--length", String(length));
  write("equation", equation, true);
  showQuestion();
  return [trouble, plain(caption), plain(equation), plain(more)].filter(Boolean).join(". ");
}

/** Where there is no value, and why: the operands are told only where they may be seen. */
function failureText() {
  if (!failure) return "";
  const { node, message } = failure;
  return `✗ ${nodes[node].name} has no value${hidesValue(node) ? "" : `: ${message}`}`;
}

/**
 * How many characters wide a part of an equation is: its number, or the letters above it.
 * @param {Part} part @returns {number}
 */
function room(part) {
  if (typeof part === "string" || "node" in part || "up" in part) return bare(part).length;
  if ("top" in part) return (bare(part).length + 3) / 2; // above and below a bar
  return Math.max(part.big.length, (plain(part.small).length + 1) / 2);
}

/** The line to copy, once all is answered. */
function showScore() {
  const line = state.mode === "predict" ? scoreLine() : "";
  $("score").hidden = !line;
  if (field("line").value === line) return;
  field("line").value = line;
  put($("copy"), "text", "Copy");
}

/** @type {Question | undefined} */
let asking; // what the answer on the page is about

/** The field for an answer, and what became of the last one. */
function showQuestion() {
  showScore();
  $("question").hidden = state.mode !== "predict" || !questions.length;
  $("kinds").hidden = $("question").hidden || graph.ask.length > 0; // there they were chosen
  if ($("question").hidden) return;
  const question = askedQuestion();
  const { verdict, hint, typed } = answers.get(question) ?? {};
  const known = !isOpen(question);
  const given = typed === undefined ? "" : shown(typed);
  if (asking !== question || !verdict) field("answer").value = given;
  asking = question;
  const texts = {
    right: `✓ right: ${given} lies within ${TOLERANCE * 100} %`,
    "not yet": `✗ not yet: it is not ${given}${hint ? `; ${hint}` : ""}`,
    revealed: "○ revealed",
  };
  write("asked", said`${questionName(question)} = `, true);
  put($("check"), "text", known ? "Next" : "Check");
  for (const id of ["asked", "answer", "reveal"]) $(id).hidden = known;
  $("check").hidden = allAnswered();
  put($("verdict"), "text", verdict ? texts[verdict] : "");
  put($("verdict"), "class", (verdict ?? "").replace(" ", "-"));
}
