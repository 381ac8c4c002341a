import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { findTwice, packRow, parseAccountCsv, unpackRow } from './account-csv.ts';

const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;

test('RFC 4180 what is written with quotes is read back', () => {
  const field = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(field, field, field), { minLength: 1 }),
      fc.constantFrom('\n', '\r\n'),
      (rows, end) => {
        const text = `address,password,name${end}${rows.map((row) => row.map(quote).join(',')).join(end)}${end}`;
        const parsed = parseAccountCsv(text);
        assert.deepEqual(parsed.faults, []);
        assert.deepEqual(
          parsed.rows.map(({ address, password, name }) => [address, password, name]),
          rows
            .filter(([address]) => !address.startsWith('#'))
            .map(([address, password, name]) => [address.trim(), password, name.trim()]),
        );
      },
    ),
  );
});

test('nothing makes it throw, and lines only grow', () => {
  const piece = fc.constantFrom('"', ',', '\n', '\r\n', '\r', 'a', '#', 'address', '""');
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const { rows, faults } = parseAccountCsv(pieces.join(''));
      for (const list of [rows, faults]) {
        const lines = list.map(({ line }) => line);
        assert.deepEqual(
          lines,
          [...lines].sort((a, b) => a - b),
        );
      }
      findTwice(rows);
      assert.deepEqual(rows.map(packRow).map(unpackRow), rows);
    }),
  );
});

test('lines, columns and faults', () => {
  const parsed = parseAccountCsv('\ufeffname,email\n"two\nlines",a@b.test\n\n# no\nx,y,z\nx,"y\n');
  assert.deepEqual(parsed.rows, [{ line: 2, address: 'a@b.test', password: '', name: 'two\nlines' }]);
  assert.deepEqual(
    parsed.faults.map(({ line, message }) => [line, message.slice(0, 20)]),
    [
      [6, '3 fields, but there '],
      [7, 'a quote is not close'],
    ],
  );
});
