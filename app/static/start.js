// Runs before everything else, and without the app's wasm: fetches the wasm and shows how far that
// is, and takes the whole screen when the app fails, however it fails. A classic script, so that it
// also runs in a browser that cannot run the app.
//
// The app and the script that starts it speak with this one through `koffiekar`, below.

(() => {
  "use strict";

  const WASM = "/{{wasm}}";
  // What the wasm is as a whole; the connection carries less, because it is compressed.
  const WASM_BYTES = {{wasm_bytes}};
  // The names of our own files: what fails in others (extensions, scripts of the browser) is not ours.
  const OWN = new RegExp(`${location.origin}/(app|start)-[0-9a-f]{16}`);
  const LOCK_NAME = "koffiekar-build ";

  const TEXTS = {
    nl: {
      stopped: "Koffiekar is gestopt",
      stopped_why: "Er ging iets mis in de app. Typ hier niet verder: begin opnieuw.",
      load: "Koffiekar kon niet starten",
      load_why:
        "Aan wat u op dit apparaat hebt vastgelegd, is niets veranderd. Controleer de verbinding en begin opnieuw.",
      old: "Deze browser is te oud voor Koffiekar. Vraag uw beheerder om een nieuwere browser.",
      kept: (at) => `Het laatst bewaard op deze tablet: ${at}.`,
      kept_counts: (all, waiting, drafts) =>
        `Daar staan dan gesprekken: ${all}, nog niet verzonden: ${waiting}, niet afgemaakt: ${drafts}.`,
      kept_unknown: "Aan wat u eerder op deze tablet bewaarde, is niets veranderd.",
      kept_office: "Wat u hebt opgeslagen, staat op de server.",
      after: "Wat u daarna typte, is misschien niet bewaard.",
      typed: "Dit stond nog op het scherm. Kopieer het voordat u opnieuw begint, voor het geval dat het er straks niet meer staat.",
      text: "Tekst",
      copy: "Kopieer",
      copied: "Gekopieerd",
      again: "Begin opnieuw",
      stays: "Gebeurt dit steeds weer? Vraag dan uw beheerder.",
    },
    en: {
      stopped: "Koffiekar has stopped",
      stopped_why: "Something went wrong in the app. Do not type on here: start again.",
      load: "Koffiekar could not start",
      load_why:
        "Nothing of what you recorded on this device was changed. Check the connection and start again.",
      old: "This browser is too old for Koffiekar. Ask your administrator for a newer browser.",
      kept: (at) => `Kept last on this tablet: ${at}.`,
      kept_counts: (all, waiting, drafts) =>
        `It then held conversations: ${all}, not sent yet: ${waiting}, not finished: ${drafts}.`,
      kept_unknown: "Nothing of what you kept on this tablet before was changed.",
      kept_office: "What you saved is on the server.",
      after: "What you typed after that may not be kept.",
      typed: "This was still on the screen. Copy it before you start again, in case it is not there any more then.",
      text: "Text",
      copy: "Copy",
      copied: "Copied",
      again: "Start again",
      stays: "Does this keep happening? Ask your administrator.",
    },
  };

  let failed = false;
  // The page is being left on purpose: what breaks off then is no failure.
  let leaving = false;
  let kept = null;

  function language() {
    try {
      return localStorage.getItem("language") === "en" ? "en" : "nl";
    } catch {
      return "nl";
    }
  }

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  // What somebody typed and can still be seen, with the label of its field. Never a password, shown or not.
  function typedTexts() {
    const fields = document.querySelectorAll(
      "textarea, input:not([type]), input[type=text], input[type=search]",
    );
    return [...fields]
      .filter((field) => field.value.trim() !== "" && !/username|password/.test(field.autocomplete))
      .map((field) => ({
        label: field.labels?.[0]?.textContent || field.getAttribute("aria-label") || "",
        text: field.value,
        lang: field.lang,
      }));
  }

  function keptLines(texts) {
    if (!location.pathname.startsWith("/veld")) return [texts.kept_office];
    if (!kept) return [texts.kept_unknown];
    const at = new Date(kept.at).toLocaleString(language(), { dateStyle: "medium", timeStyle: "medium" });
    return [texts.kept(at), texts.kept_counts(kept.all, kept.waiting, kept.drafts), texts.after];
  }

  function typedPart(texts, typed) {
    const part = element("section");
    part.append(element("p", texts.typed));
    typed.forEach(({ label, text, lang }, index) => {
      const id = `failure-text-${index}`;
      const name = element("label", label.trim() || `${texts.text} ${index + 1}`);
      name.htmlFor = id;
      const field = element("textarea");
      field.id = id;
      field.dataset.testid = id;
      field.readOnly = true;
      field.rows = 4;
      field.dir = "auto";
      field.lang = lang;
      field.value = text;
      const copy = element("button", texts.copy);
      copy.type = "button";
      copy.addEventListener("click", async () => {
        field.select();
        const done = await navigator.clipboard?.writeText(text).then(() => true, () => false);
        if (done || document.execCommand("copy")) copy.textContent = texts.copied;
      });
      part.append(name, field, copy);
    });
    return part;
  }

  // A newer build that waits may be the cure, so it takes over first.
  async function startAgain() {
    leaving = true;
    try {
      const worker = navigator.serviceWorker;
      const waiting = (await worker?.getRegistration())?.waiting;
      if (waiting) {
        worker.addEventListener("controllerchange", () => location.reload());
        setTimeout(() => location.reload(), 3000);
        return waiting.postMessage({ type: "activate" });
      }
    } catch (error) {
      console.warn(error);
    }
    location.reload();
  }

  // `kind`: "stopped", "load" or "old".
  function fail(kind, error) {
    if (failed || leaving) return;
    failed = true;
    // However it failed: nothing of the app runs behind this screen.
    koffiekar.end?.();
    console.error(error);
    const draw = () => {
      const lang = language();
      const texts = TEXTS[lang];
      const typed = typedTexts();
      const screen = element("main", "", "failure");
      screen.dataset.testid = "failure";
      screen.dataset.kind = kind;
      screen.lang = lang;
      const title = element("h1", kind === "stopped" ? texts.stopped : texts.load);
      title.tabIndex = -1;
      const why = { stopped: texts.stopped_why, load: texts.load_why, old: texts.old }[kind];
      const alert = element("p", why);
      alert.setAttribute("role", "alert");
      screen.append(title, alert);
      if (kind === "stopped") {
        const lines = element("div");
        lines.dataset.testid = "failure-kept";
        lines.append(...keptLines(texts).map((line) => element("p", line)));
        screen.append(lines);
      }
      if (typed.length > 0) screen.append(typedPart(texts, typed));
      const again = element("button", texts.again, "failure-again");
      again.type = "button";
      again.dataset.testid = "start-again";
      again.addEventListener("click", startAgain);
      screen.append(again, element("p", texts.stays));
      document.body.replaceChildren(screen);
      document.title = `${title.textContent} · Koffiekar`;
      title.focus();
    };
    if (document.body) draw();
    else document.addEventListener("DOMContentLoaded", draw);
  }

  function isOurs(error, file) {
    return OWN.test(String(error?.stack ?? "")) || OWN.test(String(file ?? ""));
  }

  window.addEventListener(
    "error",
    (event) => {
      if (event.target instanceof HTMLScriptElement) {
        if (OWN.test(event.target.src)) fail("load", new Error(`${event.target.src} did not come`));
      } else if (!String(event.message).startsWith("ResizeObserver loop") && isOurs(event.error, event.filename)) {
        fail(koffiekar.started ? "stopped" : "load", event.error ?? event.message);
      }
    },
    // Loading errors do not bubble.
    true,
  );
  window.addEventListener("unhandledrejection", (event) => {
    if (isOurs(event.reason)) fail(koffiekar.started ? "stopped" : "load", event.reason);
  });

  // Tells how much of the wasm has come. From a device that keeps the app it comes at once, and
  // passing the browser's own answer on lets it reuse what it compiled before.
  async function fetchWasm() {
    const response = await fetch(WASM);
    if (!response.ok || !response.body || navigator.serviceWorker?.controller) return response;
    let bytes = 0;
    const count = new TransformStream({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        show(Math.min(99, Math.floor((100 * bytes) / WASM_BYTES)));
        controller.enqueue(chunk);
      },
    });
    const headers = { "content-type": response.headers.get("content-type") ?? "" };
    return new Response(response.body.pipeThrough(count), { headers });
  }

  function show(percent) {
    const bar = document.getElementById("loading-bar");
    const text = document.getElementById("loading-percent");
    if (!bar || !text) return;
    bar.value = percent;
    text.textContent = `${percent}%`;
  }

  const koffiekar = {
    fail,
    // The app runs.
    started: false,
    wasm: null,
    // Held by each window as long as it is open: the service worker keeps that build's files.
    buildLock: LOCK_NAME,
    // The app says what its disk holds, each time that it wrote.
    kept(at, all, waiting, drafts) {
      kept = { at, all, waiting, drafts };
    },
    // Whoever locks a tablet or signs out leaves nothing readable behind: the page is loaded anew.
    leave(address) {
      leaving = true;
      // Not from within the call: the memory that is wiped is the caller's.
      setTimeout(() => {
        koffiekar.wipe?.();
        document.body.replaceChildren();
        if (address === location.pathname + location.search) location.reload();
        else location.replace(address);
      });
    },
  };
  window.koffiekar = koffiekar;

  if (typeof WebAssembly !== "object" || !("noModule" in HTMLScriptElement.prototype)) {
    fail("old", new Error("no WebAssembly or no modules"));
  } else {
    koffiekar.wasm = fetchWasm();
    // Told by whoever waits for it.
    koffiekar.wasm.catch(() => {});
  }
})();
