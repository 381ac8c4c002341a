// Runs node:test over one part of the suite: `unit` (beside the code, and what starts no server), `fast` (that and the
// stories with whole servers) or `slow`.
// More words go to the test runner: `npm test -- --test-name-pattern=SCRAM`, or files to run only those.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, globSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Part {
  /** Each file is a process of its own: servers, threads, foreign programs. */
  readonly alone: readonly string[];
  /** The files of one pattern share a process: to start one for each would cost more than all their tests. */
  readonly together: readonly string[];
  readonly concurrency: number;
  /** Scratch folders lie in memory where the system offers that: what these tests prove needs no disk. */
  readonly inMemory: boolean;
}

/** The longest first, so that no core is idle at the end. */
const UNIT = [
  'src/{services,servers}/**/*.test.ts',
  'src/{base,formats}/**/*.test.ts',
  'src/{storage,app}/**/*.test.ts',
  'src/protocols/**/*.test.ts',
  'test/{architecture,wire,fuzz,support}/**/*.test.ts',
];
const STORIES = ['test/integration/[l-z]*.test.ts', 'test/integration/[a-k]*.test.ts'];

const PARTS: Record<string, Part> = {
  unit: { alone: [], together: UNIT, concurrency: 4, inMemory: true },
  fast: { alone: [], together: [...STORIES, ...UNIT], concurrency: 4, inMemory: true },
  // One at a time: these start whole servers and foreign programs.
  slow: { alone: ['test/slow/**/*.test.ts'], together: [], concurrency: 1, inMemory: false },
};

const MEMORY_FOLDER = '/dev/shm';
const MEMORY_NEEDED_BYTES = 2 ** 30;

/** A module that runs these test files one after the other, each as a suite: hooks and faults stay with their file. */
function groupModule(files: readonly string[]): string {
  const suites = files.map((file) => {
    const url = pathToFileURL(resolve(file)).href;
    return `suite(${JSON.stringify(file)}, () => import(${JSON.stringify(url)}));\n`;
  });
  return `import { suite } from 'node:test';\n${suites.join('')}`;
}

/** The entry modules of the groups, written below this folder. */
function writeGroups(folder: string, { together }: Part): string[] {
  const groups = together.map((pattern) => globSync(pattern).toSorted()).filter((files) => files.length > 0);
  return groups.map((files, at) => {
    const entry = join(folder, `group-${at + 1}.mjs`);
    writeFileSync(entry, groupModule(files));
    return entry;
  });
}

/** Where scratch folders go: memory, if it may be written and has room for the suite; otherwise the system's choice. */
function scratchRoot({ inMemory }: Part): string {
  try {
    accessSync(MEMORY_FOLDER, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
    return inMemory && bavail * bsize >= MEMORY_NEEDED_BYTES ? MEMORY_FOLDER : tmpdir();
  } catch {
    return tmpdir();
  }
}

function runNode(words: readonly string[], scratch: string): number {
  const run = spawnSync(process.execPath, ['--test', ...words], {
    stdio: 'inherit',
    env: {
      // The compile cache spares each process the stripping of types; whole, since some start programs elsewhere.
      NODE_COMPILE_CACHE: resolve('node_modules/.cache/compile'),
      TMPDIR: scratch,
      ...process.env,
      // libuv's pool is shared by disk syncs and password hashing; the server runs with the same size.
      UV_THREADPOOL_SIZE: '16',
    },
  });
  return run.status ?? 1;
}

const [name = 'fast', ...rest] = process.argv.slice(2);
const part = PARTS[name];
if (part === undefined) throw new Error(`there is no part '${name}'; say one of: ${Object.keys(PARTS).join(', ')}`);
const words = [`--test-concurrency=${part.concurrency}`, ...rest];
if (rest.some((word) => word.endsWith('.ts'))) process.exitCode = runNode(words, scratchRoot(part));
else {
  const folder = mkdtempSync(join(tmpdir(), 'postroad-tests-'));
  try {
    const files = part.alone.flatMap((pattern) => globSync(pattern).toSorted());
    process.exitCode = runNode([...words, ...writeGroups(folder, part), ...files], scratchRoot(part));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
