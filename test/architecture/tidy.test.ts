// The tree is tidy as it is, and each check finds a planted fault.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { missingPlatformPackages, type LockFile } from './lock-file.ts';
import { scanSource } from './scan-source.ts';
import { readTree, treeOf, type SourceTree } from './source-tree.ts';
import {
  checkAdrNumbers,
  checkBans,
  checkBarrels,
  checkImportDoesNothing,
  checkLeftovers,
  checkLength,
  checkLinks,
  checkRfcSpelling,
  checkSql,
  checkTestPlaces,
  checkTitles,
  checkWords,
} from './tidy-checks.ts';

const tree = readTree();

interface Case {
  check: (tree: SourceTree) => string[];
  rule: string;
  /** [path, text] pairs with one fault each. */
  bad: [string, string][];
  good: [string, string][];
}

const CASES: Case[] = [
  {
    check: checkBans,
    rule: 'process, console, clock and randomness only in their place',
    bad: [
      ['src/services/a.ts', `const home = process.env['HOME'];`],
      ['src/base/a.ts', 'console.log(1);'],
      ['src/storage/a.ts', 'process.exit(1);'],
      ['src/formats/a.ts', 'const now = Date.now();'],
      ['src/formats/a.ts', 'const now = new Date();'],
      ['src/formats/a.ts', 'const text = `${Math.random()}`;'],
    ],
    good: [
      ['src/app/a.ts', 'console.log(process.env);'],
      ['src/main.ts', 'process.exit(1);'],
      ['src/formats/a.ts', 'const then = new Date(0); // not Date.now()'],
      ['src/services/a.ts', `const text = 'console.log';`],
      ['src/base/a.test.ts', 'console.log(1);'],
    ],
  },
  {
    check: checkSql,
    rule: 'SQL only in storage/',
    bad: [
      ['src/services/a.ts', `const q = 'SELECT id FROM accounts';`],
      ['src/app/a.ts', 'const q = `\n  INSERT INTO queue VALUES (${x})`;'],
      ['src/servers/mx/a.ts', `const q = 'PRAGMA journal_mode';`],
    ],
    good: [
      ['src/storage/a.ts', `const q = 'SELECT id FROM accounts';`],
      ['src/protocols/imap/a.ts', `const line = 'SELECT INBOX';`],
      ['src/services/a.ts', '// SELECT id FROM accounts'],
    ],
  },
  {
    check: checkBarrels,
    rule: 'no barrels except the face of a protocol',
    bad: [
      ['src/services/index.ts', 'export const a = 1;'],
      ['src/base/all.ts', `export { a } from './a.ts';\nexport type { B } from './b.ts';`],
      ['src/base/all.ts', `export const c = 1;\nexport * from './a.ts';`],
    ],
    good: [
      ['src/protocols/smtp/index.ts', `export { a } from './a.ts';`],
      ['src/base/a.ts', `export const a = 1;\nexport type { B } from './b.ts';`],
    ],
  },
  {
    check: checkImportDoesNothing,
    rule: 'importing does nothing',
    bad: [
      ['src/base/a.ts', 'start();'],
      ['src/base/a.ts', `process.on('exit', () => {});`],
      ['src/base/a.ts', 'if (x) {\n  y();\n}'],
      ['src/base/a.ts', 'const timer = setInterval(f, 10);'],
      ['src/base/a.ts', 'const value = await load();'],
      ['src/base/a.ts', 'export let count = 0;'],
      ['src/base/a.ts', 'const value: Map<\n  A,\n  B\n> = await load();'],
      ['src/base/a.ts', 'for (const x of y) {\n  z(x);\n}'],
    ],
    good: [
      ['src/app/threads/store-thread.ts', 'start();'],
      ['src/main.ts', 'await run();'],
      ['src/base/a.ts', 'const A = new Map([\n  [1, 2],\n]);\nexport function f(): void {\n  setInterval(f, 10);\n}\n'],
      ['src/base/a.ts', '/*\nstart();\n*/\nexport type A =\n  | 1\n  | 2;\n'],
      ['src/base/a.ts', 'type A = Pick<\n  B,\n  C\n>;\nconst d: Map<\n  A,\n  B\n> = new Map();\n'],
    ],
  },
  {
    check: checkLength,
    rule: 'no file is too long',
    bad: [['src/base/a.ts', '\n'.repeat(601)]],
    good: [['src/base/a.ts', '\n'.repeat(600)]],
  },
  {
    check: checkWords,
    rule: 'names say something',
    bad: [
      ['src/base/string-utils.ts', ''],
      ['src/services/tools/a.ts', ''],
      ['src/services/a.ts', 'export class QueueManager {}'],
      ['src/services/a.ts', 'export const errorHandler = 1;'],
    ],
    good: [
      ['src/services/a.ts', 'export function handleLine(): void {}\nconst helpers = 1;'],
      ['src/protocols/smtp/server/commands/a.ts', 'export type CommandHandler = () => void;'],
    ],
  },
  {
    check: checkLeftovers,
    rule: 'no notes to self',
    bad: [['src/base/a.ts', 'const a = 1; // FIXME later']],
    good: [['src/base/a.ts', `const a = 'FIXME';\n// TODO RFC 5321 §4.5.2: later\n`]],
  },
  {
    check: checkRfcSpelling,
    rule: 'RFC references are spelt the one way',
    bad: [
      ['src/base/a.ts', '// RFC5321'],
      ['src/base/a.ts', '// RFC-5321'],
      ['src/base/a.ts', '// RFC 5321 section 4.5'],
      ['src/base/a.ts', '// RFC 5321, §4.5'],
      ['src/base/a.ts', '// RFC 5321 § 4.5'],
      ['docs/a.md', '# A\nRFC 5321 4.5.2'],
    ],
    good: [
      ['src/base/a.ts', '// RFC 5321 §4.5.2, RFC 9051 §6.4.8 (COPY), RFC 7208 erratum 5436, RFC 5321 and RFC822.SIZE'],
    ],
  },
  {
    check: checkTestPlaces,
    rule: 'every test is run',
    bad: [['test/other/a.test.ts', '']],
    good: [['test/slow/a.test.ts', '']],
  },
  {
    check: checkTitles,
    rule: 'one title for each page',
    bad: [
      ['docs/a.md', 'text'],
      ['docs/a.md', '# A\n# B'],
    ],
    good: [['docs/a.md', '# A\n```\n# not a title\n```\n## B\n']],
  },
];

for (const { check, rule, bad, good } of CASES) {
  test(rule, () => assert.deepEqual(check(tree), []));
  test(`${rule}: planted faults are found`, () => {
    for (const [path, text] of bad) assert.equal(check(treeOf({ [path]: text })).length, 1, text);
    for (const [path, text] of good) assert.deepEqual(check(treeOf({ [path]: text })), []);
  });
}

test('links lead somewhere', () => {
  assert.deepEqual(checkLinks(tree, existsSync), []);
  const page = { 'docs/a.md': '[a](../b.md) [b](c.md#d) [c](https://one.test/) [d](#e)' };
  assert.equal(checkLinks(treeOf(page), (path) => path === 'b.md').length, 1);
});

test('ADR numbers are unique', () => {
  assert.deepEqual(checkAdrNumbers(tree), []);
  const faults = checkAdrNumbers(treeOf({ 'docs/adr/0001-a.md': '', 'docs/adr/0001-b.md': '', 'docs/adr/b.md': '' }));
  assert.equal(faults.length, 2);
});

test('the linter keeps functions short', () => {
  const { rules } = JSON.parse(readFileSync('.oxlintrc.json', 'utf8')) as { rules: Record<string, unknown[]> };
  assert.partialDeepStrictEqual(rules['max-lines-per-function'], ['error', { max: 70 }]);
  assert.partialDeepStrictEqual(rules['max-lines'], ['error', { max: 600 }]);
  assert.partialDeepStrictEqual(rules['max-params'], ['error', { max: 4 }]);
});

test('the scanner tells code from comments, strings, templates and regular expressions', () => {
  const text = 'a("b"); // c\nd(/[/"]e/u, f / g); `h ${i("j")} k`; /* l\n m */ n = \'\\\'o\';';
  const scanned = scanSource(text);
  const code = scanned.codeOnly.replace(/\s+/gu, ' ');
  assert.equal(code, 'a(" "); d(/ /u, f / g); ` ${i(" ")} `; n = \' \';');
  assert.equal(scanned.comments.trim().replace(/\s+/gu, ' '), '// c /* l m */');
  assert.deepEqual(
    scanned.strings.map((s) => s.text),
    ['b', 'j', 'h ? k', "\\'o"],
  );
  assert.equal(scanned.codeOnly.length, text.length);
});

test('the lock file names every platform package, so that `npm ci` accepts it', () => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as LockFile;
  assert.deepEqual(missingPlatformPackages(lock), {}, 'run `node scripts/complete-lock.ts`');
  const fault = {
    packages: { 'node_modules/a': { dev: true, optionalDependencies: { '@a/b-linux-x64-musl': '1.0.0' } } },
  };
  assert.deepEqual(missingPlatformPackages(fault), {
    'node_modules/@a/b-linux-x64-musl': {
      version: '1.0.0',
      cpu: ['x64'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    },
  });
});
