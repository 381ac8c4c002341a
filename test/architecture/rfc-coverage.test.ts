import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { collectRfcReferences, readRfcIndex } from '../../scripts/rfc-coverage.ts';
import { treeOf } from './source-tree.ts';

test('references of code and tests are collected by section', () => {
  const coverage = collectRfcReferences(
    treeOf({
      'src/base/a.ts': `// RFC 5321 §4.5.2, RFC 5321 §2.4 and §2.3.\nconst text = 'RFC 9999';`,
      'src/base/a.test.ts': `test('RFC 5321 §4.5.2 removes one dot', f); // RFC 1939`,
    }),
  );
  const seen = [...coverage].map(([number, sections]) => [
    number,
    [...sections].map(([section, { code, tests }]) => `${section} ${code.size} ${tests.size}`),
  ]);
  assert.deepEqual(seen, [
    [5321, ['4.5.2 1 1', '2.4 1 0', '2.3 1 0']],
    [1939, [' 0 1']],
  ]);
});

test('the index of standards is well formed and in order', () => {
  const index = readRfcIndex(readFileSync('docs/rfc/index.tsv', 'utf8'));
  const numbers = [...index.keys()];
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  );
  const states = new Set([...index.values()].map(({ status }) => status));
  const known = ['Internet Standard', 'Draft Standard', 'Proposed Standard', 'Best Current Practice', 'Informational'];
  assert.deepEqual(
    [...states].filter((s) => ![...known, 'Experimental', 'Historic'].includes(s)),
    [],
  );
  assert.throws(() => readRfcIndex('head\n5321\tDraft Standard\n'), /cannot read/u);
});
