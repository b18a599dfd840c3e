// automerge-repo behind WebSockets, on files: the parts of automerge-repo-sync-server, put together in its way.
// It answers a document when it holds it in memory, and writes it down a tenth of a second later or when it has
// time, without fsync. So this server also tells when the last one was written: no tablet ever learns that.

import { once } from "node:events";

import { Repo } from "@automerge/automerge-repo";
import { WebSocketServerAdapter } from "@automerge/automerge-repo-network-websocket";
import { NodeFSStorageAdapter } from "@automerge/automerge-repo-storage-nodefs";
import { WebSocketServer } from "ws";

import { answer, clock } from "../programs.mjs";

/** The files of automerge-repo, which also tell when more documents have been written. */
class Files extends NodeFSStorageAdapter {
  #written = new Set();
  #awaited = null;

  async save(key, bytes) {
    await super.save(key, bytes);
    const [document, kind] = key;
    if (kind === "snapshot" || kind === "incremental") this.#written.add(document);
    if (this.#awaited && this.#written.size >= this.#awaited.count) {
      this.#awaited.resolve(clock());
      this.#awaited = null;
    }
  }

  /** When that many more had been written. */
  more(count) {
    return new Promise((resolve) => {
      this.#awaited = { count: this.#written.size + count, resolve };
    });
  }
}

// By itself it hangs up on a tablet that is too busy to answer a ping for five seconds, as it is in a large pull.
const PING_EACH_MS = 600_000;

let files;

async function start(folder) {
  files = new Files(folder);
  const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(sockets, "listening");
  new Repo({
    network: [new WebSocketServerAdapter(sockets, PING_EACH_MS)],
    storage: files,
    peerId: "server",
    // It gives what is asked for by id, and offers nothing by itself.
    sharePolicy: async () => false,
  });
  return { port: sockets.address().port };
}

/** When that many more documents were stored. Asked before they are sent. */
const stored = ({ count }) => files.more(count);

answer({ start, stored });
