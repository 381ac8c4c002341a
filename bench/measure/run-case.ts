// Runs one case: all contestants stand beside each other, and take turns, so that whatever else the machine does
// hits all alike. Also writes its figures down.
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchCase, Contestant, Figures } from '../cases/bench-case.ts';
import { median, written } from './statistics.ts';

export interface CaseResult {
  readonly bench: BenchCase;
  /** In the order of the contestants: the figures of each round. */
  readonly rounds: readonly (readonly Figures[])[];
}

export interface RunOptions {
  readonly folder: string;
  readonly rounds: number;
  readonly seconds: number;
  say(line: string): void;
}

function line(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${written(value)} ${name}`)
    .join(', ');
}

/** Measures A B A B …; what was started is stopped again. */
export async function runCase(bench: BenchCase, options: RunOptions): Promise<CaseResult> {
  const standing: Contestant[] = [];
  const rounds: Figures[][] = bench.contestants.map(() => []);
  const warming = bench.warmsUp === false ? 0 : 1;
  try {
    for (const [i, plan] of bench.contestants.entries()) {
      const folder = join(options.folder, bench.name, `${i}`);
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, 0o755);
      standing.push(await plan.start(folder));
    }
    for (let round = -warming; round < (bench.rounds ?? options.rounds); round++) {
      for (const [i, contestant] of standing.entries()) {
        const figures = await contestant.measure(round < 0 ? options.seconds / 2 : options.seconds);
        const label = round < 0 ? 'warming' : `round ${round + 1}`;
        options.say(`  ${label.padEnd(8)} ${bench.contestants[i]?.name.padEnd(28)} ${line(figures)}`);
        if (round >= 0) rounds[i]?.push(figures);
      }
    }
  } finally {
    for (const contestant of standing) await contestant.stop();
  }
  return { bench, rounds };
}

interface Row {
  readonly figure: string;
  readonly contestant: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** Postroad's median divided by this one's; null for Postroad. */
  readonly ratio: number | null;
}

function rowsOf(result: CaseResult): Row[] {
  const rows: Row[] = [];
  const figures = new Set(result.rounds.flat().flatMap((round) => Object.keys(round)));
  for (const figure of figures) {
    let first: number | null = null;
    for (const [i, plan] of result.bench.contestants.entries()) {
      const values = (result.rounds[i] ?? []).flatMap((round) => round[figure] ?? []);
      if (values.length === 0) continue;
      const middle = median(values);
      const ratio = first === null ? null : first / middle;
      first ??= middle;
      const [least, most] = [Math.min(...values), Math.max(...values)];
      rows.push({ figure, contestant: plan.name, median: middle, least, most, ratio });
    }
  }
  return rows;
}

function spread(row: Row): string {
  return `${written(row.least)} – ${written(row.most)}`;
}

/** The figures for the terminal. */
export function asText(result: CaseResult): string {
  const rows = rowsOf(result).map((row) => {
    const ratio = row.ratio === null ? '' : `  Postroad/this = ${written(row.ratio)}`;
    return `  ${row.figure.padEnd(26)} ${row.contestant.padEnd(28)} ${written(row.median).padStart(9)}  (${spread(row)})${ratio}`;
  });
  return [`${result.bench.name}: ${result.bench.title}`, `  goal: ${result.bench.goal}`, ...rows].join('\n');
}

/** The figures for docs/benchmarks.md. */
export function asMarkdown(result: CaseResult): string {
  const rows = rowsOf(result).map(
    (row) =>
      `| ${row.figure} | ${row.contestant} | ${written(row.median)} | ${spread(row)} | ${row.ratio === null ? '' : written(row.ratio)} |`,
  );
  return [
    `### ${result.bench.name}: ${result.bench.title}`,
    '',
    `Goal: ${result.bench.goal}.`,
    '',
    '| figure | server | median | least – most | Postroad ÷ this |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
