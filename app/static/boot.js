// Starts the app: this follows wasm-bindgen's own code in app-HASH.js, so that none of the page's
// code is inline. `start.js` ran before it.

// What must not be used any more: the app failed, or its memory was wiped.
let isOver = false;

// Rust cannot unwind in the browser: an exception that leaves the wasm leaves it half-way, with
// locks held and work undone. So the first one is the last: nothing of it runs after that, and the
// screen says so. `xtask` puts this around the exports when it binds the app.
function guarded(exports) {
  const call = (run) => (...values) => {
    if (isOver) throw new Error("the app has ended");
    try {
      return run(...values);
    } catch (error) {
      isOver = true;
      koffiekar.fail("stopped", error);
      throw error;
    }
  };
  const item = ([name, value]) => [name, typeof value === "function" ? call(value) : value];
  return Object.fromEntries(Object.entries(exports).map(item));
}

koffiekar.end = () => {
  isOver = true;
};

koffiekar.wipe = () => {
  koffiekar.end();
  if (wasm) new Uint8Array(wasm.memory.buffer).fill(0);
};

// After the start, so that the worker finds the wasm in the browser's cache instead of fetching it
// a second time; also after a failed start, because a newer build may be the cure.
function keepForOffline() {
  navigator.serviceWorker
    ?.register("/service-worker.js", { updateViaCache: "none" })
    .catch((error) => console.warn("Offline use is not available:", error));
}

function holdBuild() {
  const name = koffiekar.buildLock + new URL(import.meta.url).pathname;
  navigator.locks?.request(name, { mode: "shared" }, () => new Promise(() => {})).catch(() => {});
}

holdBuild();
keepTextsInPlace();
__wbg_init({ module_or_path: koffiekar.wasm })
  .then(
    () => {
      koffiekar.started = true;
      document.getElementById("loading")?.remove();
    },
    (error) => koffiekar.fail("load", error),
  )
  .finally(keepForOffline);
