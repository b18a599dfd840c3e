// The messages of docs/sync-protocol.md, sections 4 to 8: names for the numbers, nothing else.

import { gunzipSync, gzipSync } from "node:zlib";
import * as cbor from "./cbor.js";

const MOST_INFLATED = 32 * 1024 * 1024;

// What a field may be: how it goes out, and how it comes in.

const exactly = (length) => ({
  out: (value) => sized(value, length),
  in: (value) => sized(value, length),
});

function sized(value, length) {
  if (!(value instanceof Uint8Array) || value.length !== length) {
    throw new Error(`${length} bytes are needed`);
  }
  return value;
}

/** Bytes that have a name here: their hexadecimal digits. */
const hex = (length) => ({
  out: (text) => sized(new Uint8Array(Buffer.from(text, "hex")), length),
  in: (bytes) => Buffer.from(sized(bytes, length)).toString("hex"),
});

/** An id: hyphens where people see it, bytes on the wire. */
const id = {
  out: (text) => hex(16).out(text.replaceAll("-", "")),
  in: (bytes) => hyphenated(hex(16).in(bytes)),
};

export function hyphenated(digits) {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const typed = (type) => ({
  out: (value) => ofType(type, value),
  in: (value) => ofType(type, value),
});

function ofType(type, value) {
  if (typeof value !== type) throw new Error(`a ${type} is needed`);
  return value;
}

const integer = typed("number");
const text = typed("string");
const boolean = typed("boolean");
const bytes = {
  out: (value) => value,
  in: (value) => {
    if (!(value instanceof Uint8Array)) throw new Error("bytes are needed");
    return value;
  },
};

/** All 64 bits: a BigInt, sixteen digits where people see it. */
const device = {
  out: (digits) => BigInt(`0x${digits}`),
  in: (number) => BigInt(number).toString(16).padStart(16, "0"),
};

const list = (of) => ({
  out: (items) => items.map(of.out),
  in: (items) => {
    if (!Array.isArray(items)) throw new Error("a list is needed");
    return items.map(of.in);
  },
});

/** A map with numbers for keys: `{ name: [key, type] }`; an optional field has a third element. */
const message = (fields) => ({
  out: (value) => {
    const map = new Map();
    for (const [name, [key, type, optional]] of Object.entries(fields)) {
      const field = value[name];
      if (field !== undefined) map.set(key, type.out(field));
      else if (!optional) throw new Error(`${name} is missing`);
    }
    return map;
  },
  in: (map) => {
    if (!(map instanceof Map)) throw new Error("a map is needed");
    const value = {};
    for (const [name, [key, type, optional]] of Object.entries(fields)) {
      if (map.has(key)) value[name] = type.in(map.get(key));
      else if (!optional) throw new Error(`${name} is missing`);
    }
    return value;
  },
});

/** One of several: `[number, [what belongs to it]]`, here `{ is: name, ... }`. */
const oneOf = (kinds) => ({
  out: (value) => {
    const number = kinds.findIndex(([name]) => name === value.is);
    const fields = Object.entries(kinds[number][1]);
    return [number, fields.map(([name, type]) => type.out(value[name]))];
  },
  in: (pair) => {
    const [number, values] = pair;
    if (!kinds[number]) throw new Error(`kind ${number} is not of this protocol`);
    const [name, fields] = kinds[number];
    const value = { is: name };
    Object.entries(fields).forEach(([field, type], at) => {
      value[field] = type.in(values[at]);
    });
    return value;
  },
});

const named = (names) => ({
  out: (name) => names.indexOf(name),
  in: (number) => {
    if (!names[number]) throw new Error(`code ${number} is not of this protocol`);
    return names[number];
  },
});

const OPTIONAL = true;
const head = hex(32);

export const Envelope = message({
  protocol: [0, integer],
  device: [1, device],
  time: [2, integer],
  nonce: [3, hex(16)],
  body: [4, bytes],
  signature: [5, exactly(64)],
});

export const Version = message({ document: [0, id], heads: [1, list(head)] });

export const SignedReceipt = message({ receipt: [0, bytes], signature: [1, exactly(64)] });

export const ReceiptLine = message({
  document: [0, id],
  pushed: [1, list(head)],
  stored: [2, list(head)],
  held: [3, boolean, OPTIONAL],
});

export const Receipt = message({
  epoch: [0, hex(16)],
  key: [1, hex(8)],
  device: [2, device],
  request: [3, hex(32)],
  time: [4, integer],
  documents: [5, list(ReceiptLine)],
  feed: [6, hex(32), OPTIONAL],
});

const Push = message({
  document: [0, id],
  round: [1, id],
  heads: [2, list(head)],
  changes: [3, bytes],
  voucher: [4, integer, OPTIONAL],
});

export const Voucher = message({ receipt: [0, SignedReceipt], feed: [1, list(Version)] });

export const Request = message({
  epoch: [0, hex(16), OPTIONAL],
  push: [1, list(Push)],
  cursors: [2, list(message({ round: [0, id], place: [1, integer] }))],
  feed_bytes: [3, integer],
  reference: [4, hex(32), OPTIONAL],
  tagger: [5, hex(32), OPTIONAL],
  waiting: [6, integer],
  receipt_key: [7, hex(8), OPTIONAL],
  compare: [8, list(Version), OPTIONAL],
  vouchers: [9, list(Voucher), OPTIONAL],
});

const Reason = message({
  code: [
    0,
    named([
      "unreadable",
      "not_a_conversation",
      "too_large",
      "not_allowed",
      "foreign_round",
      "closed_round",
      "other_round",
      "try_again",
      "device_revoked",
      "turned_down",
      "quarantine_full",
      "cannot_replay",
    ]),
  ],
  detail: [1, text],
});

const Outcome = oneOf([
  ["stored", {}],
  ["unchanged", {}],
  ["missing_dependencies", {}],
  ["actor_reused", {}],
  ["held", { reason: Reason }],
  ["erased", {}],
  ["replaced", { by: id }],
  ["invalid", { reason: Reason }],
]);

const Compared = oneOf([
  ["has", {}],
  ["lacks", { heads: list(head) }],
  ["erased", {}],
  ["replaced", { by: id }],
]);

const News = oneOf([
  ["changed", { document: id, bytes }],
  ["erased", { document: id }],
  ["replaced", { document: id, by: id }],
  ["moved_away", { document: id }],
]);

export const KeySuccession = message({ key: [0, hex(32)], signature: [1, exactly(64)] });

export const Answer = message({
  epoch: [0, hex(16)],
  time: [1, integer],
  outcomes: [2, list(Outcome)],
  receipt: [3, SignedReceipt, OPTIONAL],
  rounds: [
    4,
    list(
      message({
        round: [0, id],
        place: [1, integer],
        more: [2, boolean],
        news: [3, list(News)],
      }),
    ),
  ],
  reference: [5, bytes, OPTIONAL],
  tagger: [6, bytes, OPTIONAL],
  compared: [7, list(Compared), OPTIONAL],
  keys: [8, list(KeySuccession), OPTIONAL],
  revoked: [9, boolean, OPTIONAL],
  erased_quotes: [10, list(id), OPTIONAL],
  doubtful_times: [
    11,
    list(message({ document: [0, id], received_at: [1, integer] })),
    OPTIONAL,
  ],
});

export const encode = (type, value) => cbor.encode(type.out(value));
export const decode = (type, encoded) => type.in(cbor.decode(encoded));
export const pack = (type, value) => gzipSync(encode(type, value));
export const unpack = (type, packed) =>
  decode(type, gunzipSync(packed, { maxOutputLength: MOST_INFLATED }));

/** The list of versions as it is hashed for `feed` of a receipt. */
export const encodeVersions = (versions) => cbor.encode(list(Version).out(versions));
