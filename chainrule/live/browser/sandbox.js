// The frame around a worker: what is in it has an origin of its own, without storage.

window.addEventListener("message", ({ source, data, ports }) => {
  if (source !== window.parent) return;
  // Chromium lets a frame like this one start modules from such an address alone
  const address = `data:text/javascript,${encodeURIComponent(data.script)}`;
  const worker = new Worker(address, { type: "module" });
  worker.addEventListener("error", (event) => {
    const failed = event.message || "this browser starts no worker in a sandboxed frame";
    window.parent.postMessage({ failed }, "*");
  });
  worker.postMessage(data.supplies, [ports[0]]);
}, { once: true });

export {};
