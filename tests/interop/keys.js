// Keys, signatures, fingerprints, sealing: sections 2, 3, 4, 6, 20, 21 and 22.

import crypto from "node:crypto";
import * as cbor from "./cbor.js";

// What DER puts around 32 bytes of a key.
const ED25519_PRIVATE = Buffer.from("302e020100300506032b657004220420", "hex");
const ED25519_PUBLIC = Buffer.from("302a300506032b6570032100", "hex");
const X25519_PRIVATE = Buffer.from("302e020100300506032b656e04220420", "hex");
const X25519_PUBLIC = Buffer.from("302a300506032b656e032100", "hex");

const privateKey = (prefix, seed) =>
  crypto.createPrivateKey({ key: Buffer.concat([prefix, seed]), format: "der", type: "pkcs8" });
const publicKey = (prefix, key) =>
  crypto.createPublicKey({ key: Buffer.concat([prefix, key]), format: "der", type: "spki" });
/** The last 32 bytes of its DER. */
const publicHalf = (secret) =>
  crypto.createPublicKey(secret).export({ format: "der", type: "spki" }).subarray(-32);

export const random = (count) => crypto.randomBytes(count);
export const fingerprint = (bytes) => crypto.createHash("sha256").update(bytes).digest();
export const keyId = (key) => fingerprint(key).subarray(0, 8);

export const publicKeyOf = (seed) => publicHalf(privateKey(ED25519_PRIVATE, seed));

/** A text that is signed for one purpose alone. */
const tagged = (tag, ...parts) => Buffer.concat([Buffer.from(`${tag}\0`, "ascii"), ...parts]);

const eight = (number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt.asIntN(64, BigInt(number)));
  return bytes;
};

export const sign = (seed, signed) =>
  crypto.sign(null, signed, privateKey(ED25519_PRIVATE, seed));
export const verify = (key, signed, signature) =>
  crypto.verify(null, signed, publicKey(ED25519_PUBLIC, key), signature);

export const requestText = (device, time, nonce, body) =>
  tagged("koffiekar sync request v1", eight(`0x${device}`), eight(time), nonce, fingerprint(body));
export const receiptText = (receipt) => tagged("koffiekar receipt v1", receipt);
export const successionText = (key) => tagged("koffiekar receipt key v1", key);
export const liveText = (device, time, nonce) =>
  tagged("koffiekar live v1", eight(`0x${device}`), eight(time), nonce);

/** Section 17: the id under which a conversation goes on without these quotes. */
export function successorId(conversation, erased, attempt) {
  const bytes = (id) => Buffer.from(id.replaceAll("-", ""), "hex");
  const old = bytes(conversation);
  const quotes = erased.map(bytes).sort(Buffer.compare);
  const hash = fingerprint(
    tagged("koffiekar successor v1", old, ...quotes, Buffer.from([attempt])),
  );
  const id = Buffer.concat([old.subarray(0, 6), hash.subarray(0, 10)]);
  id[6] = (id[6] & 0x0f) | 0x80;
  id[8] = (id[8] & 0x3f) | 0x80;
  return id.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const RESCUE = tagged("koffiekar rescue v1");

/** What stands between the keys and the message: for the vectors, too. */
export function sealingKey(fresh, sealKey) {
  const own = privateKey(X25519_PRIVATE, fresh);
  const ownPublic = publicHalf(own);
  const shared = crypto.diffieHellman({
    privateKey: own,
    publicKey: publicKey(X25519_PUBLIC, sealKey),
  });
  const key = fingerprint(tagged("koffiekar sealed v1", shared, ownPublic, sealKey));
  return { ownPublic, shared, key };
}

export function seal(sealKey, message, fresh = random(32)) {
  const { ownPublic, key } = sealingKey(fresh, sealKey);
  const cipher = crypto.createCipheriv("chacha20-poly1305", subkey(key), Buffer.alloc(12), {
    authTagLength: 16,
  });
  return Buffer.concat([ownPublic, cipher.update(message), cipher.final(), cipher.getAuthTag()]);
}

/** Envelopes as a file that the office alone opens. */
export function rescueFile(sealKey, envelopes, fresh = random(32)) {
  return Buffer.concat([RESCUE, seal(sealKey, cbor.encode(envelopes), fresh)]);
}

/** The office's side: here only to check what we sealed. */
export function open(secret, sealed) {
  const own = privateKey(X25519_PRIVATE, secret);
  const theirs = sealed.subarray(0, 32);
  const shared = crypto.diffieHellman({
    privateKey: own,
    publicKey: publicKey(X25519_PUBLIC, theirs),
  });
  const key = fingerprint(tagged("koffiekar sealed v1", shared, theirs, publicHalf(own)));
  const decipher = crypto.createDecipheriv("chacha20-poly1305", subkey(key), Buffer.alloc(12), {
    authTagLength: 16,
  });
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(32, -16)), decipher.final()]);
}

/** HChaCha20 with sixteen zero bytes: node has ChaCha20-Poly1305 without the X. */
function subkey(key) {
  const state = new Uint32Array(16);
  state.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
  for (let at = 0; at < 8; at++) state[4 + at] = key.readUInt32LE(4 * at);
  const quarter = (a, b, c, d) => {
    const turn = (x, by) => (x << by) | (x >>> (32 - by));
    for (const [left, right] of [[16, 12], [8, 7]]) {
      state[a] += state[b];
      state[d] = turn(state[d] ^ state[a], left);
      state[c] += state[d];
      state[b] = turn(state[b] ^ state[c], right);
    }
  };
  for (let round = 0; round < 10; round++) {
    for (let at = 0; at < 4; at++) quarter(at, 4 + at, 8 + at, 12 + at);
    for (let at = 0; at < 4; at++) {
      quarter(at, 4 + ((at + 1) % 4), 8 + ((at + 2) % 4), 12 + ((at + 3) % 4));
    }
  }
  const derived = Buffer.alloc(32);
  [0, 1, 2, 3, 12, 13, 14, 15].forEach((from, at) => derived.writeUInt32LE(state[from], 4 * at));
  return derived;
}
