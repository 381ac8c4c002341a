// The project's files as the checks see them: text, scanned source and resolved imports. Tests plant faults by
// building a tree from texts instead of from the disk.
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { scanSource, type ScannedSource } from './scan-source.ts';

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** The path from the project root for a relative import, else null. */
  readonly target: string | null;
  /** `import type`, `export type … from`. */
  readonly typeOnly: boolean;
  /** The names between braces, without `as`. */
  readonly names: readonly string[];
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly source: ScannedSource;
  readonly imports: readonly Import[];
}

export interface SourceTree {
  readonly files: readonly SourceFile[];
  /** Markdown pages, path → text. */
  readonly pages: ReadonlyMap<string, string>;
}

const STATEMENT = /^(?:import|export)\b(\s+type\b)?([^;'"]*?)\bfrom\s*'([^'\n]+)'/gmu;
const EFFECT_IMPORT = /^import\s*'([^'\n]+)'/gmu;
const DYNAMIC = /\bimport\(\s*'([^'\n]+)'/gu;
const URL_OF_FILE = /\bnew URL\(\s*'(\.[^'\n]+\.ts)'/gu;

/** Whether tests and their support are meant: they are free of most rules. */
export function isTest(path: string): boolean {
  return path.startsWith('test/') || /\.(?:test|contract)\.ts$/u.test(path) || path.includes('/testing/');
}

/** One file of a tree. */
export function sourceFile(path: string, text: string): SourceFile {
  const source = scanSource(text);
  return { path, text, source, imports: findImports(path, source.withoutComments) };
}

function findImports(path: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean, clause: string): void => {
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : null;
    const list = /\{([^}]*)\}/u.exec(clause)?.[1] ?? '';
    const parts = list.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
    const onlyTypes =
      typeOnly || (parts.length > 0 && /^\s*\{/u.test(clause) && parts.every((p) => p.startsWith('type ')));
    const names = parts.filter((p) => !p.startsWith('type ')).map((p) => p.split(' as ')[0]?.trim() ?? p);
    found.push({ specifier, target, typeOnly: onlyTypes, names });
  };
  for (const match of text.matchAll(STATEMENT)) add(match[3] ?? '', match[1] !== undefined, match[2] ?? '');
  for (const pattern of [EFFECT_IMPORT, DYNAMIC, URL_OF_FILE]) {
    for (const match of text.matchAll(pattern)) add(match[1] ?? '', false, '');
  }
  return found;
}

/** A tree made of texts, for tests with planted faults. */
export function treeOf(texts: Readonly<Record<string, string>>): SourceTree {
  const entries = Object.entries(texts);
  return {
    files: entries.filter(([path]) => path.endsWith('.ts')).map(([path, text]) => sourceFile(path, text)),
    pages: new Map(entries.filter(([path]) => path.endsWith('.md'))),
  };
}

/** The tree on the disk, from the current directory, which is the project's root. */
export function readTree(): SourceTree {
  const texts: Record<string, string> = {};
  for (const path of globSync(['{src,test,scripts,bench}/**/*.ts', '*.md', 'docs/**/*.md'])) {
    texts[path.replaceAll('\\', '/')] = readFileSync(path, 'utf8');
  }
  return treeOf(texts);
}
