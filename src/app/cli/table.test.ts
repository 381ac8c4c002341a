import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aboutSize, aboutTime, count, formatTable, plainText } from './table.ts';

test('columns are aligned, numbers to the right, and nothing steers the terminal', () => {
  const table = formatTable(
    ['WHO', 'HOW MANY', 'X'],
    [
      ['ann\u001b[2J', 7, ''],
      ['b', 1234, 'y'],
    ],
    'nobody',
  );
  assert.equal(table, 'WHO      HOW MANY  X\nann [2J         7\nb            1234  y');
  assert.equal(formatTable(['WHO'], [], 'nobody'), 'nobody');
  assert.equal(plainText('a\u202eb\r\nc'), 'a b c');
});

test('amounts as people say them', () => {
  assert.deepEqual([0, 999, 1000, 1234, 9_900_000, 5e9].map(aboutSize), [
    '0 B',
    '999 B',
    '1 kB',
    '1.2 kB',
    '9.9 MB',
    '5 GB',
  ]);
  assert.deepEqual([-5, 900, 119_000, 120_000, 7_200_000, 4 * 86_400_000].map(aboutTime), [
    '0 s',
    '1 s',
    '119 s',
    '2 min',
    '2 h',
    '4 d',
  ]);
  assert.deepEqual([count(1, 'line'), count(0, 'line')], ['1 line', '0 lines']);
});
