// The checks on who imports what. Each takes a tree and gives one line per fault; an empty list is a clean tree.
import {
  MODULE_BANS,
  PACKAGES,
  RINGS,
  SEPARATE_UNITS,
  SIBLINGS,
  TEST_PACKAGES,
  ENTRY_FILES,
  WAITING,
} from './layers.ts';
import { isTest, type SourceTree } from './source-tree.ts';

/** The ring of a path below src/, or null. */
export function ringOf(path: string): number | null {
  const first = /^src\/([^/]+)/u.exec(path)?.[1];
  return RINGS.find((ring) => ring.folders.includes(first ?? ''))?.ring ?? null;
}

/** The unit of a path in a ring of separate units: `protocols/smtp`, `servers/mx`, `sieve`. */
function unitOf(path: string): string {
  const [, first = '', second = ''] = path.split('/');
  return ['protocols', 'trust', 'servers'].includes(first) ? `${first}/${second}` : first;
}

/** Imports point inward only; every file of src/ is in a ring. */
export function checkRings(tree: SourceTree): string[] {
  const faults: string[] = [];
  for (const file of tree.files.filter((f) => f.path.startsWith('src/') && !isTest(f.path))) {
    const ring = ringOf(file.path);
    if (ring === null) {
      faults.push(`${file.path}: is in no ring; see test/architecture/layers.ts`);
      continue;
    }
    for (const { target } of file.imports) {
      const other = target === null ? null : ringOf(target);
      if (other !== null && other > ring) faults.push(`${file.path} (ring ${ring}) imports ${target} (ring ${other})`);
    }
  }
  return faults;
}

/** Units of rings 2 and 5 do not know each other, except as listed. */
export function checkSiblings(tree: SourceTree): string[] {
  const faults: string[] = [];
  for (const file of tree.files.filter((f) => f.path.startsWith('src/') && !isTest(f.path))) {
    const ring = ringOf(file.path);
    if (ring === null || !SEPARATE_UNITS.includes(ring)) continue;
    const unit = unitOf(file.path);
    for (const { target } of file.imports) {
      if (target === null || ringOf(target) !== ring) continue;
      const other = unitOf(target);
      if (other !== unit && !(SIBLINGS[unit] ?? []).includes(other)) {
        faults.push(`${file.path} imports ${target}: ${unit} may not know ${other}`);
      }
    }
  }
  return faults;
}

/** No cycles, counting imports of types too. Each cycle is told once, from its first file. */
export function checkCycles(tree: SourceTree): string[] {
  const graph = new Map(
    tree.files.map((f) => [f.path, f.imports.flatMap((i) => (i.target === null ? [] : [i.target]))] as const),
  );
  const state = new Map<string, 'open' | 'done'>();
  const faults: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      faults.push(`cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`);
      return;
    }
    state.set(path, 'open');
    for (const next of graph.get(path) ?? []) if (graph.has(next)) visit(next, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of [...graph.keys()].toSorted()) visit(path, []);
  return faults;
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? `${parts[0]}/${parts[1]}` : (parts[0] ?? specifier);
}

/** Each npm package is imported in the one file that the table names. */
export function checkPackages(tree: SourceTree): string[] {
  const faults: string[] = [];
  const used = new Set<string>();
  for (const file of tree.files) {
    for (const { specifier, target } of file.imports) {
      if (target !== null || specifier.startsWith('node:')) continue;
      const name = packageOf(specifier);
      if (isTest(file.path) && TEST_PACKAGES.includes(name)) continue;
      const use = PACKAGES[name];
      used.add(name);
      if (use === undefined)
        faults.push(`${file.path} imports '${name}': not in PACKAGES of test/architecture/layers.ts`);
      else if (use.file !== file.path) {
        faults.push(
          `${file.path} imports '${name}': the table says ${use.file ?? 'no file yet; write this one there'}`,
        );
      }
    }
  }
  for (const [name, { file }] of Object.entries(PACKAGES)) {
    if (file !== null && !used.has(name) && tree.files.some((f) => f.path === 'src/main.ts')) {
      faults.push(`${file} does not import '${name}', but the table says so`);
    }
  }
  return faults;
}

/** Sockets, the database and files only where the table allows; `import type` and pure names are free. */
export function checkModules(tree: SourceTree): string[] {
  const faults: string[] = [];
  for (const file of tree.files.filter((f) => !isTest(f.path))) {
    for (const ban of MODULE_BANS) {
      if (!ban.within.test(file.path) || ban.except?.test(file.path) === true) continue;
      for (const { specifier, typeOnly, names } of file.imports) {
        if (typeOnly || !ban.modules.includes(specifier)) continue;
        if (names.length > 0 && names.every((name) => ban.free?.includes(name) === true)) continue;
        faults.push(`${file.path} imports ${specifier} (${ban.what}): ${ban.instead}`);
      }
    }
  }
  return faults;
}

/** Only tests import tests, testing/ folders and test/; the outermost ring is imported by nobody else. */
export function checkTestImports(tree: SourceTree): string[] {
  const faults: string[] = [];
  for (const file of tree.files.filter((f) => f.path.startsWith('src/') && !isTest(f.path))) {
    for (const { target } of file.imports) {
      if (target !== null && isTest(target)) faults.push(`${file.path} imports ${target}, which is for tests`);
    }
  }
  return faults;
}

/** Files of src/ that nothing imports, not even a test. Entries, protocol faces and files of types only are free. */
export function checkNeverImported(tree: SourceTree): string[] {
  const imported = new Set(tree.files.flatMap((f) => f.imports.map((i) => i.target)));
  return tree.files
    .filter((f) => /^(?:src|test)\//u.test(f.path) && !/\.(?:test|contract)\.ts$/u.test(f.path))
    .filter(
      (f) =>
        !f.path.startsWith('test/slow/') &&
        !WAITING.includes(f.path) &&
        !ENTRY_FILES.test(f.path) &&
        !f.path.endsWith('/index.ts'),
    )
    .filter((f) => !imported.has(f.path) && /^export (?!type\b|interface\b)/mu.test(f.source.codeOnly))
    .map((f) => `${f.path}: nothing imports it, not even a test; use it or delete it`);
}
