// Holds this client against tests/vectors: every file, every case. Returns what was checked.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import * as Automerge from "@automerge/automerge";
import * as cbor from "./cbor.js";
import { describe, uncompressed } from "./chunks.js";
import { allowed, standing } from "./consent.js";
import * as conversation from "./conversation.js";
import * as keys from "./keys.js";
import * as wire from "./wire.js";
import { covered, spokenFor, successorOf } from "./receipts.js";

const unhex = (digits) => Buffer.from(digits, "hex");
const hex = (bytes) => Buffer.from(bytes).toString("hex");

export function checkAll(folder) {
  const checked = {};
  for (const [name, check] of Object.entries(CHECKS)) {
    const file = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
    checked[name] = check(file);
  }
  return checked;
}

/** Our tables read the message whole, and write it as it was. */
function comesBack(type, encoded, diagnostic) {
  const message = wire.decode(type, unhex(encoded));
  assert.equal(hex(wire.encode(type, message)), encoded);
  if (diagnostic) assert.equal(cbor.diagnostic(cbor.decode(unhex(encoded))), diagnostic);
  return message;
}

const CHECKS = {
  keys({ devices, receipt_keys, successions, chains }) {
    for (const chain of chains) {
      const steps = chain.keys.map((step) => comesBack(wire.KeySuccession, step));
      const end = successorOf(unhex(chain.trusted), steps);
      assert.equal(end ? hex(end) : null, chain.signs_now, chain.name);
    }
    for (const device of devices) {
      assert.equal(hex(keys.publicKeyOf(unhex(device.seed))), device.public_key);
    }
    for (const key of receipt_keys) {
      assert.equal(hex(keys.publicKeyOf(unhex(key.seed))), key.public_key);
      assert.equal(hex(keys.keyId(unhex(key.public_key))), key.id);
    }
    for (const step of successions) {
      const read = comesBack(wire.KeySuccession, step.cbor, step.diagnostic);
      assert.equal(read.key, step.to);
      const signed = keys.successionText(unhex(read.key));
      assert.equal(hex(signed), step.signed);
      assert.equal(keys.verify(unhex(step.from), signed, read.signature), step.valid, step.name);
    }
    return devices.length + receipt_keys.length + successions.length + chains.length;
  },

  messages({ device, seed, requests, answers }) {
    for (const told of requests) {
      comesBack(wire.Request, told.request, told.diagnostic);
      const envelope = comesBack(wire.Envelope, told.sent);
      assert.equal(envelope.device, device);
      assert.equal(hex(gunzipSync(envelope.body)), told.request, told.name);
      const text = keys.requestText(device, told.time, unhex(told.nonce), unhex(told.body));
      assert.equal(hex(text), told.signed, told.name);
      assert.equal(hex(keys.sign(unhex(seed), text)), told.signature, told.name);
      assert.equal(hex(keys.fingerprint(unhex(told.sent))), told.fingerprint, told.name);
    }
    for (const told of answers) {
      const answer = comesBack(wire.Answer, told.answer, told.diagnostic);
      assert.deepEqual(wire.unpack(wire.Answer, unhex(told.sent)), answer, told.name);
    }
    return requests.length + answers.length;
  },

  receipts({ receipt_key, device, epoch, request, document, sent, receipts, feed }) {
    for (const told of receipts) {
      const receipt = comesBack(wire.SignedReceipt, told.signed_receipt);
      assert.equal(cbor.diagnostic(cbor.decode(receipt.receipt)), told.diagnostic);
      const expected = { key: unhex(receipt_key), device, epoch, request };
      const line = covered(receipt, expected)?.line(document, sent);
      assert.equal(line !== undefined, told.covers, told.name);
      assert.equal(line?.held ?? false, told.held, told.name);
    }
    const encoded = wire.encodeVersions(feed.versions);
    assert.equal(hex(encoded), feed.cbor);
    assert.equal(hex(keys.fingerprint(encoded)), feed.fingerprint);
    return receipts.length + 1;
  },

  vouchers({ receipt_key, vouchers }) {
    for (const told of vouchers) {
      const voucher = comesBack(wire.Voucher, told.cbor, told.diagnostic);
      assert.deepEqual(spokenFor(voucher, unhex(receipt_key)), told.speaks_for, told.name);
    }
    return vouchers.length;
  },

  successors({ ids, rebuilt }) {
    for (const told of ids) {
      const id = keys.successorId(told.conversation, told.erased, told.attempt);
      assert.equal(id, told.successor);
    }
    const successor = conversation.load(unhex(rebuilt.successor_saved));
    assert.deepEqual(conversation.heads(successor), rebuilt.heads);
    assert.deepEqual(conversation.read(successor), rebuilt.reads);
    return ids.length + 1;
  },

  replays({ document, device_anew, first, again, pushes }) {
    assert.equal(describe(unhex(first.chunk)).hash, first.hash);
    assert.equal(again.message, first.hash);
    const { message, actor } = Automerge.decodeChange(unhex(again.chunk));
    assert.equal(message, first.hash);
    assert.equal(actor.slice(0, 16), device_anew);
    const done = Automerge.loadIncremental(conversation.load(unhex(document)), unhex(again.chunk));
    assert.deepEqual(conversation.heads(done), again.heads);
    for (const push of pushes) {
      // What a client asks before it does an edit again: is it there, in one form or the other?
      const here = conversation.hasEdit(conversation.load(unhex(push.document)), [first.hash]);
      assert.equal(here, push.outcome !== "stored", push.name);
    }
    return pushes.length;
  },

  sealed({ secret, seal_key, messages, rescue }) {
    for (const told of messages) {
      const fresh = unhex(told.fresh);
      const { ownPublic, shared, key } = keys.sealingKey(fresh, unhex(seal_key));
      assert.equal(hex(ownPublic), told.fresh_public, told.name);
      assert.equal(hex(shared), told.shared, told.name);
      assert.equal(hex(key), told.key, told.name);
      const sealed = hex(keys.seal(unhex(seal_key), unhex(told.message), fresh));
      assert.equal(sealed === told.sealed, told.opens, told.name);
      const open = () => hex(keys.open(unhex(secret), unhex(told.sealed)));
      if (told.opens) assert.equal(open(), told.message, told.name);
      else assert.throws(open, told.name);
    }
    assert.equal(hex(cbor.encode(rescue.envelopes.map(unhex))), rescue.message);
    const file = keys.rescueFile(unhex(seal_key), rescue.envelopes.map(unhex), unhex(rescue.fresh));
    assert.equal(hex(file), rescue.file);
    return messages.length + 1;
  },

  live({ requests, notice }) {
    for (const told of requests) {
      const text = keys.liveText(told.device, told.time, unhex(told.nonce));
      assert.equal(hex(text), told.signed);
      assert.ok(keys.verify(unhex(told.public_key), text, unhex(told.signature)));
      const { device, time, nonce, signature } = told;
      const said = `device=${device},time=${time},nonce=${nonce},signature=${signature}`;
      assert.equal(`Koffiekar-Live ${said}`, told.authorization);
    }
    assert.equal(JSON.parse(notice).place, 44);
    return requests.length + 1;
  },

  consent({ cases }) {
    for (const told of cases) {
      assert.deepEqual(allowed(told.statements), told.allowed, told.name);
      for (const [purpose, ids] of Object.entries(told.standing)) {
        assert.deepEqual(standing(told.statements, purpose), ids, told.name);
      }
    }
    return cases.length;
  },

  documents({ documents }) {
    const [least] = documents;
    const { recorded_at, recorded_by, language } = least.reads;
    const actor = describe(unhex(least.changes[0].chunk)).actor;
    const ours = conversation.record(actor, { recorded_at, recorded_by, language, quotes: [] });
    const [chunk] = conversation.changesSince(ours, []);
    assert.equal(hex(chunk), least.changes[0].chunk, "the same edit makes the same change");
    for (const told of documents) {
      const saved = conversation.load(unhex(told.saved));
      assert.deepEqual(conversation.heads(saved), told.heads, told.name);
      assert.deepEqual(conversation.read(saved), told.reads, told.name);
      const chunks = told.changes.map((change) => unhex(change.chunk));
      // In any order, and each twice.
      const assembled = conversation.assemble([...chunks.toReversed(), ...chunks]);
      assert.deepEqual(conversation.heads(assembled), told.heads, told.name);
      assert.deepEqual(conversation.read(assembled), told.reads, told.name);
      for (const change of told.changes) {
        assert.equal(describe(unhex(change.chunk)).hash, change.hash);
        assert.deepEqual(operationsOf(change.chunk), change.operations, change.what);
      }
      const back = conversation.changesSince(saved, []).map(hex);
      assert.deepEqual(back.toSorted(), chunks.map(hex).toSorted(), told.name);
    }
    return documents.length;
  },

  admission({ document, cases }) {
    // What becomes of a push is the server's to say. What we can say is what travels at all.
    for (const told of cases.filter((told) => ["stored", "unchanged"].includes(told.outcome))) {
      const before = told.exists ? conversation.load(unhex(document)) : Automerge.init();
      const after = Automerge.loadIncremental(before, unhex(told.changes));
      assert.ok(conversation.hasAll(after, told.heads), told.name);
    }
    const deflated = cases.find((told) => told.name === "a deflated change");
    const first = cases.find((told) => told.name === "a new conversation");
    assert.equal(hex(uncompressed(unhex(deflated.changes))), first.changes);
    return cases.length;
  },
};

/** As Automerge decodes a change, without what is only there to be short. */
function operationsOf(chunk) {
  return Automerge.decodeChange(unhex(chunk)).ops.map((operation) => {
    const kept = Object.entries(operation).filter(([, value]) => value !== undefined);
    return Object.fromEntries(kept);
  });
}
