// Messages that once broke something, or were made to: everything that reads or changes a message meets each of them.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAddressList } from '../../src/formats/address/address-list.ts';
import { parseDate } from '../../src/formats/date.ts';
import { parseDsn } from '../../src/formats/dsn/parse.ts';
import { decodeEncodedWords } from '../../src/formats/header/encoded-word.ts';
import { findDeliveredTo } from '../../src/formats/header/loops.ts';
import { fieldValue, scanHeader } from '../../src/formats/header/scan.ts';
import { toCrlf } from '../../src/formats/message/octets.ts';
import { fits } from '../../src/formats/message/reencode.ts';
import { downgrade } from '../../src/formats/message/seven-bit-downgrade.ts';
import { readStructure } from '../../src/formats/message/structure.ts';
import { mendSubmission } from '../../src/formats/message/submission-mend.ts';
import { parseReceived } from '../../src/formats/received.ts';

const FOLDER = join(import.meta.dirname, 'corpus/message');
const STAMP = { atMs: 0, zoneMinutes: 0, idText: 'x', defaultDomain: 'one.test', isBinary: false };

function readAll(message: Buffer): void {
  const block = scanHeader(message);
  findDeliveredTo(block);
  readStructure(block);
  parseDsn(message);
  for (const field of block.fields) {
    const value = fieldValue(block, field);
    decodeEncodedWords(value);
    parseAddressList(value);
    parseReceived(value);
    parseDate(value);
  }
}

const names = globSync('*.eml', { cwd: FOLDER }).sort();

test('the corpus is there', () => assert.ok(names.length >= 15));

for (const name of names) {
  test(`corpus: ${name}`, () => {
    const message = readFileSync(join(FOLDER, name));
    readAll(message);
    for (const transport of ['7bit', '8bit'] as const) {
      const slices = downgrade(message, transport);
      if (slices !== null) assert.ok(fits(Buffer.concat(slices), transport));
    }
    const mended = Buffer.concat(mendSubmission(toCrlf(message), STAMP).slices);
    assert.equal(mendSubmission(mended, STAMP).slices[0], mended);
    readAll(mended);
  });
}
