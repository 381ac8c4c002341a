// The checks on how files look inside: banned calls and words, SQL outside storage/, barrels, effects on import,
// length, notes to self, documents. Each takes a tree and gives one line per fault.
import { posix } from 'node:path';
import { BANNED_WORDS, BANS, ENTRY_FILES, FILE_LINES_MAX, SQL_FOLDER } from './layers.ts';
import { isTest, type SourceFile, type SourceTree } from './source-tree.ts';

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Calls and globals that are banned in part of the tree. */
export function checkBans(tree: SourceTree): string[] {
  const faults: string[] = [];
  for (const file of tree.files.filter((f) => !isTest(f.path))) {
    for (const ban of BANS) {
      if (!ban.within.test(file.path) || ban.except?.test(file.path) === true) continue;
      const found = ban.pattern.exec(file.source.codeOnly);
      if (found === null) continue;
      faults.push(`${file.path}:${lineAt(file.text, found.index)}: '${found[0]}' (${ban.what}): ${ban.instead}`);
    }
  }
  return faults;
}

const SQL =
  /^\s*(?:SELECT\b[\s\S]+\bFROM\b|INSERT\s+(?:OR\s+\w+\s+)?INTO\b|UPDATE\s+\S+\s+SET\b|DELETE\s+FROM\b|(?:CREATE|DROP|ALTER)\s+(?:TABLE|INDEX|VIEW|TRIGGER)\b|PRAGMA\s+\w|BEGIN\s+(?:EXCLUSIVE|IMMEDIATE)\b)/u;

/** Text that is an SQL statement, outside storage/. */
export function checkSql(tree: SourceTree): string[] {
  return tree.files
    .filter((f) => f.path.startsWith('src/') && !f.path.startsWith(SQL_FOLDER) && !isTest(f.path))
    .flatMap((f) =>
      f.source.strings
        .filter(({ text }) => SQL.test(text))
        .map(({ offset }) => `${f.path}:${lineAt(f.text, offset)}: SQL belongs into ${SQL_FOLDER}`),
    );
}

/** Files that only pass on other files' exports, except a protocol's index.ts. */
export function checkBarrels(tree: SourceTree): string[] {
  return tree.files
    .filter((f) => f.path.startsWith('src/') && !/^src\/protocols\/[^/]+\/index\.ts$/u.test(f.path))
    .filter((f) => {
      if (f.path.endsWith('/index.ts') || /^export\s*\*/mu.test(f.source.codeOnly)) return true;
      const exports = f.source.codeOnly.match(/^export\b/gmu)?.length ?? 0;
      const passedOn = f.source.withoutComments.match(/^export\b[^;'"=(]*?\bfrom\s*'/gmu)?.length ?? 0;
      return passedOn > 0 && passedOn === exports;
    })
    .map((f) => `${f.path}: is a barrel; import from the file that owns the name`);
}

const DECLARATION =
  /^(?:import|export|const|let|var|function|async function|class|abstract class|interface|type|declare|enum|\}|\)|\]|>|@)/u;
const EFFECT_VALUE =
  /=\s*(?:await\b|(?:readFileSync|writeFileSync|mkdirSync|createServer|setInterval|setTimeout|setImmediate|connect|spawn)\(|new (?:Worker|DatabaseSync|Server|Socket)\b)/u;

/** Statements at the top level that do something, and exported variables that can change. */
export function checkImportDoesNothing(tree: SourceTree): string[] {
  return tree.files
    .filter((f) => f.path.startsWith('src/') && !isTest(f.path) && !ENTRY_FILES.test(f.path))
    .flatMap((f) => topLevelLines(f).flatMap(({ line, text }) => effectFault(f.path, line, text)));
}

function effectFault(path: string, line: number, text: string): string[] {
  if (/^export (?:let|var)\b/u.test(text)) return [`${path}:${line}: an exported variable must not change; use const`];
  if (!DECLARATION.test(text) || EFFECT_VALUE.test(text)) return [`${path}:${line}: importing must do nothing`];
  return [];
}

/** The unindented lines outside every bracket. */
function topLevelLines(file: SourceFile): { line: number; text: string }[] {
  const found: { line: number; text: string }[] = [];
  let depth = 0;
  for (const [index, text] of file.source.codeOnly.split('\n').entries()) {
    if (depth === 0 && /^\S/u.test(text)) found.push({ line: index + 1, text });
    for (const sign of text.match(/[([{}\])]/gu) ?? []) depth += '([{'.includes(sign) ? 1 : -1;
  }
  return found;
}

/** Files beyond the longest length. */
export function checkLength(tree: SourceTree): string[] {
  return tree.files
    .map((f) => ({ path: f.path, lines: f.text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > FILE_LINES_MAX)
    .map(({ path, lines }) => `${path}: ${lines} lines, at most ${FILE_LINES_MAX}; split it by what it owns`);
}

const EXPORTED_NAME =
  /^export (?:default )?(?:async )?(?:abstract )?(?:function\*?|class|const|let|interface|type) (\w+)/gmu;

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/gu, '$1-$2')
    .toLowerCase()
    .split(/[^a-z\d]+/u);
}

/** Words that say nothing, in paths and exported names. */
export function checkWords(tree: SourceTree): string[] {
  const faults: string[] = [];
  for (const file of tree.files) {
    const free = file.path.includes('/server/commands/') ? ['handler'] : [];
    const banned = BANNED_WORDS.filter((word) => !free.includes(word));
    const inPath = wordsOf(file.path).find((word) => banned.includes(word));
    if (inPath !== undefined) faults.push(`${file.path}: '${inPath}' says nothing; name what it does`);
    for (const [, name = ''] of file.source.codeOnly.matchAll(EXPORTED_NAME)) {
      const word = wordsOf(name).find((w) => banned.includes(w));
      if (word !== undefined) faults.push(`${file.path}: exported name '${name}' contains '${word}'; say what it does`);
    }
  }
  return faults;
}

/** Notes to self that were meant to be gone before landing. */
export function checkLeftovers(tree: SourceTree): string[] {
  return tree.files.flatMap((f) => {
    const found = /\b(?:FIXME|XXX|HACK)\b/u.exec(f.source.comments);
    return found === null
      ? []
      : [`${f.path}:${lineAt(f.text, found.index)}: ${found[0]} is left over; mend it or delete it`];
  });
}

const RFC_MISSPELT =
  /\bRFC-?(?!822\b)\d{3,5}\b|\bRFC \d{3,5},? (?:[Ss]ect(?:ion|\.)|[Ss]ec\.)|\bRFC \d{3,5}§|\bRFC \d{3,5}, ?§|\bRFC \d{3,5} § |\bRFC \d{3,5} \d+\.\d/u;

/** References to standards are machine-read: `RFC 5321 §4.5.2`, `RFC 7208 erratum 5436`. */
export function checkRfcSpelling(tree: SourceTree): string[] {
  const faults: string[] = [];
  const look = (path: string, text: string): void => {
    const found = RFC_MISSPELT.exec(text);
    if (found !== null)
      faults.push(`${path}:${lineAt(text, found.index)}: '${found[0].trim()}': write RFC 5321 §4.5.2`);
  };
  for (const file of tree.files) look(file.path, file.source.comments);
  for (const [path, text] of tree.pages) look(path, text);
  return faults;
}

/** Every Markdown page has exactly one title. */
export function checkTitles(tree: SourceTree): string[] {
  const faults: string[] = [];
  for (const [path, text] of tree.pages) {
    const titles = text.replace(/^```[\s\S]*?^```/gmu, '').match(/^# /gmu)?.length ?? 0;
    if (titles !== 1) faults.push(`${path}: ${titles} titles of the first level, must be 1`);
  }
  return faults;
}

/** Relative links of Markdown pages lead to files that `exists` knows. */
export function checkLinks(tree: SourceTree, exists: (path: string) => boolean): string[] {
  const faults: string[] = [];
  for (const [path, text] of tree.pages) {
    for (const [, link = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)\s]*)?\)/gu)) {
      if (/^[a-z]+:/u.test(link)) continue;
      const target = posix.join(posix.dirname(path), link);
      if (!exists(target)) faults.push(`${path}: the link to ${link} leads nowhere`);
    }
  }
  return faults;
}

/** Test files that neither the fast nor the slow part of scripts/run-tests.ts would run. */
export function checkTestPlaces(tree: SourceTree): string[] {
  const run = /^src\/|^test\/(?:architecture|integration|wire|fuzz|slow|support)\//u;
  return tree.files
    .filter((f) => f.path.endsWith('.test.ts') && !run.test(f.path))
    .map((f) => `${f.path}: no part of scripts/run-tests.ts runs it`);
}

/** ADR files are named NNNN-words.md and no number is taken twice. */
export function checkAdrNumbers(tree: SourceTree): string[] {
  const faults: string[] = [];
  const taken = new Map<string, string>();
  for (const path of [...tree.pages.keys()].filter((p) => p.startsWith('docs/adr/')).toSorted()) {
    const number = /^docs\/adr\/(\d{4})-[a-z\d-]+\.md$/u.exec(path)?.[1];
    if (number === undefined) faults.push(`${path}: must be named like 0001-one-package.md`);
    else if (taken.has(number)) faults.push(`${path}: number ${number} is taken by ${taken.get(number)}`);
    else taken.set(number, path);
  }
  return faults;
}
