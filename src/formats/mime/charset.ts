// Octets of a text to characters, whatever the message calls its charset, RFC 2046 §4.1.2.
import { isAscii, isUtf8 } from 'node:buffer';
import { decodeCharset } from '../header/encoded-word.ts';

export type DecodedText =
  | { readonly kind: 'text'; readonly text: string }
  /** Nobody knows the charset; `text` reads the octets as UTF-8 where they are, else as Latin-1. */
  | { readonly kind: 'charset-unknown'; readonly text: string };

/** Names that mail uses and the Encoding Standard does not know. */
const ALIASES: Readonly<Record<string, string>> = {
  cp367: 'us-ascii',
  cp437: 'us-ascii',
  cp932: 'shift_jis',
  cp936: 'gbk',
  cp949: 'euc-kr',
  cp950: 'big5',
  cp20127: 'us-ascii',
  cp28591: 'iso-8859-1',
  cp65001: 'utf-8',
  eucjp: 'euc-jp',
  euckr: 'euc-kr',
  iso2022jp: 'iso-2022-jp',
  koi8r: 'koi8-r',
  koi8u: 'koi8-u',
  latin1: 'iso-8859-1',
  shiftjis: 'shift_jis',
  sjis: 'shift_jis',
  utf8mb4: 'utf-8',
};
/** Charsets that say nothing: what the octets look like counts. */
const SAYS_NOTHING = new Set([
  '',
  'us-ascii',
  'ascii',
  'ansi_x3.4-1968',
  'x-unknown',
  'unknown',
  'unknown-8bit',
  'default',
]);
const WINDOWS = /^(?:x-?)?(?:cp|windows|win|ms|ansi)[-_ ]?(874|125[0-8])$/;
const ISO = /^iso[-_ ]?8859[-_ :]?(\d{1,2})(?:$|[-_:].*)/;

function canonicalLabel(charset: string): string {
  const label = charset
    .trim()
    .replaceAll(/^["']|["']$/g, '')
    .toLowerCase();
  const windows = WINDOWS.exec(label)?.[1];
  if (windows !== undefined) return `windows-${windows}`;
  const iso = ISO.exec(label)?.[1];
  // ISO-8859-8-I means the order of its letters, not the letters.
  if (iso !== undefined) return `iso-8859-${iso}`;
  return ALIASES[label.replaceAll(/[-_ ]/g, '')] ?? label;
}

/** Decodes a text; octets that the charset does not have become U+FFFD. Never throws. */
export function decodeText(octets: Buffer, charset: string): DecodedText {
  if (isAscii(octets) && !/2022|utf-?7|utf-?16|utf-?32|ucs|hz/i.test(charset))
    return { kind: 'text', text: octets.toString('latin1') };
  const label = canonicalLabel(charset);
  if (label === 'utf-8' || label === 'utf8') return { kind: 'text', text: octets.toString('utf8') };
  if (SAYS_NOTHING.has(label)) return { kind: 'text', text: guess(octets) };
  const text = decodeCharset(octets, label);
  return text === null ? { kind: 'charset-unknown', text: guess(octets) } : { kind: 'text', text };
}

function guess(octets: Buffer): string {
  return isUtf8(octets)
    ? octets.toString('utf8')
    : (decodeCharset(octets, 'windows-1252') ?? octets.toString('latin1'));
}
