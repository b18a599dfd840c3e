// A tablet with automerge-repo: one document a conversation, in memory, as the tablet of `cargo xtask bench`
// has them; on a real one they would lie in IndexedDB.

import { save } from "@automerge/automerge";
import { ImmutableString, Repo } from "@automerge/automerge-repo";
import { WebSocketClientAdapter } from "@automerge/automerge-repo-network-websocket";

import { WARM_UP, check, conversations } from "../conversations.mjs";
import { answer, clock } from "../programs.mjs";

// A document that was asked for and did not come within a minute counts as unavailable for good, so not
// all of them are asked for at once.
const TOGETHER = 200;

let repo;
let handles;

/** Counts what the tablet sends. */
class Line extends WebSocketClientAdapter {
  sent = 0;

  send(message) {
    this.sent += 1;
    super.send(message);
  }
}

function connect(port) {
  const line = new Line(`ws://127.0.0.1:${port}`);
  repo.networkSubsystem.addNetworkAdapter(line);
  line.connect(repo.peerId, {});
  return line;
}

/** Texts as single values, as in Koffiekar: as lists of letters, which is the default, they are larger. */
function values(tree) {
  if (typeof tree === "string") return new ImmutableString(tree);
  if (typeof tree !== "object") return tree;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, values(value)]));
}

/** Returns the ids, without which nobody can ask for the documents. */
function record({ count, seed }) {
  repo = new Repo();
  // Only the notes are a text that two people may edit at once.
  const make = ({ id, notes, ...rest }) => repo.create({ ...values(rest), notes });
  handles = conversations(count, seed).map(make);
  return handles.map(({ documentId }) => documentId);
}

/** Until the server has said of every document that it has what the tablet has. */
async function push({ port }) {
  const all = handles.map((handle) => {
    const mine = handle.heads().join();
    return new Promise((resolve) => {
      handle.on("remote-heads", ({ heads }) => {
        if (heads.join() === mine) resolve();
      });
    });
  });
  const started = clock();
  const line = connect(port);
  await Promise.all(all);
  const answered = clock();
  line.disconnect();
  return { started, answered };
}

/** The ids are given: how a tablet learns them is left out. */
async function pull({ port, ids }) {
  repo = new Repo();
  const met = new Promise((resolve) => repo.networkSubsystem.once("peer", resolve));
  const line = connect(port);
  await met;
  handles = [];
  const left = [...ids];
  const ask = async () => {
    while (left.length > 0) handles.push(await repo.find(left.pop()));
  };
  const started = clock();
  await Promise.all(Array.from({ length: TOGETHER }, ask));
  const took = clock() - started;
  line.disconnect();
  for (const handle of handles) check(handle.doc());
  return { took };
}

/**
 * Has everything and asks again: the app was closed and opened, its documents are read. It knows that nothing is
 * new when the server has answered for each of them. (Where only the connection was lost, it sends as many
 * messages and the server says nothing to those that are up to date.)
 */
async function idle({ port }) {
  repo = new Repo();
  for (const handle of handles) repo.import(save(handle.doc()), { docId: handle.documentId });
  const waiting = new Set(handles.map(({ documentId }) => documentId));
  const started = clock();
  const line = connect(port);
  await new Promise((resolve) => {
    line.on("message", ({ documentId }) => {
      waiting.delete(documentId);
      if (waiting.size === 0) resolve();
    });
  });
  const took = clock() - started;
  line.disconnect();
  return { took, requests: line.sent };
}

async function warmUp({ port }) {
  const ids = record(WARM_UP);
  await push({ port });
  await pull({ port, ids });
}

answer({ warmUp, record, push, pull, idle });
