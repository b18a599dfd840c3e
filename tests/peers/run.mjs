// node run.mjs [pouchdb|automerge-repo ...] [--count N] [--limit SECONDS]
//
// The work of `cargo xtask bench push pull idle`, done by others: figures as JSON lines on standard output, in the
// same form. What is going on is told on standard error. `README.md` tells what is compared and what is not fair.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { WARM_UP } from "./conversations.mjs";
import { machine } from "./machine.mjs";
import { Program, TooLong, endAll } from "./programs.mjs";
import { Wire } from "./wire.mjs";

const PEERS = ["pouchdb", "automerge-repo"];
const COUNTS = [500, 2_000, 10_000];
// Koffiekar's own benchmark asks 200 times. Where one answer takes long, fewer must do.
const IDLE_TIMES = 200;
const IDLE_MS = 20_000;

// The steps whose time is a figure. Where another one takes too long, there is nothing to tell.
const TIMED = ["push", "stored", "pull", "idle"];

const tell = (text) => process.stderr.write(`${text}\n`);

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { count: { type: "string" }, limit: { type: "string", default: "600" } },
  });
  const unknown = positionals.find((name) => !PEERS.includes(name));
  if (unknown) throw new Error(`there is no peer \`${unknown}\`; there are ${PEERS.join(", ")}`);
  const whole = (name) => {
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} takes a number above zero`);
    return number;
  };
  return {
    peers: positionals.length > 0 ? positionals : PEERS,
    counts: values.count === undefined ? COUNTS : [whole("count")],
    limit: whole("limit"),
  };
}

/** One peer, with a server, a folder and tablets that are new for every count. */
class Peer {
  constructor(name, limit, folder) {
    this.name = name;
    this.limit = limit;
    this.folder = folder;
  }

  figure(name, count, value, unit, more = {}) {
    const rounded = value === null ? null : Math.round(value * 1000) / 1000;
    const figure = { name, value: rounded, unit, budget: null, better: "lower", engine: this.name };
    console.log(JSON.stringify({ ...figure, conversations: count, ...more }));
  }

  /** What it comes to, or nothing but a figure without a value where a step took too long. */
  async bounded(name, count, unit, measure) {
    tell(`${this.name}, ${name}`);
    try {
      return await measure();
    } catch (error) {
      if (!(error instanceof TooLong && TIMED.includes(error.step))) throw error;
      this.figure(name, count, null, unit, { more_than: error.seconds });
      return null;
    }
  }

  start(part) {
    return new Program(`${this.name}/${part}.mjs`, this.limit);
  }

  /** A tablet that has sent and fetched a little, as this server has received and given it. */
  async tablet({ server, port }) {
    const tablet = this.start("tablet");
    await Promise.all([server.ask("stored", WARM_UP), tablet.ask("warmUp", { port })]);
    return tablet;
  }

  /** Returns the server that took them. */
  async push(count) {
    const folder = path.join(this.folder, `${this.name}-${count}`);
    fs.mkdirSync(folder);
    const server = this.start("server");
    let tablet;
    try {
      const { port } = await server.ask("start", folder);
      tablet = await this.tablet({ server, port });
      const ids = await tablet.ask("record", { port, count });
      const [stored, { started, answered }] = await Promise.all([
        server.ask("stored", { count }),
        tablet.ask("push", { port, count }),
      ]);
      this.figure(`push_${count}`, count, ((stored ?? answered) - started) / 1000, "s");
      if (stored !== null) {
        this.figure(`push_${count}_answered`, count, (answered - started) / 1000, "s");
      }
      return { server, port, ids, count };
    } catch (error) {
      server.end();
      throw error;
    } finally {
      tablet?.end();
    }
  }

  /** Returns the tablet that has everything. */
  async pull(filled) {
    const { port, ids, count } = filled;
    const tablet = await this.tablet(filled);
    const { took } = await tablet.ask("pull", { port, count, ids });
    this.figure(`pull_${count}`, count, took / 1000, "s");
    return tablet;
  }

  async idle(tablet, { port, count }) {
    const times = [];
    for (const ends = Date.now() + IDLE_MS; times.length < IDLE_TIMES && Date.now() < ends; ) {
      times.push((await tablet.ask("idle", { port })).took);
    }
    times.sort((one, other) => one - other);
    const median = times[Math.floor(times.length / 2)];
    this.figure("idle_median", count, median, "ms", { times: times.length });
  }

  /** Both once more, past a counter: counting takes time, so nothing is timed here. */
  async bytes(filled) {
    const { ids, count } = filled;
    const tablet = await this.tablet(filled);
    const wire = await Wire.open(filled.port);
    try {
      const { port } = wire;
      await tablet.ask("pull", { port, count, ids });
      const pull = wire.counted();
      this.figure("pull_bytes_per_conversation", count, pull.body / count, "bytes");
      this.figure("pull_wire_bytes_per_conversation", count, pull.wire / count, "bytes");
      wire.reset();
      const { requests } = await tablet.ask("idle", { port });
      const idle = wire.counted();
      this.figure("idle_requests", count, requests ?? idle.requests, "requests");
      this.figure("idle_bytes", count, idle.body, "bytes");
      this.figure("idle_wire_bytes", count, idle.wire, "bytes");
    } finally {
      wire.close();
      tablet.end();
    }
  }

  async all(counts) {
    let filled = null;
    for (const count of counts) {
      const next = await this.bounded(`push_${count}`, count, "s", () => this.push(count));
      if (next === null) break;
      filled?.server.end();
      filled = next;
    }
    if (filled === null) return;
    const { count } = filled;
    const tablet = await this.bounded(`pull_${count}`, count, "s", () => this.pull(filled));
    if (tablet !== null) {
      await this.bounded("idle_median", count, "ms", () => this.idle(tablet, filled));
      tablet.end();
      await this.bounded("pull_bytes_per_conversation", count, "bytes", () => this.bytes(filled));
    }
    filled.server.end();
  }
}

let folder;

process.on("exit", () => {
  if (folder) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    endAll();
    process.exit(130);
  });
}

try {
  const { peers, counts, limit } = options();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "koffiekar-peers-"));
  for (const name of peers) {
    console.log(JSON.stringify({ machine: machine() }));
    await new Peer(name, limit, folder).all(counts);
  }
} catch (error) {
  tell(`Error: ${error.message}`);
  process.exitCode = 1;
} finally {
  endAll();
}
