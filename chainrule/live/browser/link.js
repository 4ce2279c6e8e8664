
// ---- links: what is on the page, in the part of its address that no server is sent ---------------

const LONGEST = 8000; // characters of a link; some programs that carry one cut what is longer
const MOST = 100_000; // characters of a text

/** What a link says. @typedef {{text: string, tab: string, title: string}} Lesson */

/** @param {Uint8Array} bytes */
const base64url = (bytes) => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""))
  .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** @param {string} text */
const fromBase64url = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

/** Bytes through a stream, no more than a limit of them. @param {Uint8Array} bytes @param {GenericTransformStream} stream @param {number} most */
async function through(bytes, stream, most) {
  const reader = new Blob([/** @type {BlobPart} */ (bytes)]).stream().pipeThrough(stream).getReader();
  /** @type {number[]} */
  const found = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(found);
    if (found.length + value.length > most) throw new RangeError("too long");
    for (const b of value) found.push(b);
  }
}

/** The fragment that says a lesson. @param {Lesson} lesson */
async function packed({ text, tab, title }) {
  const bytes = new TextEncoder().encode(text);
  const code = base64url(await through(bytes, new CompressionStream("deflate-raw"), 4 * MOST));
  const parts = { code, tab, ...(title && { title }) };
  return `#${new URLSearchParams(parts)}`;
}

/** The lesson that a fragment says, null where it says none; an Error where it is damaged. @param {string} fragment @returns {Promise<Lesson | null>} */
async function unpacked(fragment) {
  const parts = new URLSearchParams(fragment.replace(/^#/, ""));
  const code = parts.get("code");
  if (code === null) return null;
  const bytes = await through(fromBase64url(code), new DecompressionStream("deflate-raw"), 4 * MOST);
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  return { text, tab: parts.get("tab") ?? "graph", title: (parts.get("title") ?? "").slice(0, 100) };
}
