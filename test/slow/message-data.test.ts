// Thousands of real and malformed messages through everything that reads or changes one: nothing throws, limits hold,
// what is re-encoded says the same.
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { parseAddressList } from '../../src/formats/address/address-list.ts';
import { parseDate } from '../../src/formats/date.ts';
import { parseDsn } from '../../src/formats/dsn/parse.ts';
import { decodeEncodedWords } from '../../src/formats/header/encoded-word.ts';
import { fieldValue, getField, getFields, scanHeader } from '../../src/formats/header/scan.ts';
import { toCrlf } from '../../src/formats/message/octets.ts';
import { fits } from '../../src/formats/message/reencode.ts';
import { downgrade } from '../../src/formats/message/seven-bit-downgrade.ts';
import { readStructure, type MimePart } from '../../src/formats/message/structure.ts';
import { mendSubmission } from '../../src/formats/message/submission-mend.ts';
import { decodeBody } from '../../src/formats/message/transfer-encoding.ts';
import { parseReceived } from '../../src/formats/received.ts';
import { dataFiles, missingData, readData } from '../support/public-data.ts';

const FOLDERS = ['mime-mime4j', 'mime-stalwart', 'spam-spamassassin', 'dkim'];
const PATTERN = '{mime-mime4j/**/*.msg,mime-stalwart/**/*.eml,spam-spamassassin/data/**/*.txt,dkim/**/*.{eml,txt}}';
const STAMP = { atMs: 0, zoneMinutes: 0, idText: 'x', defaultDomain: 'one.test', isBinary: false };
const skip = FOLDERS.map(missingData).find((reason) => reason !== false) ?? false;

function leaves(part: MimePart): MimePart[] {
  return part.kind === 'leaf' ? [part] : part.children.flatMap(leaves);
}

/** What each leaf says. A line ending before a delimiter may come and go with base64. */
function contents(message: Buffer): string[] {
  return leaves(readStructure(scanHeader(message)).root).map((leaf) => {
    const body = message.subarray(leaf.bodyStart, leaf.end);
    return (decodeBody(body, leaf.encoding) ?? body).toString('latin1').trimEnd();
  });
}

function checkMessage(path: string, original: Buffer): void {
  const block = scanHeader(original);
  for (const field of block.fields) decodeEncodedWords(fieldValue(block, field));
  for (const name of ['from', 'to', 'cc', 'sender', 'reply-to']) {
    for (const value of getFields(block, name)) parseAddressList(value);
  }
  parseDsn(original);
  const message = toCrlf(original);
  for (const transport of ['7bit', '8bit'] as const) {
    const slices = downgrade(message, transport);
    if (slices === null) continue;
    const fitted = Buffer.concat(slices);
    assert.ok(fits(fitted, transport), path);
    assert.deepEqual(contents(fitted), contents(message), path);
  }
  const mended = Buffer.concat(mendSubmission(message, STAMP).slices);
  assert.ok(getField(scanHeader(mended), 'date') !== null, path);
  assert.equal(mendSubmission(mended, STAMP).slices[0], mended, path);
}

test('RFC 2045 §2 every public message survives reading, mending and downgrade', { skip }, () => {
  const files = dataFiles(PATTERN);
  assert.ok(files.length > 5_000);
  for (const path of files) checkMessage(path, readData(path));
});

/** The tree of a message in brackets: `(…)` message, `[…]` multipart, `.` leaf. */
function shape(part: MimePart): string {
  if (part.kind === 'leaf') return '.';
  if (part.kind === 'message') return `(${part.children.map(shape).join('')})`;
  return `[${part.children.map(shape).join(',')}]`;
}

function shapeOfXml(xml: string): string {
  const marks: Readonly<Record<string, string>> = {
    '<message>': '(',
    '</message>': ')',
    '<multipart>': '[',
    '</multipart>': ']',
    '<body-part>': ',',
    '<body>': '.',
  };
  const tags = xml.match(/<\/?(?:message|multipart|body-part|body)>/g) ?? [];
  return tags
    .map((tag) => marks[tag] ?? '')
    .join('')
    .replaceAll('[,', '[');
}

// Messages that are encoded in base64 are leaves here (RFC 2046 §5.2.1 forbids it); boundaries that end in spaces (§5.1.1
// forbids it) or that fit no line.
const SHAPES_DIFFER = new Set([
  'bad-newlines-multiple-parts-base64',
  'base64encoded-rfc822message',
  'base64encoded-rfc822message-nested',
  'multi-2gifs-base64',
  'very-long-boundary',
  'very-very-long-boundary',
  'weird-boundary',
]);

test('RFC 2046 §5.1 the structure of malformed messages is what others see', { skip }, () => {
  let compared = 0;
  for (const path of dataFiles('mime-mime4j/**/*.msg')) {
    const name = basename(path, '.msg');
    const expected = dataFiles(path.replace(/\.msg$/, '.xml'))[0];
    if (expected === undefined || SHAPES_DIFFER.has(name)) continue;
    const { root } = readStructure(scanHeader(readData(path)));
    assert.equal(`(${shape(root)})`, shapeOfXml(readData(expected).toString('latin1')), name);
    compared++;
  }
  assert.ok(compared >= 70);
});

test('RFC 5321 §4.4 the Received and Date fields of public messages are understood', { skip }, () => {
  const seen = { received: 0, withBy: 0, withDate: 0, dates: 0, readDates: 0 };
  for (const path of dataFiles('spam-spamassassin/data/easy-ham-*/*.txt')) {
    const block = scanHeader(readData(path));
    for (const value of getFields(block, 'received')) {
      const hop = parseReceived(value);
      seen.received++;
      if (hop.by !== null) seen.withBy++;
      if (hop.atMs !== null) seen.withDate++;
    }
    const date = getField(block, 'date');
    if (date === null) continue;
    seen.dates++;
    if (parseDate(date) !== null) seen.readDates++;
  }
  assert.ok(seen.received > 10_000);
  assert.ok(seen.withBy / seen.received > 0.95, JSON.stringify(seen));
  assert.ok(seen.withDate / seen.received > 0.99, JSON.stringify(seen));
  assert.ok(seen.readDates / seen.dates > 0.99, JSON.stringify(seen));
});
