// What statements about consent come to: section 10.

export const PURPOSES = [
  "analysis",
  "anonymous_publication",
  "named_publication",
  "follow_up_contact",
];

const about = (statements, purpose) =>
  Object.keys(statements).filter((id) => statements[id].purpose === purpose);

const supersedes = (statement) => statement.supersedes ?? [];

/** Those that a screen shows, and that the next answer must name. */
export function standing(statements, purpose) {
  const here = about(statements, purpose);
  const replaced = new Set(here.flatMap((id) => supersedes(statements[id])));
  return here.filter((id) => !replaced.has(id)).sort();
}

/** Everything that a statement knows, through all that it replaced. */
function knownTo(statements, id) {
  const known = new Set();
  const open = [id];
  while (open.length > 0) {
    const statement = statements[open.pop()];
    for (const older of statement ? supersedes(statement) : []) {
      if (older !== id && !known.has(older)) {
        known.add(older);
        open.push(older);
      }
    }
  }
  return known;
}

/** The purposes that are allowed. None means no. */
export function allowed(statements) {
  return PURPOSES.filter((purpose) => {
    const here = about(statements, purpose);
    const withdrawn = here.filter((id) => statements[id].decision === "withdrawn");
    return here
      .filter((id) => statements[id].decision === "given")
      .some((id) => {
        const known = knownTo(statements, id);
        return withdrawn.every((withdrawal) => known.has(withdrawal));
      });
  });
}

/** A statement from its JSON, or nothing where it is none. */
export function parse(json) {
  try {
    const statement = JSON.parse(json);
    const whole =
      PURPOSES.includes(statement.purpose) &&
      ["given", "withdrawn"].includes(statement.decision) &&
      [statement.text, statement.language, statement.by].every((it) => typeof it === "string") &&
      Number.isInteger(statement.at) &&
      Array.isArray(supersedes(statement));
    return whole ? statement : undefined;
  } catch {
    return undefined;
  }
}
