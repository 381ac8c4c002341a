// The architecture holds on the tree as it is, and each check finds a planted fault.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  checkCycles,
  checkModules,
  checkNeverImported,
  checkPackages,
  checkRings,
  checkSiblings,
  checkTestImports,
} from './import-checks.ts';
import { LAYERS_PAGE, layersPage } from './layers-page.ts';
import { readTree, treeOf, type SourceTree } from './source-tree.ts';

const tree = readTree();

interface Case {
  check: (tree: SourceTree) => string[];
  rule: string;
  bad: Record<string, string>[];
  good: Record<string, string>[];
}

const CASES: Case[] = [
  {
    check: checkRings,
    rule: 'imports point inward only',
    bad: [
      { 'src/base/a.ts': `import { b } from '../formats/b.ts';` },
      { 'src/storage/a.ts': `import type {\n  B,\n} from '../services/b.ts';` },
      { 'src/services/a.ts': `const b = await import('../servers/mx/b.ts');` },
      { 'src/services/a.ts': `new Worker(new URL('../app/b-thread.ts', import.meta.url));` },
      { 'src/elsewhere/a.ts': '' },
    ],
    good: [
      { 'src/formats/a.ts': `import { b } from '../base/b.ts';\n// import { c } from '../app/c.ts';\n` },
      { 'src/base/a.test.ts': `import { b } from '../formats/b.ts';` },
      { 'src/app/a.ts': `const text = "import { c } from 'x'";\nimport { b } from '../storage/b.ts';` },
    ],
  },
  {
    check: checkSiblings,
    rule: 'siblings do not know each other, except as listed',
    bad: [
      { 'src/protocols/smtp/a.ts': `import { b } from '../pop3/b.ts';` },
      { 'src/protocols/sasl/a.ts': `import { b } from '../smtp/b.ts';` },
      { 'src/servers/mx/a.ts': `import { b } from '../pop3/b.ts';` },
    ],
    good: [
      { 'src/protocols/smtp/server/a.ts': `import { b } from '../../sasl/b.ts';\nimport { c } from '../c.ts';` },
      { 'src/services/relay/a.ts': `import { b } from '../routing/b.ts';` },
    ],
  },
  {
    check: checkCycles,
    rule: 'no cycles, types included',
    bad: [
      {
        'src/base/a.ts': `import { b } from './b.ts';`,
        'src/base/b.ts': `import { c } from './c.ts';`,
        'src/base/c.ts': `import type { A } from './a.ts';`,
      },
      { 'src/base/a.ts': `export { b } from './a.ts';` },
    ],
    good: [
      {
        'src/base/a.ts': `import { b } from './b.ts';\nimport { c } from './c.ts';`,
        'src/base/b.ts': `import { c } from './c.ts';`,
        'src/base/c.ts': '',
      },
    ],
  },
  {
    check: checkPackages,
    rule: 'each package in its one file',
    bad: [
      { 'src/base/a.ts': `import { x } from 'left-pad';` },
      { 'src/services/toml.ts': `import { parse } from 'smol-toml';` },
      { 'src/services/a.ts': `import type { Logger } from 'pino/file';` },
    ],
    good: [{ 'src/base/a.test.ts': `import fc from 'fast-check';\nimport test from 'node:test';` }],
  },
  {
    check: checkModules,
    rule: 'sockets, database and files only in their place',
    bad: [
      { 'src/services/a.ts': `import { connect } from 'node:net';` },
      { 'src/services/a.ts': `import { isIP, connect } from 'node:net';` },
      { 'src/protocols/smtp/a.ts': `import net from 'node:net';` },
      { 'src/services/a.ts': `import { DatabaseSync } from 'node:sqlite';` },
      { 'src/formats/a.ts': `import { readFileSync } from 'node:fs';` },
      { 'src/protocols/smtp/server/a.ts': `import { readFile } from 'node:fs/promises';` },
    ],
    good: [
      { 'src/formats/a.ts': `import { isIP } from 'node:net';` },
      { 'src/services/a.ts': `import type { Socket } from 'node:net';\nimport { type Server } from 'node:net';` },
      { 'src/protocols/smtp/server/a.ts': `import { connect } from 'node:tls';` },
      { 'src/base/net/a.ts': `import { connect } from 'node:net';` },
      { 'src/storage/a.ts': `import { DatabaseSync } from 'node:sqlite';` },
      { 'src/services/a.test.ts': `import { connect } from 'node:net';` },
    ],
  },
  {
    check: checkTestImports,
    rule: 'only tests import what is for tests',
    bad: [
      { 'src/base/a.ts': `import { VirtualClock } from '../../test/support/virtual-clock.ts';` },
      { 'src/servers/mx/a.ts': `import { S } from '../../protocols/smtp/testing/memory-session.ts';` },
    ],
    good: [{ 'src/base/a.test.ts': `import { VirtualClock } from '../../test/support/virtual-clock.ts';` }],
  },
  {
    check: checkNeverImported,
    rule: 'no file that nothing imports',
    bad: [{ 'src/base/a.ts': 'export const a = 1;\n' }],
    good: [
      { 'src/base/a.ts': 'export const a = 1;\n', 'src/base/a.test.ts': `import { a } from './a.ts';` },
      { 'src/base/a.ts': 'export interface A {}\n' },
      { 'src/main.ts': '', 'src/app/threads/store-thread.ts': 'export const a = 1;\n' },
      { 'src/protocols/pop3/index.ts': `export { a } from './a.ts';` },
    ],
  },
];

for (const { check, rule, bad, good } of CASES) {
  test(rule, () => assert.deepEqual(check(tree), []));
  test(`${rule}: planted faults are found`, () => {
    for (const texts of bad) assert.equal(check(treeOf(texts)).length, 1, JSON.stringify(texts));
    for (const texts of good) assert.deepEqual(check(treeOf(texts)), []);
  });
}

test('the page of the layers follows the table', () => {
  assert.equal(readFileSync(LAYERS_PAGE, 'utf8'), layersPage(), 'run `npm run gen`');
});
