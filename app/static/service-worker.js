// Keeps one build of the app on the device, so that it starts without a server.
//
// Written for exactly these files, by `cargo xtask app`. A new build is a new worker with a cache of
// its own. It waits until the page sends {type: "activate"}: no update interrupts a conversation. The
// cache of an older build stays as long as a window uses it, which holds a lock for that.
// Words and documents never pass through here: everything under /api/ goes to the network untouched.

const VERSION = "{{version}}";
const FILES = {{files}};

const PREFIX = "koffiekar-";
const CACHE = PREFIX + VERSION;
// As `start.js` names it.
const BUILD_LOCK = "koffiekar-build ";
const PATHS = new Set(FILES.map((file) => file.path));

// Pages and answers that the server makes; every other address is a screen of the app.
const SERVER = ["/api", "/healthz", "/readyz", "/metrics", "/r"];

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => {
  if (event.data?.type === "activate") self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (SERVER.some((path) => pathname === path || pathname.startsWith(path + "/"))) return;
  if (request.mode === "navigate") {
    event.respondWith(kept("/", request));
    event.waitUntil(forgetUnused());
  } else if (PATHS.has(pathname)) event.respondWith(kept(pathname, request));
  else event.respondWith(keptByAny(pathname, request));
});

// All files or none: one that is missing or differs from this build fails the installation, the
// worker before this one stays, and the browser tries again later.
async function install() {
  const cache = await caches.open(CACHE);
  await Promise.all(FILES.map((file) => keep(cache, file)));
}

async function keep(cache, { path, integrity, hashed }) {
  const ask = (mode) => fetch(new Request(path, { cache: mode, integrity }));
  // A name with a hash stands for one content: an earlier build's copy will do, or the browser's.
  const held = hashed && (await caches.match(path, { ignoreVary: true }));
  const response = held || (hashed && (await ask("default").catch(() => null))) || (await ask("reload"));
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  await cache.put(path, response);
}

async function activate() {
  await forgetUnused();
  await self.clients.claim();
}

// Not while a newer build is being kept or waits: its cache is none of this worker's business.
async function forgetUnused() {
  const locks = await self.navigator.locks?.query();
  const used = new Set(locks?.held.map(({ name }) => name));
  for (const name of await caches.keys()) {
    if (!name.startsWith(PREFIX) || name === CACHE) continue;
    const files = await (await caches.open(name)).keys();
    const isUsed = files.some(({ url }) => used.has(BUILD_LOCK + new URL(url).pathname));
    if (self.registration.waiting || self.registration.installing) return;
    if (!isUsed) await caches.delete(name);
  }
}

async function kept(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path, { ignoreVary: true })) ?? fetch(request);
}

// A window with an older build asks for a file of that.
async function keptByAny(path, request) {
  return (await caches.match(path, { ignoreVary: true })) ?? fetch(request);
}
