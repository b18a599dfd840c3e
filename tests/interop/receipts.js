// When a receipt counts, what it covers, and what it speaks for later: sections 6, 16 and 20.

import { isDeepStrictEqual } from "node:util";
import * as keys from "./keys.js";
import * as wire from "./wire.js";

/**
 * The receipt, if all that must hold of it holds; else nothing.
 * `line(document, heads)` is the line that covers exactly these heads of this document.
 */
export function covered(signed, { key, device, epoch, request }) {
  if (!keys.verify(key, keys.receiptText(signed.receipt), signed.signature)) return undefined;
  const receipt = wire.decode(wire.Receipt, signed.receipt);
  if (receipt.device !== device || receipt.epoch !== epoch || receipt.request !== request) {
    return undefined;
  }
  const line = (document, heads) =>
    receipt.documents.find(
      (line) => line.document === document && isDeepStrictEqual(line.pushed, heads),
    );
  return { ...receipt, line };
}

const STEPS = 100;

/** The key at the end of the chain, each step signed by the key before; else nothing. */
export function successorOf(trusted, chain) {
  if (chain.length > STEPS) return undefined;
  let key = trusted;
  for (const step of chain) {
    const next = Buffer.from(step.key, "hex");
    if (!keys.verify(key, keys.successionText(next), step.signature)) return undefined;
    key = next;
  }
  return key;
}

/** By conversation, the heads that this voucher speaks for before a server that signed with this key. */
export function spokenFor({ receipt: signed, feed }, key) {
  if (!keys.verify(key, keys.receiptText(signed.receipt), signed.signature)) return {};
  const receipt = wire.decode(wire.Receipt, signed.receipt);
  const hash = Buffer.from(keys.fingerprint(wire.encodeVersions(feed))).toString("hex");
  if (feed.length > 0 && receipt.feed !== hash) return {};
  const lines = receipt.documents
    .filter((line) => !line.held)
    .map(({ document, pushed, stored }) => ({ document, heads: [...pushed, ...stored] }));
  const spoken = {};
  for (const { document, heads } of [...lines, ...feed]) {
    spoken[document] = [...new Set([...(spoken[document] ?? []), ...heads])].sort();
  }
  return spoken;
}
