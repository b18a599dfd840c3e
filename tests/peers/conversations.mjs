// The same synthetic conversations as `tests/src/seed.rs`: the same generator, seed and lists of words, drawn
// in the same order, so that every peer carries the words that `cargo xtask bench` carries.

const WORD = (1n << 64n) - 1n;

/** SplitMix64 (Steele et al., 2014). */
class Numbers {
  #state;

  constructor(seed) {
    this.#state = BigInt(seed);
  }

  next() {
    this.#state = (this.#state + 0x9e3779b97f4a7c15n) & WORD;
    let z = this.#state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & WORD;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & WORD;
    return z ^ (z >> 31n);
  }

  below(bound) {
    return Number(this.next() % BigInt(bound));
  }

  bytes(length) {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; at += 8) {
      const number = Buffer.alloc(8);
      number.writeBigUInt64LE(this.next());
      number.copy(bytes, at);
    }
    return bytes;
  }

  pick(from) {
    return from[this.below(from.length)];
  }
}

const BEGINNINGS = [
  "Bij ons in de straat",
  "Al jaren vraag ik of",
  "Wat ik mis is dat",
  "Mijn buurvrouw zegt ook dat",
  "Op het plein voor de deur",
  "Als ik 's avonds thuiskom",
  "Voor mijn kinderen wil ik dat",
  "Het zou helpen wanneer",
];
const MIDDLES = [
  "de verlichting wordt gerepareerd",
  "er iemand naar de schimmel kijkt",
  "jongeren een eigen plek krijgen",
  "de huur niet weer omhoog gaat",
  "er taalles in de buurt komt",
  "het afval vaker wordt opgehaald",
  "de speeltuin veilig is",
  "we eerder iets terug horen",
  "er werk is voor mijn zoon",
  "scooters niet meer over de stoep rijden",
];
const ENDINGS = [
  ", want zo gaat het niet langer.",
  ", dat is toch niet te veel gevraagd.",
  " en dan voel ik me weer thuis.",
  ", daar moet je als buurt om vragen.",
  ".",
  " voordat het winter wordt.",
];
const AREAS = ["FB03", "FB08", "FC02", "FE01", "FJ01", "FM06"];

const QUOTES_EACH = 3;
const SEED = 7;
const START = 1_732_370_000_000;
const WORKER = "0198a3c0-0000-7000-8000-000000000001";

/** A UUIDv7 as 32 hexadecimal digits: the form in which ids stand in a document. */
function uuid7(millis, random) {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(millis, 0, 6);
  random.copy(bytes, 6);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return bytes.toString("hex");
}

function conversation(numbers, at) {
  const quotes = {};
  for (let position = 0; position < QUOTES_EACH; position += 1) {
    const id = uuid7(at, numbers.bytes(10));
    const verbatim = `${numbers.pick(BEGINNINGS)} ${numbers.pick(MIDDLES)}${numbers.pick(ENDINGS)}`;
    quotes[id] = { verbatim, position };
  }
  const area = numbers.pick(AREAS);
  const notes = `Synthetisch gesprek ${numbers.below(1_000_000)}.`;
  const consent = {};
  for (const purpose of ["analysis", "anonymous_publication"]) {
    const id = numbers.bytes(8).toString("hex");
    const statement = { purpose, decision: "given", text: "2026-1", language: "nl", at, by: WORKER };
    consent[id] = JSON.stringify(statement);
  }
  const by = WORKER.replaceAll("-", "");
  const meta = { recorded_at: at, recorded_by: by, language: "nl", area };
  return { schema: 1, meta, notes, quotes, tags: {}, consent };
}

/** What everybody sends once before anything is timed, so that no figure tells of programs that are still cold. */
export const WARM_UP = { count: 200, seed: 8 };

/** That many conversations of three quotes, each in the shape of Koffiekar's own document. */
export function conversations(count, seed = SEED) {
  const numbers = new Numbers(seed);
  return Array.from({ length: count }, (_, index) => {
    const at = START + index;
    // Conversations draw their ids elsewhere in Koffiekar: not from the numbers that make the words.
    const random = Buffer.alloc(10);
    random.writeUInt32BE(seed, 2);
    random.writeUInt32BE(index, 6);
    return { id: uuid7(at, random), ...conversation(numbers, at) };
  });
}

/** Fails where this is not a whole conversation. */
export function check({ quotes }) {
  const texts = Object.values(quotes).map(({ verbatim }) => String(verbatim));
  if (texts.length !== QUOTES_EACH || texts.some((text) => !/^[A-Z].{20,}\.$/.test(text))) {
    throw new Error(`a conversation came back with these quotes: ${JSON.stringify(texts)}`);
  }
}
