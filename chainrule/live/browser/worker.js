// Python in a worker: it is given the files of Pyodide and a port, and answers what the page asks.
// Its frame can reach no network, so that what Pyodide fetches is taken from those files.

const PLACE = "https://files.invalid/"; // of no server: where Pyodide believes its files to be

const FIRST = "from chainrule.live import Session; session = Session()";

/**
 * Files by name, the name of the wheel among them, what is said of it, and the memory of a Python
 * that has begun, from which another begins at once.
 * @typedef {object} Supplies
 * @property {Record<string, ArrayBuffer>} files
 * @property {string} wheel
 * @property {object} lock
 * @property {ArrayBuffer} [memory]
 */

/** @param {Supplies} supplies @param {MessagePort} port */
async function begin({ files, wheel, lock, memory }, port) {
  const say = (/** @type {string} */ stage) => port.postMessage(JSON.stringify({ stage }));
  self.fetch = async (address) => {
    const file = files[String(address).slice(PLACE.length)];
    if (!file) throw new TypeError(`this page asks nobody for ${address}`);
    return new Response(file, { headers: { "Content-Type": "application/wasm" } });
  };
  /** @param {string} name */
  const module = (name) =>
    import(URL.createObjectURL(new Blob([files[name]], { type: "text/javascript" })));
  say("Python starts");
  const [{ loadPyodide }, { default: createPyodideModule }] =
    await Promise.all([module("pyodide.mjs"), module("pyodide.asm.mjs")]);
  const load = (/** @type {object} */ how) =>
    loadPyodide({ indexURL: PLACE, createPyodideModule, lockFileContents: lock, ...how });
  const python = memory
    ? await load({ _loadSnapshot: memory }).catch(() => load({}))
    : await load({ _makeSnapshot: true });
  say("chainrule is imported");
  python.unpackArchive(files[wheel], "wheel");
  python.runPython(FIRST);
  if (!memory) { // now, before anything was run that somebody wrote
    const { buffer } = python.makeMemorySnapshot();
    port.postMessage(buffer, [buffer]);
  }
  const session = python.globals.get("session");
  port.onmessage = ({ data }) => {
    try {
      port.postMessage(session.answer(data));
    } catch (error) { // its last line says what it was, those before are of ours
      port.postMessage(JSON.stringify({ failed: String(error).trim().split("\n").pop() }));
    }
  };
  port.postMessage(JSON.stringify({ ready: true }));
}

self.addEventListener("message", ({ data, ports: [port] }) => {
  begin(data, port).catch((error) => port.postMessage(JSON.stringify({ failed: String(error) })));
}, { once: true });

export {};
