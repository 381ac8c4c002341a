// What a queue command that the store has carried out means for the keys in memory, wherever they are just then.
import type { CommandedEntry, QueueCommand } from '../../storage/queue-store.ts';
import type { Intake } from './intake.ts';
import type { JobKey } from './job.ts';
import type { Settling } from './settling.ts';
import type { Sites } from './sites.ts';
import type { Row } from './waiting-table.ts';

export interface CommandedParts {
  readonly intake: Intake;
  readonly sites: Sites;
  readonly settling: Settling;
}

/** Brings the memory in line with the store. */
export function applyCommand(command: QueueCommand, entries: readonly CommandedEntry[], parts: CommandedParts): void {
  const { intake, sites, settling } = parts;
  const withdrawn = new Set<JobKey>();
  for (const entry of entries) {
    const row = intake.table.find(entry.unitId, entry.domain);
    // What is not here has been settled a moment ago.
    if (row === 0) continue;
    const key = intake.underWay.get(row);
    if (key === undefined) applyToWaiting(command, entry, { intake, row });
    else if (applyToTried(command, entry, { intake, key })) withdrawn.add(key);
  }
  if (withdrawn.size === 0) return;
  for (const site of sites) {
    for (const { job, recipients } of site.queue.withdraw(({ key }) => withdrawn.has(key))) {
      settling.release(job, recipients);
    }
  }
}

function applyToWaiting(command: QueueCommand, entry: CommandedEntry, at: { intake: Intake; row: Row }): void {
  const { intake, row } = at;
  if (command === 'remove') {
    if (entry.left === 0) intake.forget(row);
    return;
  }
  intake.table.setHeld(row, entry.held);
  intake.table.setExpiresAtMs(row, entry.expiresAtMs);
  intake.reschedule(row, entry.nextAtMs);
}

/** True when the key leaves the attempt, as far as its recipients are not on the wire yet. */
function applyToTried(command: QueueCommand, entry: CommandedEntry, at: { intake: Intake; key: JobKey }): boolean {
  const { intake, key } = at;
  if (command === 'hold' || command === 'remove') {
    if (command === 'hold') intake.table.setHeld(key.row, true);
    key.withdrawn = command === 'hold' ? 'hold' : entry.left === 0 ? 'gone' : 'reload';
    return true;
  }
  intake.table.setHeld(key.row, entry.held);
  intake.table.setExpiresAtMs(key.row, entry.expiresAtMs);
  key.expiresAtMs = entry.expiresAtMs;
  return false;
}
