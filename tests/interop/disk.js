// What a client must keep, durably and whole: section 13. One file stands for its database.

import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export const kept = ({ identity, state, held, vouchers }) => ({ identity, state, held, vouchers });

/** Written beside the old one and put in its place: a reader finds one of both, whole. */
export function keepIn(file) {
  return (what) => {
    const fresh = `${file}.new`;
    const handle = openSync(fresh, "w", 0o600);
    writeSync(handle, JSON.stringify(what));
    fsyncSync(handle);
    closeSync(handle);
    renameSync(fresh, file);
    const folder = openSync(dirname(file), "r");
    fsyncSync(folder);
    closeSync(folder);
  };
}
