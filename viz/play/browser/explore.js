
// ---- one example through the whole network, on the page of `explore` ------------------------------

/** Forward and backward, one node at a time. */
function exploreExample() {
  trouble("");
}
