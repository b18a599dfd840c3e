// When a receipt counts, and what it covers: section 6.

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
