// Edits done again, where their changes cannot be taken as they are: section 19.

import * as conversation from "./conversation.js";
import * as keys from "./keys.js";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const digits = (id) => (id ?? "").replaceAll("-", "");

export function cannotRedo(held, detail) {
  held.refused = { code: "cannot_replay", detail };
}

/** What waits of this conversation, under a fresh actor: on the server's document, or from nothing. */
export function redo(tablet, held, theirs) {
  const actor = tablet.actor(keys.random(8));
  const base = theirs && conversation.under(theirs, actor);
  let done;
  try {
    done = again(tablet, held.steps, base, actor);
  } catch (error) {
    return cannotRedo(held, error.message);
  }
  const known = theirs ? conversation.heads(theirs) : [];
  held.saved = hex(conversation.save(done.document));
  held.pending = conversation.changesSince(done.document, known).map(hex);
  held.steps = done.steps;
  held.known = known;
  delete held.to_redo;
  tablet.tryAgain(held);
}

/** Each step that the document does not have. */
function again(tablet, before, base, actor) {
  let document = base;
  const steps = [];
  for (const step of before) {
    const first = step.first ?? step.change;
    if (document && conversation.hasEdit(document, [step.change, first])) continue;
    let next;
    if (step.recording) {
      if (document) throw new Error("the server has another beginning");
      next = conversation.record(actor, { ...step.recording, first });
    } else {
      if (isGone(step, conversation.read(document))) continue;
      const edit = { ...step.edit, first, seen: undefined };
      next = conversation.edit(document, edit, tablet.identity.user, step.at);
    }
    const heads = conversation.heads(next);
    // Nothing was left to change.
    if (document && heads.join() === conversation.heads(document).join()) continue;
    document = next;
    steps.push({ ...step, change: heads[0], first });
  }
  return { document, steps };
}

const quoteOf = (step) => digits(step.edit?.quote?.id ?? step.edit?.quote);

/** The quote that it is about was erased or taken away. */
function isGone(step, { quotes }) {
  const quote = quoteOf(step);
  const here = quotes.some(({ id }) => id === quote);
  return quote !== "" && step.edit.edit !== "add_quote" && !here;
}

/** What waits for a conversation that was replaced, as far as its successor is here. */
export function carryOver(tablet) {
  for (const [id, old] of Object.entries(tablet.held)) {
    const successor = tablet.held[old.replaced_by];
    if (old.replaced_by && (old.steps.length === 0 || successor)) {
      if (old.steps.length > 0 && !carried(tablet, old, successor)) continue;
      delete tablet.held[id];
    }
  }
}

function carried(tablet, old, successor) {
  const before = tablet.document(old.replaced_by);
  const actor = tablet.actor(keys.random(8));
  const gone = tablet.state.erased_quotes.map(digits);
  const { notes } = conversation.read(before);
  const steps = old.steps
    .filter((step) => step.edit && !gone.includes(quoteOf(step)))
    .map((step) => (step.edit.edit === "edit_notes" ? appended(step, notes) : step));
  try {
    const done = again(tablet, steps, conversation.under(before, actor), actor);
    const made = conversation.changesSince(done.document, conversation.heads(before)).map(hex);
    successor.saved = hex(conversation.save(done.document));
    successor.pending.push(...made);
    successor.steps.push(...done.steps);
    return true;
  } catch (error) {
    cannotRedo(old, error.message);
    return false;
  }
}

/** The notes of a replaced conversation have no places any more: what was written goes to the end. */
function appended(step, notes) {
  const added = `[Later toegevoegd] ${step.edit.notes}`;
  const edit = { ...step.edit, notes: notes === "" ? added : `${notes}\n\n${added}` };
  return { ...step, edit };
}
