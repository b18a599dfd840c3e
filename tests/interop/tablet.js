// A tablet: what it holds, what it sends, what an answer does to it. Sections 3 to 8 and 13 to 22.

import { settleAll } from "./answers.js";
import * as conversation from "./conversation.js";
import * as keys from "./keys.js";
import { covered, successorOf } from "./receipts.js";
import * as wire from "./wire.js";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const unhex = (digits) => Buffer.from(digits, "hex");

const MOST_DOCUMENTS = 200;
const MOST_PUSH_BYTES = 512 * 1024;
const MOST_COMPARED = 2_000;
const MOST_VOUCHERS = 64;
const FEED_BYTES = 1024 * 1024;
const HOUR_MS = 60 * 60 * 1000;
/** A clock that is off by less is as right as clocks are. */
const TOLERANCE_MS = 2 * 60 * 1000;
/** One that was not compared for longer is not relied on. */
const LONGEST_MS = 31 * 24 * HOUR_MS;

/** The server refused the request as a whole: an RFC 9457 problem. */
export class Refused extends Error {
  constructor(problem) {
    super(`${problem.status} ${problem.type}: ${problem.detail}`);
    this.problem = problem;
    this.code = problem.type.split("#").pop();
  }
}

/** The answer is none of ours: nothing changes, and the request counts as not answered. */
export class NotBelieved extends Error {}

export class Tablet {
  /** `kept` is what `keep` was last given; without it nothing is held. */
  constructor(kept, keep = () => {}) {
    this.keep = keep;
    this.identity = kept.identity;
    this.state = kept.state ?? {
      epoch: undefined,
      cursors: {},
      reference: undefined,
      offset_ms: 0,
      heard_at: undefined,
      revoked: false,
      compare: [],
      erased_quotes: [],
    };
    /** By id: round, saved, pending, steps, voucher, refused, held_at, sent_all, stored_at, replaced_by, received_at. */
    this.held = kept.held ?? {};
    this.vouchers = kept.vouchers ?? {};
    // Fresh for each start of the program.
    this.session = keys.random(8);
  }

  static async enrol(url, who, keep) {
    const tablet = new Tablet({}, keep);
    await tablet.signIn(url, who);
    return tablet;
  }

  /** Somebody signs in: for the first time, or again, with a new number and a new key. */
  async signIn(url, { login, password, label }) {
    const seed = keys.random(32);
    const asked = { login, password, label, public_key: hex(keys.publicKeyOf(seed)) };
    const enrolment = await post(
      `${url}/api/v1/devices`,
      "application/json",
      JSON.stringify(asked),
    );
    const { device, user, receipt_key, server_time } = await enrolment.json();
    if (this.identity && this.identity.user !== user) throw new Error("this is somebody else's tablet");
    this.identity = { url, device, user, seed: hex(seed), receipt_key };
    this.hear(server_time);
    this.state.revoked = false;
    this.state.cursors = {};
    this.state.compare = Object.keys(this.held).sort();
    for (const held of Object.values(this.held)) if (held.steps.length > 0) held.to_redo = true;
    this.persist();
  }

  /** What the server says the time is. */
  hear(server_time) {
    this.state.offset_ms = server_time - Date.now();
    this.state.heard_at = server_time;
  }

  /** Never before the last contact, whatever became of the clock since. */
  now() {
    return Math.max(Date.now() + this.state.offset_ms, this.state.heard_at ?? 0);
  }

  /** Whether the clock contradicts what was heard last. */
  isTimeDoubtful() {
    const { offset_ms, heard_at } = this.state;
    const passed = Date.now() + offset_ms - heard_at;
    return heard_at === undefined || passed < -TOLERANCE_MS || passed > LONGEST_MS;
  }

  /** Sixteen bytes: the device, then what is fresh. */
  actor(session = this.session) {
    return this.identity.device + hex(session);
  }

  persist() {
    const { identity, state, held, vouchers } = this;
    this.keep({ identity, state, held, vouchers });
  }

  // What people do.

  record(id, round, { consent, ...rest }) {
    const clock_doubtful = rest.clock_doubtful ?? this.isTimeDoubtful();
    const recorded_by = this.identity.user;
    const recording = { ...rest, clock_doubtful, recorded_by, consent: this.ours(consent) };
    const document = conversation.record(this.actor(), recording);
    const pending = conversation.changesSince(document, []).map(hex);
    const change = conversation.hashOf(unhex(pending[0]));
    const steps = [{ change, at: recording.recorded_at, recording }];
    this.held[id] = { round, saved: hex(conversation.save(document)), pending, steps };
    this.persist();
  }

  edit(id, what, at = this.now()) {
    const edit = what.statements ? { ...what, statements: this.ours(what.statements) } : what;
    const held = this.held[id];
    const before = this.document(id);
    const fresh = { ...edit, actor: this.actor(keys.random(8)) };
    const after = conversation.edit(before, fresh, this.identity.user, at);
    const made = conversation.changesSince(after, conversation.heads(before)).map(hex);
    if (made.length === 0) return;
    held.saved = hex(conversation.save(after));
    held.pending.push(...made);
    held.steps.push({ change: conversation.hashOf(unhex(made.at(-1))), at, edit });
    this.tryAgain(held);
    this.persist();
  }

  /** Statements in our person's name. */
  ours(statements = {}) {
    const by = this.identity.user;
    return Object.fromEntries(Object.entries(statements).map(([id, it]) => [id, { ...it, by }]));
  }

  document(id) {
    return conversation.load(unhex(this.held[id].saved), this.actor());
  }

  read(id) {
    return conversation.read(this.document(id));
  }

  /** What a person is told of it. */
  standing(id) {
    const held = this.held[id];
    if (held === undefined) return "not here";
    if (held.refused) return `refused: ${held.refused.code}`;
    if (held.held_at) return "held";
    return held.pending.length === 0 && held.stored_at ? "stored" : "waiting";
  }

  tryAgain(held) {
    delete held.refused;
    delete held.held_at;
    delete held.sent_all;
  }

  // Requests.

  /** The bytes of the next request, and what must be remembered of it until its answer. */
  request() {
    const compared = this.state.compare.slice(0, MOST_COMPARED);
    const push = [];
    const sent = [];
    const vouchers = [];
    let bytes = 0;
    for (const id of Object.keys(this.held).sort()) {
      if (!this.isSendable(id) || compared.includes(id)) continue;
      const held = this.held[id];
      const changes = Buffer.concat(held.pending.map(unhex));
      const voucher = this.voucherFor(held);
      const more = voucher && !vouchers.includes(voucher) ? 1 : 0;
      const full = push.length >= MOST_DOCUMENTS || vouchers.length + more > MOST_VOUCHERS;
      if (push.length > 0 && (full || bytes + changes.length > MOST_PUSH_BYTES)) break;
      if (more) vouchers.push(voucher);
      bytes += changes.length;
      const heads = conversation.heads(this.document(id));
      push.push({
        document: id,
        round: held.round,
        heads,
        changes,
        voucher: voucher && vouchers.indexOf(voucher),
      });
      sent.push({ id, heads, pending: held.pending.length, steps: held.steps.length });
    }
    const versions = compared.map((id) => ({
      document: id,
      heads: conversation.heads(this.document(id)),
    }));
    const request = {
      epoch: this.state.epoch,
      push,
      cursors: Object.entries(this.state.cursors).map(([round, place]) => ({ round, place })),
      feed_bytes: FEED_BYTES,
      reference: this.state.reference && hex(keys.fingerprint(Buffer.from(this.state.reference))),
      waiting: this.waiting() - push.length,
      receipt_key: hex(keys.keyId(unhex(this.identity.receipt_key))),
      compare: versions.length > 0 ? versions : undefined,
      vouchers: vouchers.length > 0 ? vouchers.map((id) => this.voucher(id)) : undefined,
    };
    const asked = versions.map(({ document, heads }) => ({
      id: document,
      heads,
      pending: this.held[document].pending.length,
      steps: this.held[document].steps.length,
    }));
    const envelope = this.envelope(request);
    return {
      envelope,
      flight: {
        request: hex(keys.fingerprint(envelope)),
        sent,
        asked,
        cursors: { ...this.state.cursors },
      },
    };
  }

  envelope(request) {
    const { device, seed } = this.identity;
    const [time, nonce, body] = [this.now(), keys.random(16), wire.pack(wire.Request, request)];
    const signature = keys.sign(unhex(seed), keys.requestText(device, time, nonce, body));
    return wire.encode(wire.Envelope, {
      protocol: 1,
      device,
      time,
      nonce: hex(nonce),
      body,
      signature: new Uint8Array(signature),
    });
  }

  waiting() {
    return Object.values(this.held).filter((held) => held.pending.length > 0).length;
  }

  isSendable(id) {
    const held = this.held[id];
    const heldLately = held.held_at !== undefined && this.now() < held.held_at + HOUR_MS;
    return held.pending.length > 0 && !held.refused && !heldLately && !held.replaced_by && !held.to_redo;
  }

  /** Is something to be sent that another device made? */
  bringsOthers(held) {
    const { device } = this.identity;
    return held.pending.some((chunk) => !conversation.actorOf(unhex(chunk)).startsWith(device));
  }

  /** The server's own word about what others made, where some of that is to be sent. */
  voucherFor(held) {
    return this.bringsOthers(held) && this.vouchers[held.voucher] ? held.voucher : undefined;
  }

  voucher(id) {
    const { receipt, signature, feed } = this.vouchers[id];
    const signed = { receipt: unhex(receipt), signature: new Uint8Array(unhex(signature)) };
    return { receipt: signed, feed };
  }

  // Answers.

  /** Takes in an answer. Throws `NotBelieved`, and nothing changed, where it is not to be believed. */
  apply(packed, flight) {
    let answer;
    try {
      answer = wire.unpack(wire.Answer, packed);
    } catch (error) {
      throw new NotBelieved(`it cannot be read: ${error.message}`);
    }
    if (answer.outcomes.length !== flight.sent.length) throw new NotBelieved("outcomes are missing");
    if ((answer.compared ?? []).length !== flight.asked.length) {
      throw new NotBelieved("comparisons are missing");
    }
    const key = this.successor(answer.keys ?? []);
    const receipt = this.receipt(answer, flight, key);
    const again = settleAll(this, { answer, flight, receipt });
    this.identity.receipt_key = hex(key);
    this.persist();
    return again;
  }

  /** From the key that we trust to the one that signs now: each step signed by the one before. */
  successor(chain) {
    const key = successorOf(unhex(this.identity.receipt_key), chain);
    if (!key) throw new NotBelieved("a key for receipts does not follow from ours");
    return key;
  }

  receipt(answer, flight, key) {
    if (!answer.receipt) {
      if (flight.sent.length + flight.asked.length > 0) throw new NotBelieved("no receipt came");
      return undefined;
    }
    const { device } = this.identity;
    const expected = { key, device, epoch: answer.epoch, request: flight.request };
    const receipt = covered(answer.receipt, expected);
    if (!receipt) throw new NotBelieved("the receipt is not for this request, or not signed by the key");
    return receipt;
  }

  /** Keeps the newest word of the server for each conversation that it names. */
  vouch(signed, feed, ids) {
    const { receipt, signature } = signed;
    const id = hex(keys.fingerprint(Buffer.concat([receipt, wire.encodeVersions(feed)])));
    this.vouchers[id] = { receipt: hex(receipt), signature: hex(signature), feed };
    for (const held of ids.map((id) => this.held[id])) if (held) held.voucher = id;
    const needed = new Set(Object.values(this.held).map((held) => held.voucher));
    for (const id of Object.keys(this.vouchers)) if (!needed.has(id)) delete this.vouchers[id];
  }

  // The line.

  /** One request and its answer; `meddle` may change the answer on its way. Whether to ask again. */
  async exchange(meddle = (answer) => answer) {
    const { envelope, flight } = this.request();
    const { url } = this.identity;
    const answer = await post(`${url}/api/v1/sync`, "application/cbor", envelope);
    return this.apply(meddle(Buffer.from(await answer.arrayBuffer())), flight);
  }

  /** Until there is nothing more to send or to fetch. */
  async sync() {
    let corrected = false;
    for (let requests = 1; ; requests++) {
      try {
        if (!(await this.exchange())) return requests;
      } catch (refusal) {
        if (refusal.code !== "clock-off" || corrected) throw refusal;
        this.hear(refusal.problem.server_time);
        corrected = true;
      }
    }
  }

  /** Notices as they come, once the server has begun to answer. */
  async listen() {
    const { url, device, seed } = this.identity;
    const [time, nonce] = [this.now(), keys.random(16)];
    const signature = keys.sign(unhex(seed), keys.liveText(device, time, nonce));
    const said = `device=${device},time=${time},nonce=${hex(nonce)},signature=${hex(signature)}`;
    const headers = { authorization: `Koffiekar-Live ${said}` };
    const response = await fetch(`${url}/api/v1/sync/live`, { headers });
    if (!response.ok) throw new Refused(await response.json());
    return notices(response.body);
  }

  /** Everything that waits, as a file that only the office opens. */
  rescue() {
    const { seal_key } = JSON.parse(this.state.reference);
    const push = Object.entries(this.held)
      .filter(([, held]) => held.pending.length > 0 && !held.replaced_by)
      .map(([document, held]) => ({
        document,
        round: held.round,
        heads: conversation.heads(this.document(document)),
        changes: Buffer.concat(held.pending.map(unhex)),
      }));
    const request = { epoch: this.state.epoch, push, cursors: [], feed_bytes: 0, waiting: 0 };
    return keys.rescueFile(unhex(seal_key), [this.envelope(request)]);
  }
}

/** The data of server-sent events; comments are passed over. */
async function* notices(stream) {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data:"));
      if (data) yield JSON.parse(data.slice("data:".length));
    }
  }
}

async function post(url, type, body) {
  const headers = { "content-type": type, "accept-language": "en" };
  const response = await fetch(url, { method: "POST", headers, body });
  if (!response.ok) throw new Refused(await response.json());
  return response;
}
