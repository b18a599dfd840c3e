// Drives the client by lines: each line on the way in is JSON of what to do, each line on the way out
// JSON of what came of it. `cargo xtask test` starts it beside a server; see tests/tests/interop.rs.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { keepIn, kept } from "./disk.js";
import * as keys from "./keys.js";
import { NotBelieved, Refused, Tablet } from "./tablet.js";
import { checkAll } from "./vectors.js";
import * as wire from "./wire.js";

let tablet;
let notices;
const remembered = {};

const DEEDS = {
  vectors: ({ folder }) => checkAll(folder),

  enrol: async ({ url, login, password, file }) => {
    const who = { login, password, label: `Interop ${login}` };
    tablet = await Tablet.enrol(url, who, keepIn(file));
    return { device: tablet.identity.device, user: tablet.identity.user };
  },

  sign_in_again: async ({ url, login, password }) => {
    await tablet.signIn(url, { login, password, label: `Interop ${login}` });
    return { device: tablet.identity.device };
  },

  /** The server is found elsewhere from now on. */
  moved: ({ url }) => {
    tablet.identity.url = url;
    return {};
  },

  record: ({ id, round, recording }) => {
    tablet.record(id, round, recording);
    return { standing: tablet.standing(id) };
  },

  edit: ({ id, edit }) => {
    tablet.edit(id, edit);
    return { standing: tablet.standing(id) };
  },

  read: ({ id }) => ({ standing: tablet.standing(id), reads: tablet.read(id) }),

  standing: ({ id }) => ({ standing: tablet.standing(id) }),

  /** How many it holds, what it was told, which key for receipts it trusts. */
  state: () => {
    const { state, held, identity } = tablet;
    const refusals = Object.values(held).flatMap(({ refused }) => (refused ? [refused] : []));
    const { revoked, epoch, compare } = state;
    return {
      held: Object.keys(held).length,
      revoked,
      epoch,
      comparing: compare.length,
      receipt_key: identity.receipt_key,
      refusals,
    };
  },

  /** Tries again what was refused or held, as somebody asks who presses a button. */
  try_again: () => {
    Object.values(tablet.held).forEach((held) => tablet.tryAgain(held));
    return {};
  },

  /** Asks to be told of news; `noticed` waits for it. */
  listen: async () => {
    notices = await tablet.listen();
    return {};
  },
  noticed: async () => ({ notice: (await notices.next()).value }),

  sync: async () => ({ requests: await tablet.sync() }),

  /** One request and its answer, whose receipt somebody writes down. */
  overheard: async () => {
    await tablet.exchange((packed) => {
      remembered.receipt = wire.unpack(wire.Answer, packed).receipt;
      return packed;
    });
    return { overheard: remembered.receipt !== undefined };
  },

  /** One request whose answer somebody changed on its way. */
  forged: async ({ how }) => {
    try {
      await tablet.exchange(FORGERIES[how]);
    } catch (error) {
      if (error instanceof NotBelieved) return { not_believed: error.message };
      throw error;
    }
    return { believed: how };
  },

  /** Forgets, as a client with a fault would, which changes the server lacks: the last is left. */
  forget_all_but_the_last: ({ id }) => {
    const held = tablet.held[id];
    held.pending = held.pending.slice(-1);
    return {};
  },

  /** The disk is put back to what it was, and the program did not notice: its actor goes on. */
  remember: () => {
    remembered.state = structuredClone(kept(tablet));
    return {};
  },
  put_back: () => {
    const { session } = tablet;
    tablet = new Tablet(remembered.state, tablet.keep);
    tablet.session = session;
    return {};
  },

  /** The program is killed and started again: only what was durable is left. */
  restart: ({ file }) => {
    tablet = new Tablet(JSON.parse(readFileSync(file, "utf8")), keepIn(file));
    return { held: Object.keys(tablet.held).length };
  },

  rescue: () => ({ file: Buffer.from(tablet.rescue()).toString("hex") }),
};

/** The answer with another receipt. */
function withReceipt(packed, change) {
  const answer = wire.unpack(wire.Answer, packed);
  const receipt = wire.decode(wire.Receipt, answer.receipt.receipt);
  answer.receipt = change(answer.receipt, receipt);
  return wire.pack(wire.Answer, answer);
}

/** As whoever sits between tablet and server would sign it. */
function signedBy(seed, receipt) {
  const bytes = wire.encode(wire.Receipt, receipt);
  const signature = new Uint8Array(keys.sign(seed, keys.receiptText(bytes)));
  return { receipt: bytes, signature };
}

const FORGERIES = {
  "another key": (packed) =>
    withReceipt(packed, (_, receipt) => signedBy(keys.random(32), receipt)),
  "a changed bit": (packed) =>
    withReceipt(packed, (signed) => {
      const receipt = Buffer.from(signed.receipt);
      receipt[4] ^= 1;
      return { ...signed, receipt };
    }),
  "an old receipt": (packed) => withReceipt(packed, () => remembered.receipt),
  "none at all": (packed) => {
    const answer = wire.unpack(wire.Answer, packed);
    delete answer.receipt;
    return wire.pack(wire.Answer, answer);
  },
  "a cut answer": (packed) => packed.subarray(0, packed.length - 9),
};

async function carryOut({ do: deed, ...what }) {
  if (!DEEDS[deed]) return { error: `nobody knows how to "${deed}"` };
  try {
    return await DEEDS[deed](what);
  } catch (error) {
    if (error instanceof Refused) return { refused: error.code, problem: error.problem };
    return { error: error.stack };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === "") continue;
  const what = JSON.parse(line);
  console.log(JSON.stringify({ did: what.do, ...(await carryOut(what)) }));
}
