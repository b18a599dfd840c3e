// CBOR (RFC 8949), as much of it as the protocol needs.
//
// A map becomes a Map, bytes a Uint8Array. An integer is a number where that is exact and a BigInt
// where it is not. Whatever else somebody puts under a key that we do not know is read and passed over.

export function encode(value) {
  const pieces = [];
  write(value, pieces);
  return Buffer.concat(pieces);
}

function write(value, pieces) {
  if (typeof value === "number" || typeof value === "bigint") {
    const number = BigInt(value);
    pieces.push(number < 0n ? head(1, -1n - number) : head(0, number));
  } else if (typeof value === "boolean") {
    pieces.push(Buffer.from([value ? 0xf5 : 0xf4]));
  } else if (typeof value === "string") {
    const text = Buffer.from(value, "utf8");
    pieces.push(head(3, text.length), text);
  } else if (value instanceof Uint8Array) {
    pieces.push(head(2, value.length), value);
  } else if (Array.isArray(value)) {
    pieces.push(head(4, value.length));
    for (const item of value) write(item, pieces);
  } else if (value instanceof Map) {
    pieces.push(head(5, value.size));
    for (const [key, item] of value) {
      write(key, pieces);
      write(item, pieces);
    }
  } else {
    throw new TypeError(`CBOR of ${typeof value} is not needed here`);
  }
}

/** The kind and its number, as short as it goes. */
function head(kind, number) {
  const n = BigInt(number);
  const first = kind << 5;
  if (n < 24n) return Buffer.from([first | Number(n)]);
  for (const [bytes, info] of [[1, 24], [2, 25], [4, 26], [8, 27]]) {
    if (n < 1n << BigInt(8 * bytes)) {
      const rest = n.toString(16).padStart(2 * bytes, "0");
      return Buffer.concat([Buffer.from([first | info]), Buffer.from(rest, "hex")]);
    }
  }
  throw new RangeError("an integer has at most 64 bits");
}

/** One value, and nothing behind it. */
export function decode(bytes) {
  const reader = { bytes: Buffer.from(bytes), at: 0 };
  const value = read(reader, 0);
  if (reader.at !== reader.bytes.length) throw new Error("CBOR: bytes are left over");
  return value;
}

const BREAK = Symbol("break");
const DEEPEST = 32;

function read(reader, depth) {
  if (depth > DEEPEST) throw new Error("CBOR: nested too deep");
  const first = take(reader, 1)[0];
  const kind = first >> 5;
  const info = first & 31;
  if (kind === 7) return simple(reader, info);
  if (info === 31) return endless(reader, kind, depth);
  const number = argument(reader, info);
  switch (kind) {
    case 0:
      return exact(number);
    case 1:
      return exact(-1n - number);
    case 2:
      return new Uint8Array(take(reader, Number(number)));
    case 3:
      return new TextDecoder("utf-8", { fatal: true }).decode(take(reader, Number(number)));
    case 4: {
      const items = [];
      for (let n = 0n; n < number; n++) items.push(read(reader, depth + 1));
      return items;
    }
    case 5: {
      const map = new Map();
      for (let n = 0n; n < number; n++) map.set(read(reader, depth + 1), read(reader, depth + 1));
      return map;
    }
    default:
      // A tag: what it tags.
      return read(reader, depth + 1);
  }
}

function simple(reader, info) {
  if (info === 20 || info === 21) return info === 21;
  if (info === 22) return null;
  if (info === 31) return BREAK;
  if (info >= 25 && info <= 27) {
    // A floating point number: nothing of ours.
    take(reader, 1 << (info - 24));
    return undefined;
  }
  if (info === 24) take(reader, 1);
  return undefined;
}

function endless(reader, kind, depth) {
  const items = [];
  for (;;) {
    const item = read(reader, depth + 1);
    if (item === BREAK) break;
    items.push(item);
  }
  if (kind === 2) return new Uint8Array(Buffer.concat(items));
  if (kind === 3) return items.join("");
  if (kind === 4) return items;
  const map = new Map();
  for (let at = 0; at < items.length; at += 2) map.set(items[at], items[at + 1]);
  return map;
}

function argument(reader, info) {
  if (info < 24) return BigInt(info);
  if (info > 27) throw new Error("CBOR: no such length");
  return BigInt(`0x${take(reader, 1 << (info - 24)).toString("hex")}`);
}

function take(reader, count) {
  if (count > reader.bytes.length - reader.at) throw new Error("CBOR: it ends too early");
  reader.at += count;
  return reader.bytes.subarray(reader.at - count, reader.at);
}

function exact(number) {
  const small = Number(number);
  return Number.isSafeInteger(small) ? small : number;
}

/** As people read it: the diagnostic notation of RFC 8949, section 8. */
export function diagnostic(value) {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Uint8Array) return `h'${Buffer.from(value).toString("hex")}'`;
  if (Array.isArray(value)) return `[${value.map(diagnostic).join(", ")}]`;
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => `${diagnostic(key)}: ${diagnostic(item)}`);
    return `{${entries.join(", ")}}`;
  }
  return String(value);
}
