// Run by Node, once, when a site is built: the memory of a Python that has imported chainrule and run
// nothing else.  The page begins with it, in a fraction of the time.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

async function main() {
  const [, , folder, wheel, target] = process.argv;
  const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide.mjs")).href);
  const { info } = JSON.parse(readFileSync(join(folder, "pyodide-lock.json"), "utf8"));
  const lockFileContents = { info, packages: {} }; // as on the page
  const python = await loadPyodide({ indexURL: folder, lockFileContents, _makeSnapshot: true });
  python.unpackArchive(new Uint8Array(readFileSync(join(folder, wheel))).buffer, "wheel");
  python.runPython("import nn; from chainrule.live import Session; session = Session()");
  writeFileSync(join(folder, target), gzipSync(python.makeMemorySnapshot()));
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(String(error)); // the line of Pyodide where it was raised has a megabyte
  process.exit(1);
}
