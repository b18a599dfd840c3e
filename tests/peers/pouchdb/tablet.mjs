// A tablet with PouchDB: one database, replicated to and from the server's. It lies in memory, as the
// tablet of `cargo xtask bench` does; on a real one it would lie in IndexedDB.

import PouchDB from "pouchdb";
import memory from "pouchdb-adapter-memory";

import { WARM_UP, check, conversations } from "../conversations.mjs";
import { answer, clock } from "../programs.mjs";

PouchDB.plugin(memory);

// Koffiekar's tablet sends and asks for a thousand conversations at a time; PouchDB by itself takes a hundred.
const TOGETHER = { batch_size: 1000 };

/** One database of the tablet's and the server's beside it. */
class Pair {
  #at;

  constructor(name, tablet = "tablet") {
    this.name = name;
    this.local = new PouchDB(`${tablet}-${name}`, { adapter: "memory" });
  }

  /** Makes the server's database where there is none. A tablet asks for it once, not at each sync. */
  async meet(port) {
    if (this.#at === port) return;
    this.#at = port;
    this.remote = new PouchDB(`http://127.0.0.1:${port}/${this.name}`);
    await this.remote.info();
  }

  async record(all) {
    const documents = all.map(({ id, ...rest }) => ({ _id: id, ...rest }));
    for (let from = 0; from < documents.length; from += 1000) {
      const outcomes = await this.local.bulkDocs(documents.slice(from, from + 1000));
      const refused = outcomes.find(({ ok }) => !ok);
      if (refused) throw new Error(JSON.stringify(refused));
    }
  }

  /** Until the server has answered every document and counts them all. */
  async push(count) {
    const started = clock();
    const { docs_written: sent } = await this.local.replicate.to(this.remote, TOGETHER);
    const { doc_count: held } = await this.remote.info();
    const answered = clock();
    if (sent !== count || held !== count) throw new Error(`${sent} sent, ${held} held by the server`);
    return { started, answered };
  }

  async fetch(expected) {
    const started = clock();
    const { docs_written: fetched } = await this.local.replicate.from(this.remote, TOGETHER);
    const took = clock() - started;
    if (fetched !== expected) throw new Error(`${fetched} fetched instead of ${expected}`);
    return { took };
  }
}

let pair;

async function warmUp({ port }) {
  const [one, another] = [new Pair("warm-up"), new Pair("warm-up", "another")];
  await one.meet(port);
  await one.record(conversations(WARM_UP.count, WARM_UP.seed));
  // The second tablet of a server finds that these are there already.
  await one.local.replicate.to(one.remote, TOGETHER);
  await another.meet(port);
  await another.fetch(WARM_UP.count);
}

async function record({ port, count }) {
  pair = new Pair("ronde");
  await pair.record(conversations(count));
  await pair.meet(port);
}

const push = ({ count }) => pair.push(count);

async function pull({ port, count }) {
  pair = new Pair("ronde");
  await pair.meet(port);
  const result = await pair.fetch(count);
  const { rows } = await pair.local.allDocs({ include_docs: true });
  for (const { doc } of rows) check(doc);
  return result;
}

/** Has everything and asks again: only whether there is something to fetch. */
async function idle({ port }) {
  await pair.meet(port);
  return pair.fetch(0);
}

answer({ warmUp, record, push, pull, idle });
