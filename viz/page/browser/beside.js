
// ---- beside the graph: the slope, or the code ---------------------------------------------------

const BESIDE = /** @type {const} */ ({ slope: "slopes", code: "codes" }); // a part, and its button

/** Show a part beside the graph, or fold it away. @param {"slope" | "code"} part */
function toggle(part) {
  if (field(BESIDE[part]).disabled) return;
  const shows = $(part).hidden;
  for (const [name, button] of Object.entries(BESIDE)) {
    $(name).hidden = name !== part || !shows;
    put($(button), "aria-pressed", !$(name).hidden);
  }
  $("beside").hidden = !shows;
  showBeside();
}

/** What stands beside the graph as it is now. @param {HTMLInputElement | null} typed */
function showBeside(typed = null) {
  showSlope(typed);
  showListing();
}

/** Listens to what opens and closes. */
function enableBeside() {
  for (const part of /** @type {const} */ (["slope", "code"])) {
    $(BESIDE[part]).addEventListener("click", () => toggle(part));
  }
  field("slopes").disabled = !computes;
  enableSlopes();
  makeListing();
  $("codes").hidden = !graph.code.length;
  field("codes").disabled = !graph.code.length;
  if (!matchMedia("(max-width: 46rem)").matches) toggle("code"); // whoever gave it wants to see it
}
