// Starts the app: this follows wasm-bindgen's own code in app-HASH.js, so that page, script and
// wasm are three requests and none of the page's code is inline.

const loading = document.getElementById("loading");

function tell(error) {
  console.error(error);
  const text = document.getElementById("loading-text");
  if (!text) return;
  text.setAttribute("role", "alert");
  text.textContent =
    "Koffiekar kon niet starten. Wat u op dit apparaat hebt vastgelegd, staat er nog. " +
    "Laad de pagina opnieuw; helpt dat niet, vraag dan uw beheerder.";
}

// After the start, so that the worker finds the wasm in the browser's cache instead of fetching it
// a second time; also after a failed start, because a newer build may be the cure.
function keepForOffline() {
  navigator.serviceWorker
    ?.register("/service-worker.js", { updateViaCache: "none" })
    .catch((error) => console.warn("Offline use is not available:", error));
}

__wbg_init({ module_or_path: "/{{wasm}}" })
  .then(() => loading?.remove(), tell)
  .finally(keepForOffline);
