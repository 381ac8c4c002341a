// Compares what IMAP says about one message with Dovecot's word: ENVELOPE, BODY, BODYSTRUCTURE, size, every section, and
// what the parts decode to.
import assert from 'node:assert/strict';
import type { BodyPart, ParsedMessage } from '../../src/formats/mime/body-part.ts';
import { formatBody, formatBodyStructure } from '../../src/formats/mime/body-structure.ts';
import { formatEnvelope } from '../../src/formats/mime/envelope.ts';
import { parseMessage } from '../../src/formats/mime/parse-message.ts';
import { decodePart, readSection, transferEncoding, type Section } from '../../src/formats/mime/section.ts';
import type { DovecotReader } from './dovecot-reader.ts';
import { ImapValueReader, type ImapValue } from './imap-value.ts';

const PARTS_COMPARED = 20;

export interface Difference {
  /** The FETCH item. */
  readonly what: string;
  readonly ours: string;
  readonly theirs: string;
}

interface Place {
  readonly path: readonly number[];
  readonly part: BodyPart;
}

/** Every part with its numbers, RFC 9051 §6.4.5.1. */
function placesOf(part: BodyPart, path: readonly number[] = [], isMessage = true): Place[] {
  const inside = part.kind === 'message' && !isMessage ? part.children[0]! : part;
  const isWhole = isMessage || inside !== part;
  const own = isMessage ? [] : [{ path, part }];
  if (inside.kind === 'multipart') {
    return [...own, ...inside.children.flatMap((child, i) => placesOf(child, [...path, i + 1], false))];
  }
  return isWhole ? [...own, { path: [...path, 1], part: inside }] : own;
}

const FIELDS = ['subject', 'to', 'x-none'];

function sectionsOf(places: readonly Place[]): Map<string, Section> {
  const sections = new Map<string, Section>();
  const add = (path: readonly number[], what: Section['what'], text: string, names: readonly string[] = []): void => {
    sections.set(`BODY[${[...path, ...(text === '' ? [] : [text])].join('.')}]`, { path, what, names });
  };
  const addMessage = (path: readonly number[]): void => {
    add(path, 'header', 'HEADER');
    add(path, 'text', 'TEXT');
    add(path, 'fields', `HEADER.FIELDS (${FIELDS.join(' ').toUpperCase()})`, FIELDS);
    add(path, 'fieldsNot', 'HEADER.FIELDS.NOT (RECEIVED)', ['received']);
  };
  add([], 'all', '');
  addMessage([]);
  for (const { path, part } of places) {
    add(path, 'all', '');
    add(path, 'mime', 'MIME');
    if (part.kind === 'message') addMessage(path);
  }
  return sections;
}

function valueOf(text: string): ImapValue {
  return new ImapValueReader(text).read();
}

/** Upper and lower case of a structure's words are the same. */
function comparable(value: ImapValue | undefined): string {
  return JSON.stringify(value ?? null).toLowerCase();
}

/** What Dovecot says differently of its message with that number. */
export async function compareWithDovecot(
  dovecot: DovecotReader,
  number: number,
  message: Buffer,
): Promise<Difference[]> {
  const parsed = parseMessage(message);
  const found: Difference[] = [];
  const compare = (what: string, ours: ImapValue, theirs: ImapValue | undefined): void => {
    const difference = { what, ours: comparable(ours), theirs: comparable(theirs) };
    if (difference.ours !== difference.theirs) found.push(difference);
  };
  const places = placesOf(parsed.root).slice(0, PARTS_COMPARED);
  const sections = sectionsOf(places);
  const items = [
    'RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE',
    ...[...sections.keys()].map((name) => name.replace('BODY', 'BODY.PEEK')),
  ];
  const theirs = await dovecot.fetch(number, items.join(' '));
  assert.ok(theirs !== null);
  compare('RFC822.SIZE', message.length, theirs.get('RFC822.SIZE'));
  compare('ENVELOPE', valueOf(formatEnvelope(parsed)), theirs.get('ENVELOPE'));
  compare('BODY', valueOf(formatBody(parsed)), theirs.get('BODY'));
  compare('BODYSTRUCTURE', valueOf(formatBodyStructure(parsed)), theirs.get('BODYSTRUCTURE'));
  if (found.length > 0) return found;
  for (const [name, section] of sections) {
    compare(name, readSection(parsed, section)?.toString('latin1') ?? null, theirs.get(name));
  }
  if (!places.every(({ part }) => part.kind !== 'leaf' || isWellEncoded(parsed, part))) return found;
  for (const place of places) await compareBinary(dovecot, number, { parsed, place, compare });
  return found;
}

interface BinaryCase {
  readonly parsed: ParsedMessage;
  readonly place: Place;
  readonly compare: (what: string, ours: ImapValue, theirs: ImapValue | undefined) => void;
}

/** Dovecot hangs up on what is not quite base64 or quoted-printable; we give what there is. */
function isWellEncoded({ message }: ParsedMessage, part: BodyPart): boolean {
  const body = message.toString('latin1', part.bodyStart, part.end);
  const encoding = transferEncoding(part);
  if (encoding === 'quoted-printable') return !/=(?![0-9A-F]{2}|\r\n)/u.test(body);
  const digits = body.replaceAll('\r\n', '');
  return encoding !== 'base64' || (digits.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/u.test(digits));
}

async function compareBinary(
  dovecot: DovecotReader,
  number: number,
  { parsed, place, compare }: BinaryCase,
): Promise<void> {
  if (place.part.kind !== 'leaf') return;
  const name = place.path.join('.');
  const theirs = await dovecot.fetch(number, `BINARY.PEEK[${name}] BINARY.SIZE[${name}]`);
  const ours = decodePart(parsed, place.part);
  if (theirs === null) return;
  compare(`BINARY[${name}]`, ours?.toString('latin1') ?? null, theirs.get(`BINARY[${name}]`));
  compare(`BINARY.SIZE[${name}]`, ours?.length ?? null, theirs.get(`BINARY.SIZE[${name}]`));
}
