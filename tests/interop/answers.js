// What an answer does, once its receipt is believed: sections 7, 8, 16 to 19.

import * as conversation from "./conversation.js";
import * as keys from "./keys.js";
import { cannotRedo, carryOver, redo } from "./replay.js";
import * as wire from "./wire.js";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const unhex = (digits) => Buffer.from(digits, "hex");

/** Whether to ask again at once. */
export function settleAll(tablet, { answer, flight, receipt }) {
  const { state, held } = tablet;
  const taking = { answer, receipt, reused: new Set(), lost: new Set() };
  const before = Object.keys(state.cursors).sort().join();
  state.revoked = answer.revoked === true;
  state.erased_quotes.push(...(answer.erased_quotes ?? []));

  flight.sent.forEach((sent, at) => settle(tablet, sent, answer.outcomes[at], taking));
  flight.asked.forEach((sent, at) => compared(tablet, sent, answer.compared[at], taking));
  const lines = receipt?.documents.filter((line) => !line.held) ?? [];
  const ids = lines.map((line) => line.document);
  if (ids.length > 0) tablet.vouch(answer.receipt, [], ids);

  const brought = [];
  for (const page of answer.rounds) {
    for (const news of page.news) follow(tablet, page.round, news, taking, brought);
  }
  if (brought.length > 0) {
    const hash = hex(keys.fingerprint(wire.encodeVersions(brought)));
    // Where the server lacks what others made, its word of before is worth more.
    const lacking = (id) => taking.lost.has(id) || (held[id] && tablet.bringsOthers(held[id]));
    const ids = brought.map((version) => version.document).filter((id) => !lacking(id));
    if (receipt?.feed === hash) tablet.vouch(answer.receipt, brought, ids);
  }
  for (const id of taking.reused) cannotRedo(held[id], "the server's document did not come");
  carryOver(tablet);

  followCursors(tablet, { answer, flight, taking });
  const rounds = answer.rounds.map((page) => page.round);
  if (rounds.slice().sort().join() !== before) {
    for (const it of Object.values(held)) delete it.held_at;
  }
  leave(tablet, rounds);
  if (answer.reference) state.reference = Buffer.from(answer.reference).toString("utf8");
  for (const { document, received_at } of answer.doubtful_times ?? []) {
    if (held[document]) held[document].received_at = received_at;
  }
  tablet.hear(answer.time);

  const more = answer.rounds.some((page) => page.more);
  const sendable = Object.keys(held).some((id) => tablet.isSendable(id));
  return more || sendable || state.compare.length > 0;
}

const notNow = (held, detail) => {
  held.refused = { code: "try_again", detail };
};

/** Forgets what the receipt covers: what was sent, and not what was done since. */
function receipted(held, sent, time) {
  held.pending.splice(0, sent.pending);
  held.steps.splice(0, sent.steps);
  held.known = sent.heads;
  held.stored_at = time;
  for (const field of ["refused", "held_at", "sent_all"]) delete held[field];
}

function settle(tablet, sent, outcome, taking) {
  const held = tablet.held[sent.id];
  if (!held) return;
  const line = taking.receipt?.line(sent.id, sent.heads);
  switch (outcome.is) {
    case "stored":
    case "unchanged":
      if (line && !line.held) receipted(held, sent, taking.answer.time);
      else notNow(held, "no receipt covers it");
      break;
    case "missing_dependencies":
      if (held.sent_all) notNow(held, "the server lacks earlier changes");
      else {
        held.pending = conversation.changesSince(tablet.document(sent.id), []).map(hex);
        held.sent_all = true;
      }
      break;
    case "actor_reused":
      // The server's document comes with this answer's feed.
      taking.reused.add(sent.id);
      break;
    case "held":
      if (line?.held) held.held_at = taking.answer.time;
      else notNow(held, "no receipt covers it");
      break;
    case "erased":
      delete tablet.held[sent.id];
      break;
    case "replaced":
      held.replaced_by = outcome.by;
      break;
    default:
      held.refused = outcome.reason;
  }
}

function compared(tablet, sent, answer, taking) {
  const { state } = tablet;
  state.compare = state.compare.filter((id) => id !== sent.id);
  const held = tablet.held[sent.id];
  if (!held) return;
  switch (answer.is) {
    case "has":
      delete held.to_redo;
      if (taking.receipt?.line(sent.id, sent.heads)) receipted(held, sent, taking.answer.time);
      break;
    case "lacks": {
      if (held.to_redo) {
        // The server's document comes with the feed; where it has none, it begins here.
        if (answer.heads.length === 0) redo(tablet, held, undefined);
        break;
      }
      const document = tablet.document(sent.id);
      const known = answer.heads.filter((head) => conversation.hasAll(document, [head]));
      held.pending = conversation.changesSince(document, known).map(hex);
      tablet.tryAgain(held);
      break;
    }
    case "erased":
      delete tablet.held[sent.id];
      break;
    default:
      held.replaced_by = answer.by;
  }
}

function follow(tablet, round, news, taking, brought) {
  const id = news.document;
  const held = tablet.held[id];
  switch (news.is) {
    case "changed":
      changed(tablet, round, news, taking, brought);
      break;
    case "erased":
      delete tablet.held[id];
      break;
    case "replaced":
      if (held) held.replaced_by = news.by;
      break;
    default:
      if (held?.round === round && held.pending.length === 0) delete tablet.held[id];
  }
}

function changed(tablet, round, { document: id, bytes }, taking, brought) {
  const theirs = conversation.load(bytes, tablet.actor());
  const heads = conversation.heads(theirs);
  brought.push({ document: id, heads });
  const held = tablet.held[id];
  if (!held) {
    tablet.held[id] = {
      round,
      saved: hex(bytes),
      pending: [],
      steps: [],
      known: heads,
      stored_at: taking.answer.time,
    };
    return;
  }
  held.round = round;
  const mine = tablet.document(id);
  if (taking.reused.delete(id) || held.to_redo) return redo(tablet, held, theirs);
  // A server that does not know any more what it signed for.
  if (!conversation.hasAll(theirs, held.known ?? [])) taking.lost.add(id);
  try {
    held.saved = hex(conversation.save(conversation.merge(mine, theirs)));
    held.known = heads;
  } catch {
    redo(tablet, held, theirs);
  }
}

/** Where we are in each round; and what shows that the server is another, or was put back. */
function followCursors(tablet, { answer, flight, taking }) {
  const { state } = tablet;
  const another = state.epoch !== undefined && state.epoch !== answer.epoch;
  const behind = answer.rounds.some((page) => page.place < (flight.cursors[page.round] ?? 0));
  state.epoch = answer.epoch;
  state.cursors = Object.fromEntries(answer.rounds.map((page) => [page.round, page.place]));
  if (another || behind) {
    for (const round of Object.keys(state.cursors)) state.cursors[round] = 0;
  }
  if ((another || behind || taking.lost.size > 0) && !state.revoked) {
    state.compare = Object.keys(tablet.held).sort();
  }
}

/** What is safe goes with the access to its round; what waits stays. */
function leave(tablet, rounds) {
  if (tablet.state.compare.length > 0) return;
  for (const [id, held] of Object.entries(tablet.held)) {
    const safe = held.pending.length === 0 && !held.replaced_by;
    if (safe && !rounds.includes(held.round)) delete tablet.held[id];
  }
}
