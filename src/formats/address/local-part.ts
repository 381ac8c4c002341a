// Local parts: how they are written, and the key by which this house compares them (no case, NFC).

const DOT_STRING =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+)*$/u;
const ASCII_ONLY = /^[\x00-\x7f]*$/;

/** The local part as it is written in an address: quoted where it is no dot-string, RFC 5321 §4.1.2. */
export function formatLocalPart(localPart: string): string {
  if (DOT_STRING.test(localPart)) return localPart;
  return `"${localPart.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** The key under which local parts compare: NFC, lower case (RFC 8265 §3.3.3), final sigma as sigma. Idempotent. */
export function localKey(localPart: string): string {
  if (ASCII_ONLY.test(localPart)) return localPart.toLowerCase();
  return localPart.normalize('NFC').toLowerCase().replaceAll('ς', 'σ').normalize('NFC');
}

/** `user` and what follows the first separator; `detail` is null without one. A separator in front belongs to the user. */
export interface Subaddress {
  readonly user: string;
  readonly detail: string | null;
}

/** Splits `ann+lists` at the first of the characters in `separators` (e.g. '+'), RFC 5233 §1. Empty: nothing is split. */
export function splitSubaddress(localPart: string, separators: string): Subaddress {
  for (let i = 1; i < localPart.length; i++) {
    if (separators.includes(localPart.charAt(i)))
      return { user: localPart.slice(0, i), detail: localPart.slice(i + 1) };
  }
  return { user: localPart, detail: null };
}
