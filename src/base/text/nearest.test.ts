import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NEAREST_WORD_LENGTH_MAX, nearestWord } from './nearest.ts';

test('finds the word that was probably meant', () => {
  const known = ['hostname', 'data', 'threads', 'listener'];
  const cases: [string, string | null][] = [
    ['hostnme', 'hostname'],
    ['HostName', 'hostname'],
    ['dta', 'data'],
    ['lsitener', 'listener'],
    ['thread', 'threads'],
    ['colour', null],
    ['', null],
  ];
  for (const [word, meant] of cases) assert.equal(nearestWord(word, known), meant, word);
});

test('does not compare endless words', () => {
  const long = 'a'.repeat(NEAREST_WORD_LENGTH_MAX);
  assert.equal(nearestWord(long, [long]), long);
  assert.equal(nearestWord(`${long}a`, [long]), null);
});
