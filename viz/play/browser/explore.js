
// ---- the page of `explore` in a frame, for one example ----------------------------------------------

/** What is packed in this page. @param {string} text */
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

/** Text as HTML has it. @param {string} text */
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");

/** Forward and backward through the whole network, one node at a time. */
async function exploreExample() {
  run(false);
  const { x, label } = example();
  try {
    predict(network, x);
    lossFor(network, label);
  } catch (error) {
    trouble(messageOf(error));
    return;
  }
  const { name, features } = currentSet();
  const title = `Example ${shows.example + 1} of ${name}, after ${training.steps} steps`;
  const graph = lossGraph(network, title, features);
  const policy = document.querySelector("meta[http-equiv]")?.getAttribute("content") ?? "";
  /** @type {Record<string, string>} */
  const parts = {
    title: escaped(title), policy: escaped(policy), arithmetic: String($("arithmetic").textContent),
    graph: JSON.stringify(graph).replace(/</g, "\\u003c"),
  };
  const page = await unpacked(given.explorer.page);
  const filled = page.replace(/\{\{(\w+)\}\}/g, (_, part) => parts[part]);
  const frame = make("iframe", { title, sandbox: "allow-scripts allow-downloads" });
  frame.addEventListener("load", () => frame.focus());
  frame.srcdoc = filled.replace("<html", `<html data-theme="${darkness()}"`);
  $("frame").replaceChildren(frame);
  /** @type {HTMLDialogElement} */ ($("explorer")).showModal();
}

/** Back to the network, where the page in the frame says so. @param {MessageEvent} event */
function leaveExample({ data: says, source }) {
  const frame = /** @type {HTMLIFrameElement | null} */ ($("frame").firstElementChild);
  if (frame && source === frame.contentWindow && says === "leave") {
    /** @type {HTMLDialogElement} */ ($("explorer")).close();
  }
}

/** Whether the page is dark now. */
const darkness = () => (getComputedStyle(document.documentElement).colorScheme === "dark" ? "dark" : "light");
