
// ---- the band: the arithmetic in large type -----------------------------------------------------

/** Shows where one stands in words, and gives them as one sentence. */
function showWords() {
  const { caption, equation, more } = words();
  const text = plain(equation);
  const trouble = failure ? `✗ ${nodes[failure.node].name} has no value: ${failure.message}` : "";
  const length = equation.reduce((n, part) => n + room(part), 2);
  $("alert").hidden = !failure;
  put($("alert"), "text", trouble);
  put($("caption"), "text", caption);
  put($("more"), "text", more);
  $("equation").hidden = !text;
  $("equation").style.setProperty("--length", String(length));
  $("equation").replaceChildren(...equation.map(term));
  $("equation").dataset.plain = text;
  showQuestion();
  return [trouble, caption, text, more].filter(Boolean).join(". ");
}

/**
 * How many characters wide a part of an equation is: its number, or the letters above it.
 * @param {Part} part
 */
function room(part) {
  const above = typeof part === "string" ? 0 : part.small.length;
  return Math.max(bare(part).length, (above + 1) / 2);
}

/** A part of an equation: a text, or a number with its letters above. @param {Part} part */
function term(part) {
  if (typeof part === "string") return make("span", { class: "text" }, part);
  const classes = `term${part.upstream ? " upstream" : ""}${part.result ? " result" : ""}`;
  const letters = make("small", { "aria-hidden": "true" }, part.small);
  return make("span", { class: classes }, letters, make("span", {}, part.big));
}

let asking = -1; // the node that the answer on the page is about

/** The field for an answer, and what became of the last one. */
function showQuestion() {
  $("question").hidden = state.mode !== "predict" || !questions.length;
  if ($("question").hidden) return;
  const i = askedNode();
  const { verdict, hint, typed } = answers.get(i) ?? {};
  const known = isKnown(i);
  const given = typed === undefined ? "" : shown(typed);
  if (asking !== i || !verdict) field("answer").value = given;
  asking = i;
  const texts = {
    right: `✓ right: ${given} lies within ${TOLERANCE * 100} %`,
    "not yet": `✗ not yet: it is not ${given}${hint ? `; ${hint}` : ""}`,
    revealed: "○ revealed",
  };
  put($("asked"), "text", `${gradientName(i)} =`);
  put($("check"), "text", known ? "Next" : "Check");
  for (const id of ["asked", "answer", "reveal"]) $(id).hidden = known;
  put($("verdict"), "text", verdict ? texts[verdict] : "");
  put($("verdict"), "class", (verdict ?? "").replace(" ", "-"));
}
