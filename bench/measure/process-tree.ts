// What a server's processes use, read from /proc: CPU time of a process with all its threads and descendants, and
// their memory. A child that ended counts through its parent, which waited for it.
import { readFileSync, readdirSync } from 'node:fs';

/** Linux reports CPU time to programs in units of 1/100 s. */
const TICK_MS = 10;

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly cpuMs: number;
}

function readRow(pid: number): ProcessRow | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name stands in brackets and may hold spaces and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { pid, parent: Number(fields[1]), cpuMs: ticks * TICK_MS };
  } catch {
    return null;
  }
}

function treeOf(roots: readonly number[]): ProcessRow[] {
  const rows = new Map<number, ProcessRow>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const row = Number.isInteger(pid) ? readRow(pid) : null;
    if (row !== null) rows.set(row.pid, row);
  }
  const inTree = (row: ProcessRow | undefined): boolean => {
    for (let at = row; at !== undefined; at = rows.get(at.parent)) if (roots.includes(at.pid)) return true;
    return false;
  };
  return [...rows.values()].filter(inTree);
}

/** CPU time in ms that the processes and all their descendants have used so far. */
export function cpuMsOf(roots: readonly number[]): number {
  return treeOf(roots).reduce((sum, row) => sum + row.cpuMs, 0);
}

/** The processes and all their descendants that run now. */
export function pidsOf(roots: readonly number[]): number[] {
  return treeOf(roots).map((row) => row.pid);
}

function sumOfField(pids: readonly number[], file: string, field: string): number {
  let sum = 0;
  for (const pid of pids) {
    try {
      const text = readFileSync(`/proc/${pid}/${file}`, 'latin1');
      sum += Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'mu').exec(text)?.[1] ?? 0) * 1024;
    } catch {
      // It ended meanwhile.
    }
  }
  return sum;
}

/** Octets of memory: a page shared by n processes counts 1/n for each. The fair figure for servers of many processes. */
export function proportionalMemoryOf(roots: readonly number[]): number {
  return sumOfField(pidsOf(roots), 'smaps_rollup', 'Pss');
}

/** Octets of memory that are resident, shared pages counted for every process. */
export function residentMemoryOf(roots: readonly number[]): number {
  return sumOfField(pidsOf(roots), 'status', 'VmRSS');
}
