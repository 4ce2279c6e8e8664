// Python in a worker: it is given the files of Pyodide and a port, and answers what the page asks.
// Its frame can reach no network, so that what Pyodide fetches is taken from those files.

const PLACE = "https://files.invalid/"; // of no server: where Pyodide believes its files to be

/**
 * Files by name, and the name of the wheel among them.
 * @typedef {{files: Record<string, ArrayBuffer>, wheel: string, lock: object}} Supplies
 */

/** @param {Supplies} supplies @param {MessagePort} port */
async function begin({ files, wheel, lock }, port) {
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
  const python = await loadPyodide({ indexURL: PLACE, createPyodideModule, lockFileContents: lock });
  say("chainrule is imported");
  python.unpackArchive(files[wheel], "wheel");
  const session = python.runPython("from chainrule.live import Session; Session()");
  port.onmessage = ({ data }) => port.postMessage(session.answer(data));
  port.postMessage(JSON.stringify({ ready: true }));
}

self.addEventListener("message", ({ data, ports: [port] }) => {
  begin(data, port).catch((error) => port.postMessage(JSON.stringify({ failed: String(error) })));
}, { once: true });

export {};
