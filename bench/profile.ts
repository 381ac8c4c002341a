// `node bench/profile.ts CASE [--seconds 6] [--top 30]`: runs Postroad alone in one case of the bench under Node's CPU
// profiler, one profile for each thread, and prints where each thread spent its time.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { CASES } from './cases/cases.ts';
import { killRemembered } from './servers/programs.ts';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Threads that are less busy are left out. */
const IDLE_SHARE = 0.1;

const IDLE = new Set(['(idle)', '(program)', '(root)']);

function place(node: ProfileNode): string {
  const { functionName, url, lineNumber } = node.callFrame;
  const file = url.replace(/^.*\/(?=src\/|node_modules\/)/u, '').replace(/^file:\/\//u, '');
  return file === '' ? functionName : `${file}:${lineNumber + 1} ${functionName || '(anonymous)'}`;
}

interface Times {
  readonly self: Map<string, number>;
  readonly total: Map<string, number>;
  busyMs: number;
  wholeMs: number;
}

function timesOf(profile: Profile): Times {
  const selfOf = new Map<number, number>();
  for (const [i, id] of profile.samples.entries()) {
    selfOf.set(id, (selfOf.get(id) ?? 0) + (profile.timeDeltas[i] ?? 0) / 1000);
  }
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const times: Times = { self: new Map(), total: new Map(), busyMs: 0, wholeMs: 0 };
  const add = (map: Map<string, number>, key: string, ms: number): unknown => map.set(key, (map.get(key) ?? 0) + ms);
  const walk = (node: ProfileNode, above: readonly string[]): number => {
    const key = place(node);
    const own = selfOf.get(node.id) ?? 0;
    const below = [...above, key];
    let sum = own;
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) sum += walk(child, below);
    }
    add(times.self, key, own);
    // A function that calls itself counts once.
    if (!above.includes(key)) add(times.total, key, sum);
    times.wholeMs += own;
    if (!IDLE.has(key)) times.busyMs += own;
    return sum;
  };
  const root = profile.nodes[0];
  if (root !== undefined) walk(root, []);
  return times;
}

function print(title: string, map: Map<string, number>, { busyMs }: Times, top: number): void {
  console.log(`  ${title}`);
  const rows = [...map].filter(([key]) => !IDLE.has(key)).sort((a, b) => b[1] - a[1]);
  for (const [key, ms] of rows.slice(0, top)) {
    console.log(`  ${((100 * ms) / busyMs).toFixed(1).padStart(6)} % ${ms.toFixed(0).padStart(7)} ms  ${key}`);
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '6' },
    top: { type: 'string', default: '30' },
    total: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

async function run(): Promise<void> {
  const bench = CASES.find(({ name }) => name === positionals[0]);
  if (bench === undefined) throw new Error(`say one of: ${CASES.map(({ name }) => name).join(', ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'postroad-profile-'));
  const profiles = join(folder, 'profiles');
  process.once('exit', () => {
    killRemembered();
    if (!values.keep) rmSync(folder, { recursive: true, force: true });
  });
  process.env['POSTROAD_BENCH_NODE_OPTIONS'] = `--cpu-prof --cpu-prof-dir=${profiles}`;
  const contestant = await bench.contestants[0].start(join(folder, 'postroad'));
  const seconds = Number(values.seconds);
  await contestant.measure(seconds / 2);
  console.log(bench.name, await contestant.measure(seconds));
  await contestant.stop();
  const top = Number(values.top);
  for (const file of readdirSync(profiles)) {
    const times = timesOf(JSON.parse(readFileSync(join(profiles, file), 'utf8')) as Profile);
    if (times.busyMs < IDLE_SHARE * times.wholeMs) continue;
    const share = ((100 * times.busyMs) / times.wholeMs).toFixed(0);
    console.log(`\n${basename(file)}: busy ${times.busyMs.toFixed(0)} ms of ${times.wholeMs.toFixed(0)} (${share} %)`);
    print('self', times.self, times, top);
    if (values.total) print('with what they call', times.total, times, top);
  }
  if (values.keep) console.log(`\nprofiles: ${profiles}`);
  process.exit();
}

await run();
