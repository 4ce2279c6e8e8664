// The page in a notebook that Python listens to: an ES module as anywidget runs it.  It shows the
// document in a frame, gives it one end of a channel, and carries messages between the other end
// and Python.  What they say, live.py and live.js know.

/**
 * What anywidget gives: the widget's end of the line to Python.
 * @typedef {object} Model
 * @property {(name: string) => any} get
 * @property {(event: string, task: (message: any) => void) => void} on
 * @property {(event: string, task: (message: any) => void) => void} off
 * @property {(message: object) => void} send
 */

let made = 0; // frames that this module has filled

/** @param {{model: Model, el: HTMLElement}} place */
function render({ model, el }) {
  const frame = document.createElement("iframe");
  let [client, port] = ["", /** @type {MessagePort | null} */ (null)];

  /** To Python, if it is there. @param {object} message */
  const tell = (message) => {
    try {
      model.send({ client, ...message });
    } catch {
      port?.postMessage({ gone: true });
    }
  };
  /** To the page. @param {any} message */
  const pass = (message) => port?.postMessage(message);
  const fill = () => { frame.srcdoc = model.get("page"); };
  const leave = () => {
    if (client) tell({ leaves: true });
    port?.close();
    [client, port] = ["", null];
  };
  /** A document has come, the first or another: it alone gets the other end. */
  const connect = () => {
    leave();
    made += 1;
    client = `${Date.now()}.${Math.random()}.${made}`;
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = ({ data }) => tell(data);
    // its origin is opaque, as that of all sandboxed frames, so none can be named here
    frame.contentWindow?.postMessage({ client }, "*", [channel.port2]);
  };

  frame.title = model.get("title");
  frame.setAttribute("sandbox", "allow-scripts allow-downloads");
  frame.setAttribute("style", model.get("look"));
  frame.addEventListener("load", connect);
  fill();
  model.on("change:page", fill);
  model.on("msg:custom", pass);
  window.addEventListener("pagehide", leave);
  el.append(frame);
  return () => {
    leave();
    model.off("change:page", fill);
    model.off("msg:custom", pass);
    window.removeEventListener("pagehide", leave);
  };
}

export default { render };
