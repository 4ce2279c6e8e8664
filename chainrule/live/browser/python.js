
// ---- Python: one at a time, and another where one does not come back ------------------------------

const TOO_LONG = 5000; // milliseconds of an answer that takes no time

/** The frames' documents, the worker, and where Pyodide is: document.py writes it. @type {{pyodide: string, memory: boolean, examples: {title: string, text: string}[], first: string, worker: string, sandbox: string, sight: string, steps: string}} */
const given = JSON.parse(String($("data").textContent));

/** What worker.js is given. @typedef {{files: Record<string, ArrayBuffer>, wheel: string, lock: object, memory?: ArrayBuffer}} Supplies */

/** What is told while Python starts. @type {(stage: string) => void} */
let onStage = () => {};

/** A file of the folder of Pyodide. @param {string} name */
async function fetched(name) {
  const address = new URL(given.pyodide + name, document.baseURI);
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) {
    throw new Error(`${address.pathname} is not there: this page stands beside a folder of Pyodide`);
  }
  return answer;
}

/** All that Python is made of, fetched once. @returns {Promise<Supplies>} */
async function fetchSupplies() {
  const names = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"];
  let count = 0;
  const counted = async (/** @type {string} */ name) => {
    const buffer = await (await fetched(name)).arrayBuffer();
    count += 1;
    onStage(`Python is fetched, ${count} of ${names.length + 1} files`);
    return /** @type {[string, ArrayBuffer]} */ ([name, buffer]);
  };
  const ours = (async () => {
    const lock = await (await fetched("pyodide-lock.json")).json();
    const { file_name: wheel, sha256 } = lock.packages.chainrule;
    const memory = given.memory ? await fetchedMemory(`chainrule-${sha256.slice(0, 16)}.memory`) : undefined;
    const found = { lock: { info: lock.info, packages: {} }, wheel, memory };
    return /** @type {const} */ ([found, await counted(wheel)]);
  })();
  const [[found, file], ...core] = await Promise.all([ours, ...names.map(counted)]);
  return { ...found, files: Object.fromEntries([...core, file]) };
}

/** The memory of a Python that has begun, where it stands there; memory.mjs makes it. @param {string} name */
async function fetchedMemory(name) {
  try {
    const { body } = await fetched(name);
    return await new Response(body?.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  } catch {
    return undefined; // it begins without
  }
}

/** @type {Promise<Supplies> | undefined} */
let supplies;

/** Why there is no answer, and this Python has gone. @typedef {{gone: string}} Gone */

/** One Python in a frame of its own; it answers one question at a time. */
class Python {
  constructor() {
    this.frame = make("iframe", { title: "Python", sandbox: "allow-scripts", hidden: "" });
    this.channel = new MessageChannel();
    /** @type {((answer: any) => void) | null} */
    this.hears = null; // who waits for an answer
    /** @type {Promise<void>} */
    this.ready = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.ready.catch(() => {}); // it is told to who waits, if anybody does
    this.begun = false; // whether it was asked anything
    this.channel.port1.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) void this.keep(data);
      else this.hear(JSON.parse(String(data)));
    };
    /** @param {MessageEvent} event */
    this.fails = ({ source, data }) => {
      if (source === this.frame.contentWindow) this.hear(data);
    };
    window.addEventListener("message", this.fails);
    this.frame.addEventListener("load", () => this.begin(), { once: true });
    this.frame.srcdoc = given.sandbox;
    document.body.append(this.frame);
  }

  async begin() {
    try {
      supplies ??= fetchSupplies();
      const message = { script: given.worker, supplies: await supplies };
      // its origin is its own, so none can be named here
      this.frame.contentWindow?.postMessage(message, "*", [this.channel.port2]);
    } catch (error) {
      supplies = undefined;
      this.settle?.reject(error);
    }
  }

  /** The memory of this Python before it was asked anything: another begins with it. @param {ArrayBuffer} memory */
  async keep(memory) {
    const made = await supplies;
    if (made && !this.begun) made.memory ??= memory; // once something was run it is not that memory
  }

  /** @param {any} answer */
  hear(answer) {
    if (answer.stage) {
      if (this === now) onStage(String(answer.stage));
    } else if (answer.ready) this.settle?.resolve();
    else if (answer.failed) {
      this.settle?.reject(new Error(String(answer.failed)));
      this.hears?.({ gone: `Python broke down: ${answer.failed}` });
    } else this.hears?.(answer);
  }

  /** The answer to a question. @param {object} question @param {() => Limit} limit @returns {Promise<any>} */
  ask(question, limit) {
    const began = performance.now();
    this.begun = true;
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        const passed = performance.now() - began;
        const { milliseconds, words } = limit();
        if (passed > milliseconds) this.hears?.({ gone: words });
      }, 100);
      this.hears = (answer) => {
        clearInterval(timer);
        this.hears = null;
        if (answer.gone) this.end();
        resolve(answer);
      };
      this.channel.port1.postMessage(JSON.stringify(question));
    });
  }

  /** Who waits is told why. @param {string} gone */
  leave(gone) {
    if (this.hears) this.hears({ gone });
    else this.end();
  }

  end() {
    window.removeEventListener("message", this.fails);
    this.frame.remove(); // its worker ends with it, whatever it does
    this.channel.port1.close();
    if (now === this) now = null;
  }
}

/** How long Python may take, and what is said of it where that is not enough. @typedef {{milliseconds: number, words: string}} Limit */

/** @param {number} milliseconds @param {string} why @returns {Limit} */
const seconds = (milliseconds, why) => ({
  milliseconds, words: `Stopped after ${milliseconds / 1000} seconds: ${why}`,
});

/** @type {Python | null} */
let now = null; // the one that is asked
/** @type {Python | null} */
let spare = null; // the next, where it is prepared

/** Start another in the background: it will be needed. */
function prepare() {
  if (now?.begun) spare ??= new Python();
}

/** What one text did to Python is not there for the next, by somebody else. */
function renew() {
  if (now?.begun) now.leave("Another text was opened.");
}

/** The Python that answers, when it does. */
async function python() {
  if (!now) [now, spare] = [spare ?? new Python(), null];
  const asked = now;
  try {
    await asked.ready;
  } catch (error) {
    asked.end();
    throw error;
  }
  return asked;
}

/** Ask Python. @param {object} question @param {() => Limit} limit @returns {Promise<any>} */
const ask = async (question, limit = () => seconds(TOO_LONG, "Python is busy.")) =>
  (await python()).ask(question, limit);
