// PouchDB behind express-pouchdb, on LevelDB. It answers a push when LevelDB has taken the documents into its
// log; the log is written without fsync, so what was answered survives the end of this program, not of the machine.

import { once } from "node:events";

import expressPouchDB from "express-pouchdb";
import PouchDB from "pouchdb";

import { answer } from "../programs.mjs";

async function start(folder) {
  const Stored = PouchDB.defaults({ prefix: `${folder}/` });
  // The least that replication needs: no log, no accounts, no validation.
  const server = expressPouchDB(Stored, { mode: "minimumForPouchDB" }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: server.address().port };
}

/** When that many more documents were stored: not later than it was answered. */
const stored = () => null;

answer({ start, stored });
