// Change chunks as they travel: section 11.

import { inflateRawSync } from "node:zlib";
import { fingerprint } from "./keys.js";

const MAGIC = Buffer.from("856f4a83", "hex");
const CHANGE = 1;
const DEFLATED = 2;

function unsigned(bytes, at) {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, at];
  }
}

function lengthOf(value) {
  const bytes = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

/** The chunk without deflate: what a binding may give us, made into what the server takes. */
export function uncompressed(chunk) {
  const bytes = Buffer.from(chunk);
  if (!bytes.subarray(0, 4).equals(MAGIC)) throw new Error("this is no chunk");
  if (bytes[8] === CHANGE) return bytes;
  if (bytes[8] !== DEFLATED) throw new Error(`a chunk of type ${bytes[8]} is no change`);
  const [length, at] = unsigned(bytes, 9);
  const body = inflateRawSync(bytes.subarray(at, at + length));
  const head = [bytes.subarray(0, 8), Buffer.from([CHANGE]), lengthOf(body.length)];
  return Buffer.concat([...head, body]);
}

/** Its hash, actor and dependencies, from an uncompressed chunk. */
export function describe(chunk) {
  const hash = fingerprint(chunk.subarray(8)).toString("hex");
  if (hash.slice(0, 8) !== chunk.subarray(4, 8).toString("hex")) {
    throw new Error("the checksum of a change does not match");
  }
  let [count, at] = unsigned(chunk, unsigned(chunk, 9)[1]);
  const deps = [];
  for (; count > 0; count--, at += 32) deps.push(chunk.subarray(at, at + 32).toString("hex"));
  const [length, from] = unsigned(chunk, at);
  return { hash, deps, actor: chunk.subarray(from, from + length).toString("hex") };
}
