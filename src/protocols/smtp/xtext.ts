// The two ways in which a parameter carries text that it could not hold as it is: xtext (RFC 3461 §4) and the address
// forms of RFC 6533 §3 with embedded Unicode characters. Decoded text never holds a control character.
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';

const XTEXT = /^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/;
const HEXCHAR = /\+([0-9A-F]{2})/g;
const PRINTABLE = /^[ -~]*$/;
const UTF8_ADDRESS = /^(?:[!-*,-<>-[\]-~\u0080-\u{10ffff}]|\\x\{(?:[1-9A-F][0-9A-F]{1,5})\})+$/u;
const EMBEDDED = /\\x\{([0-9A-F]{2,6})\}/g;
const CONTROL = /[\p{Cc}\p{Surrogate}]/u;

/** Decodes xtext; throws SyntaxFault when it is none or when it hides something that is not printable ASCII. */
export function decodeXtext(text: string): string {
  if (!XTEXT.test(text)) throw new SyntaxFault('xtext', 0);
  if (!text.includes('+')) return text;
  const decoded = text.replaceAll(HEXCHAR, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (!PRINTABLE.test(decoded)) throw new SyntaxFault('printable ASCII in xtext', 0);
  return decoded;
}

/** Encodes text as xtext; what is not ASCII octet by octet in UTF-8. */
export function encodeXtext(text: string): string {
  return text.replaceAll(/[^!-*,-<>-~]/gu, (character) =>
    [...Buffer.from(character)].map((octet) => `+${octet.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/** Decodes utf-8-addr-xtext or utf-8-addr-unitext, RFC 6533 §3; throws SyntaxFault. */
export function decodeUtf8Address(text: string): string {
  if (!UTF8_ADDRESS.test(text)) throw new SyntaxFault('a utf-8 address', 0);
  const decoded = text.replaceAll(EMBEDDED, (_, hex: string) => {
    const point = Number.parseInt(hex, 16);
    if (point > 0x10ffff) throw new SyntaxFault('a Unicode character', 0);
    return String.fromCodePoint(point);
  });
  if (CONTROL.test(decoded)) throw new SyntaxFault('a utf-8 address without control characters', 0);
  return decoded;
}

/** Encodes an address as utf-8-addr-xtext, which travels without SMTPUTF8. */
export function encodeUtf8Address(text: string): string {
  return text.replaceAll(/[^!-*,-<>-[\]-~]/gu, (c) => {
    const hex = (c.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return String.raw`\x{${hex.padStart(2, '0')}}`;
  });
}
