// Finding a section in a message: RFC 9051 §6.4.5.1 (section), RFC 3516 (BINARY). A section is a stretch of the message's
// octets, or octets made from them, or nothing that exists.
import { isPromise, type MaybePromise } from '../../../base/async/maybe-promise.ts';
import { findHeaderEnd } from '../../../formats/header/scan.ts';
import { decodeBody } from '../../../formats/message/transfer-encoding.ts';
import { selectFields } from '../../../formats/mime/header-fields.ts';
import type { FetchSection } from '../grammar/fetch.ts';
import { BINARY_MAX_OCTETS, HEADER_MAX_OCTETS, READ_PIECE_OCTETS } from '../limits.ts';
import type { ImapMessage, MessageStructure } from './session.ts';

export type FoundSection =
  | { readonly kind: 'stretch'; readonly start: number; readonly end: number }
  | { readonly kind: 'octets'; readonly octets: Buffer }
  | { readonly kind: 'missing' }
  /** RFC 3516 §4.3: an encoding that nobody knows. */
  | { readonly kind: 'unknown-encoding' };

const MISSING: FoundSection = { kind: 'missing' };
const NONE = Buffer.alloc(0);

/** The octets that a section means, before <partial>. */
export function findSection(message: ImapMessage, section: FetchSection): MaybePromise<FoundSection> {
  const { path, text } = section;
  if (path.length > 0 || section.form !== 'body') return findInPart(message, section);
  if (text === 'all') return stretch(0, message.size);
  const bodyStart = findBodyStart(message);
  if (isPromise(bodyStart)) return bodyStart.then((at) => cutHeader(message, section, 0, at));
  if (text === 'text') return stretch(bodyStart, message.size);
  return cutHeader(message, section, 0, bodyStart);
}

function stretch(start: number, end: number): FoundSection {
  return { kind: 'stretch', start, end };
}

/** Behind the empty line that ends the message's header; the whole message when there is none. */
function findBodyStart(message: ImapMessage): MaybePromise<number> {
  const first = message.read(0, Math.min(message.size, READ_PIECE_OCTETS));
  if (isPromise(first)) return first.then((octets) => bodyStartIn(message, octets));
  return bodyStartIn(message, first);
}

function bodyStartIn(message: ImapMessage, octets: Buffer): MaybePromise<number> {
  const { bodyStart } = findHeaderEnd(octets);
  if (bodyStart < octets.length || octets.length >= message.size) return bodyStart;
  const structure = message.structure();
  return isPromise(structure) ? structure.then((root) => root.bodyStart) : structure.bodyStart;
}

async function findInPart(message: ImapMessage, section: FetchSection): Promise<FoundSection> {
  const root = await message.structure();
  const part = findPart(root, section.path);
  if (part === null) return MISSING;
  if (section.form !== 'body') return decodePart(message, part, section);
  switch (section.text) {
    case 'all':
      return stretch(part.bodyStart, part.bodyEnd);
    case 'mime':
      return stretch(part.headerStart, part.bodyStart);
    case 'header':
    case 'text':
    case 'fields':
    case 'fields-not': {
      // Only a message inside has a header and a text of its own.
      const inner = isMessage(part) ? part.children[0] : undefined;
      if (inner === undefined) return MISSING;
      if (section.text === 'text') return stretch(inner.bodyStart, inner.bodyEnd);
      return cutHeader(message, section, inner.headerStart, inner.bodyStart);
    }
    default:
      return section.text satisfies never;
  }
}

function isMessage(part: MessageStructure): boolean {
  return part.children.length === 1 && part.mediaType.startsWith('message/');
}

/** RFC 9051 §6.4.5.1: numbers count the parts of a multipart, also of one that is a message inside. */
function findPart(root: MessageStructure, path: readonly number[]): MessageStructure | null {
  let part: MessageStructure | undefined = root;
  let atMessage = true;
  for (const number of path) {
    if (!atMessage && isMessage(part)) {
      part = part.children[0]!;
      atMessage = true;
    }
    if (part.mediaType.startsWith('multipart/') && part.children.length > 0) part = part.children[number - 1];
    else if (number !== 1 || !atMessage) return null;
    if (part === undefined) return null;
    atMessage = false;
  }
  return part;
}

function cutHeader(
  message: ImapMessage,
  section: FetchSection,
  start: number,
  bodyStart: number,
): MaybePromise<FoundSection> {
  if (section.text === 'text') return stretch(bodyStart, message.size);
  if (section.text === 'header') return stretch(start, bodyStart);
  const end = Math.min(bodyStart, start + HEADER_MAX_OCTETS);
  const header = readAll(message, start, end);
  const wanted = section.text === 'fields';
  if (isPromise(header)) return header.then((octets) => pick(octets, section.fields, wanted));
  return pick(header, section.fields, wanted);
}

function pick(header: Buffer, fields: readonly string[], wanted: boolean): FoundSection {
  const names = new Set(fields.map((field) => field.toLowerCase()));
  return { kind: 'octets', octets: selectFields(header, names, !wanted) };
}

/** Octets [start, end) in one Buffer; the caller bounds them. */
export function readAll(message: ImapMessage, start: number, end: number): MaybePromise<Buffer> {
  if (end <= start) return NONE;
  if (end - start <= READ_PIECE_OCTETS) return message.read(start, end);
  return readPieces(message, start, end);
}

async function readPieces(message: ImapMessage, start: number, end: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let at = start; at < end; at += READ_PIECE_OCTETS) {
    pieces.push(await message.read(at, Math.min(end, at + READ_PIECE_OCTETS)));
  }
  return Buffer.concat(pieces);
}

/** RFC 3516 §4.2: the body of the part (of the message: header and all) without its transfer encoding. */
async function decodePart(message: ImapMessage, part: MessageStructure, section: FetchSection): Promise<FoundSection> {
  if (section.path.length === 0) return stretch(0, message.size);
  // Encodings of multiparts are those of their parts.
  if (part.mediaType.startsWith('multipart/') || isIdentity(part.encoding)) {
    return stretch(part.bodyStart, part.bodyEnd);
  }
  const end = Math.min(part.bodyEnd, part.bodyStart + BINARY_MAX_OCTETS);
  const octets = decodeBody(await readAll(message, part.bodyStart, end), part.encoding);
  return octets === null ? { kind: 'unknown-encoding' } : { kind: 'octets', octets };
}

function isIdentity(encoding: string): boolean {
  return encoding === '7bit' || encoding === '8bit' || encoding === 'binary' || encoding === '';
}
