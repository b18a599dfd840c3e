// The conversation document: sections 9 and 11.

import * as Automerge from "@automerge/automerge";
import { describe, uncompressed } from "./chunks.js";
import { allowed, parse } from "./consent.js";

/** One value, and no text object: what plain strings would become. */
const str = (text) => new Automerge.ImmutableString(text);
const isStr = (value) => Automerge.isImmutableString(value);
/** Of a change; what is done again says which change it was first. */
const optionsOf = (millis, first) => ({
  time: Math.floor(millis / 1000),
  ...(first && { message: first }),
});
const digits = (id) => id.replaceAll("-", "");

export const heads = (document) => Automerge.getHeads(document).slice().sort();
export const load = (saved, actor) => Automerge.load(saved, actor ? { actor } : undefined);
export const save = (document) => Automerge.save(document);
export const merge = (one, other) => Automerge.merge(one, other);
export const under = (document, actor) => Automerge.clone(document, { actor });

/** All changes that are neither these heads nor before them, as they travel. */
export function changesSince(document, known) {
  return Automerge.getChangesSince(document, known).map(uncompressed);
}

export function hasAll(document, hashes) {
  return Automerge.hasHeads(document, hashes);
}

/** From chunks alone. */
export function assemble(chunks) {
  return Automerge.applyChanges(Automerge.init(), chunks)[0];
}

/** The first change: it makes everything at once. */
export function record(actor, recording) {
  const { recorded_at, recorded_by, language, area, notes, quotes, consent } = recording;
  const options = optionsOf(recorded_at, recording.first);
  return Automerge.change(Automerge.init({ actor }), options, (d) => {
    d.schema = 1;
    d.meta = {};
    d.meta.recorded_at = recorded_at;
    d.meta.recorded_by = str(digits(recorded_by));
    d.meta.language = str(language);
    if (area) d.meta.area = str(area);
    if (recording.clock_doubtful) d.meta.clock_doubtful = true;
    d.notes = "";
    if (notes) Automerge.splice(d, ["notes"], 0, 0, notes);
    d.quotes = {};
    quotes.forEach((quote, position) => putQuote(d, quote, position));
    d.tags = {};
    for (const quote of quotes) putLines(d, quote, recorded_by, recorded_at);
    d.consent = {};
    putStatements(d, consent);
  });
}

/** One finished edit as one change by the document's actor. */
export function edit(document, what, by, now) {
  const options = optionsOf(now, what.first);
  const change = (make) => Automerge.change(document, options, make);
  switch (what.edit) {
    case "add_quote":
      return change((d) => {
        putQuote(d, what.quote, Object.keys(d.quotes).length);
        putLines(d, what.quote, by, now);
      });
    case "correct_wording":
      return change((d) => putWord(document, d, what.quote, what.verbatim));
    case "remove_quote":
      return change((d) => {
        d.quotes[digits(what.quote)].removed = true;
      });
    case "edit_notes":
      return editNotes(document, what, options);
    case "set_area":
      return change((d) => {
        d.meta.area = str(what.area ?? "");
      });
    case "set_language":
      return change((d) => {
        d.meta.language = str(what.language);
      });
    case "tag":
      return change((d) => putTag(d, what.quote, what.line, by, what.stance, now));
    case "consent":
      return change((d) => putStatements(d, what.statements));
    default:
      throw new Error(`there is no edit "${what.edit}"`);
  }
}

function putQuote(d, quote, position) {
  const key = digits(quote.id);
  d.quotes[key] = {};
  d.quotes[key].verbatim = str(quote.verbatim);
  d.quotes[key].position = position;
  if (quote.language) d.quotes[key].language = str(quote.language);
}

function putLines(d, quote, by, now) {
  for (const line of quote.lines ?? []) putTag(d, quote.id, line, by, "proposed", now);
}

function putTag(d, quote, line, by, stance, now) {
  d.tags[`${digits(quote)}/${line}/${digits(by)}`] = str(`${stance} ${now}`);
}

function putStatements(d, statements) {
  for (const [id, statement] of Object.entries(statements ?? {})) {
    d.consent[id] = str(JSON.stringify(statement));
  }
}

/** Where several wordings stand, something else is put first: the choice must be a word of its own. */
function putWord(document, d, quote, verbatim) {
  const key = digits(quote);
  const standing = Automerge.getConflicts(document.quotes[key], "verbatim");
  if (standing) d.quotes[key].verbatim = str(verbatim === "" ? "-" : "");
  d.quotes[key].verbatim = str(verbatim);
}

/** Made on the text that the form showed: `seen` are the heads of that state. */
function editNotes(document, what, options) {
  const make = (d) => Automerge.updateText(d, ["notes"], what.notes);
  if (!what.seen || what.seen.join() === heads(document).join()) {
    return Automerge.change(document, options, make);
  }
  // Automerge would invent an actor of its own for a change in the past of our actor; a fresh one of
  // ours has no past.
  const fresh = under(document, what.actor);
  return Automerge.changeAt(fresh, what.seen, options, make).newDoc;
}

/** What people see of it. Throws where it is no conversation. */
export function read(document) {
  const { schema, meta, notes, quotes, tags, consent } = document;
  const here = [meta, quotes, tags, consent].every((part) => part && typeof part === "object");
  if (!(schema >= 1) || !here || typeof notes !== "string") throw new Error("no conversation");
  if (!Number.isInteger(meta.recorded_at) || !isStr(meta.recorded_by) || !isStr(meta.language)) {
    throw new Error("no conversation");
  }
  const statements = readStatements(consent);
  const said = readTags(tags);
  return {
    recorded_at: meta.recorded_at,
    clock_doubtful: meta.clock_doubtful === true,
    recorded_by: meta.recorded_by.toString(),
    language: meta.language.toString(),
    area: isStr(meta.area) && meta.area.toString() !== "" ? meta.area.toString() : null,
    notes,
    quotes: readQuotes(quotes).map((quote) => ({ ...quote, ...standingOf(said, quote.id) })),
    statements,
    allowed: allowed(statements),
  };
}

function readQuotes(quotes) {
  return Object.entries(quotes)
    .filter(([id, quote]) => /^[0-9a-f]{32}$/.test(id) && quote?.removed !== true)
    .map(([id, quote]) => ({ id, position: quote.position ?? 0, quote }))
    .sort((one, other) => one.position - other.position || (one.id < other.id ? -1 : 1))
    .map(({ id, quote }) => ({
      id,
      wordings: wordingsOf(quote),
      language: isStr(quote.language) ? quote.language.toString() : null,
    }));
}

/** All that stand, sorted by their bytes; the same words twice are one wording. */
function wordingsOf(quote) {
  const standing = Object.values(Automerge.getConflicts(quote, "verbatim") ?? [quote.verbatim]);
  // Of a conflict the binding gives a scalar string as a plain one.
  const words = new Set(standing.filter((it) => isStr(it) || typeof it === "string").map(String));
  return [...words].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

function readTags(tags) {
  return Object.entries(tags).flatMap(([key, value]) => {
    const [quote, line] = key.split("/");
    const [stance, at] = isStr(value) ? value.toString().split(" ") : [];
    return at === undefined ? [] : [{ quote, line, stance }];
  });
}

/** What stands about each line of a quote, and how the quote as a whole stands. */
function standingOf(said, quote) {
  const mine = said.filter((statement) => statement.quote === quote);
  const lines = [...new Set(mine.map((statement) => statement.line))].sort().flatMap((line) => {
    const says = (stance) => mine.some((it) => it.line === line && it.stance === stance);
    if (says("confirmed")) return [[line, says("rejected") ? "contested" : "confirmed"]];
    if (says("rejected")) return [[line, "rejected"]];
    return says("proposed") ? [[line, "proposed"]] : [];
  });
  const first = ["contested", "confirmed", "proposed"].find((standing) =>
    lines.some(([, it]) => it === standing),
  );
  return { lines, tag_state: first ?? "untagged" };
}

function readStatements(consent) {
  return Object.fromEntries(
    Object.entries(consent).flatMap(([id, value]) => {
      const statement = isStr(value) ? parse(value.toString()) : undefined;
      return statement && /^[0-9a-f]{16}$/.test(id) ? [[id, statement]] : [];
    }),
  );
}

export const hashOf = (chunk) => describe(chunk).hash;
export const actorOf = (chunk) => describe(chunk).actor;

/** Whether one of these changes is here, or what an edit became that was done again. */
export function hasEdit(document, hashes) {
  const told = (change) => Automerge.decodeChange(change);
  return Automerge.getAllChanges(document)
    .map(told)
    .some(({ hash, message }) => hashes.includes(hash) || hashes.includes(message));
}
