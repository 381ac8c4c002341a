// How many file descriptors connections of strangers may take. The system gives the lowest free number, so the number of
// a new connection's descriptor tells how many are in use in the process, whatever for. Some are left for the files and
// the outgoing connections of those who are already in: without any, libuv would ask for the connections that wait
// again and again and use up the processor.
import { readFileSync } from 'node:fs';

/** Out of so many descriptors one is kept … */
const KEPT_SHARE = 8;
/** … but not more than this. */
export const DESCRIPTORS_KEPT_MAX = 1024;

/** From this number on a connection is too much; `limit` is that of the process. */
export function firstRefusedDescriptor(limit: number): number {
  return limit - Math.min(DESCRIPTORS_KEPT_MAX, Math.ceil(limit / KEPT_SHARE));
}

/** The soft limit of open files of this process; Infinity where the system does not tell it. */
export function descriptorLimit(): number {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
    return found === null ? Number.POSITIVE_INFINITY : Number(found[1]);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
