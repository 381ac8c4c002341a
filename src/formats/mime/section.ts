// Addressing inside a message: BODY[section] and BINARY[section], RFC 9051 §6.4.5.1 and RFC 3516 §4.2.
import { decodeBody } from '../message/transfer-encoding.ts';
import type { BodyPart, ParsedMessage } from './body-part.ts';
import { selectFields } from './header-fields.ts';
import { readFirstToken, readToken } from './parameters.ts';

export interface Section {
  /** Part numbers, each from 1; empty for the message itself. */
  readonly path: readonly number[];
  /** `all` is the section without a specifier; `mime` needs a path. */
  readonly what: 'all' | 'header' | 'text' | 'mime' | 'fields' | 'fieldsNot';
  /** Field names in lower case, for `fields` and `fieldsNot`. */
  readonly names: readonly string[];
}

/** The part that a path of numbers leads to; null when there is none. */
export function findPart(parsed: ParsedMessage, path: readonly number[]): BodyPart | null {
  let part: BodyPart | undefined = parsed.root;
  let isMessage = true;
  for (const number of path) {
    // A message/rfc822 is numbered as the message inside.
    if (part.kind === 'message' && !isMessage) {
      part = part.children[0]!;
      isMessage = true;
    }
    if (part.kind === 'multipart') part = part.children[number - 1];
    else if (number !== 1 || !isMessage) return null;
    if (part === undefined) return null;
    isMessage = false;
  }
  return part;
}

/** The octets of a section; null where the message has no such part. Shares the message's memory where it can. */
export function readSection(parsed: ParsedMessage, section: Section): Buffer | null {
  const { message } = parsed;
  const part = findPart(parsed, section.path);
  if (part === null) return null;
  const atRoot = section.path.length === 0;
  if (section.what === 'all') return message.subarray(atRoot ? part.start : part.bodyStart, part.end);
  if (section.what === 'mime') return atRoot ? null : message.subarray(part.start, part.bodyStart);
  // HEADER and TEXT are of messages only: the message itself, or what a message/rfc822 holds.
  const inside = atRoot ? part : part.kind === 'message' ? part.children[0]! : null;
  if (inside === null) return null;
  if (section.what === 'text') return message.subarray(inside.bodyStart, inside.end);
  const header = message.subarray(inside.start, inside.bodyStart);
  if (section.what === 'header') return header;
  return selectFields(header, new Set(section.names), section.what === 'fieldsNot');
}

/**
 * RFC 2045 §6.1: the transfer encoding to decode by, in lower case; 7bit where none is given. What stands behind the
 * token (`base64;`) does not matter, though BODYSTRUCTURE does not show such a value.
 */
export function transferEncoding(part: BodyPart): string {
  const value = part.content.encoding;
  return value === null ? '7bit' : (readFirstToken(value) || '7bit').toLowerCase();
}

/** The transfer encoding as BODYSTRUCTURE shows it: as written, 7bit where it is not one token. */
export function encodingToken(part: BodyPart): string {
  const value = part.content.encoding;
  return (value !== null && readToken(value)) || '7bit';
}

/**
 * RFC 3516 §4.2: the octets that a part stands for, without its transfer encoding; of multiparts and messages the octets
 * as they are. null for an encoding that is not known (UNKNOWN-CTE).
 */
export function decodePart(parsed: ParsedMessage, part: BodyPart): Buffer | null {
  const body = parsed.message.subarray(part.bodyStart, part.end);
  return part.kind === 'leaf' ? decodeBody(body, transferEncoding(part)) : body;
}
