// `postroad account import FILE`: many accounts at once, with plain passwords or the hashes of another server.
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { findTwice, packRow, parseAccountCsv, type ImportFault, type ImportRow } from '../../admin/account-csv.ts';
import { IMPORT_FAULTS_MAX, IMPORT_FILE_MAX_BYTES, IMPORT_ROWS_MAX } from '../../admin/limits.ts';
import type { AdminCall } from '../../admin/operations.ts';
import { withAdministration } from '../administration.ts';
import { CommandError, EXIT_DONE, EXIT_FAILED, flagOption, type Command, type CommandContext } from '../command.ts';
import { progressLine } from '../progress-line.ts';
import { count, plainText } from '../table.ts';

export const accountImportCommand: Command = {
  name: 'account import',
  synopsis: 'FILE',
  summary: 'Adds the accounts of a CSV file: address,password[,name]',
  doc: 'A password may be a ready hash: argon2id, bcrypt, {SSHA}, {SSHA256}, {SSHA512} or sha512-crypt; empty is none. The whole file is checked first; when a line is wrong, nothing is added. - is standard input.',
  words: { min: 1, max: 1 },
  options: {
    'dry-run': { type: 'boolean', doc: 'Only check the file.' },
    'skip-existing': {
      type: 'boolean',
      doc: 'Leave accounts alone that are here already, for instance after an interrupted import.',
    },
  },
  run: importFile,
};

interface Outcome {
  readonly added: number;
  readonly skipped: number;
  readonly faults: readonly ImportFault[];
}

async function importFile(context: CommandContext): Promise<number> {
  const { rows, faults } = parseAccountCsv(await readInput(context));
  const local = [...faults, ...findTwice(rows)];
  if (rows.length === 0 && local.length === 0) throw new CommandError('the file names no account');
  const skipExisting = flagOption(context, 'skip-existing');
  const outcome = await withAdministration(context, async (call): Promise<Outcome> => {
    const progress = progressLine(context);
    try {
      const wrong = [...local];
      for (const page of pages(rows)) {
        wrong.push(...(await call('account.check-import', { rows: page.map(packRow), skipExisting })).faults);
        progress.show('checked', page.at(-1)?.line ?? 0, rows.length);
      }
      if (wrong.length > 0 || flagOption(context, 'dry-run')) return { added: 0, skipped: 0, faults: wrong };
      return await addAll(rows, skipExisting, call, progress.show);
    } finally {
      progress.clear();
    }
  });
  return report(context, outcome, rows.length);
}

async function addAll(
  rows: readonly ImportRow[],
  skipExisting: boolean,
  call: AdminCall,
  show: (what: string, done: number, total: number) => void,
): Promise<Outcome> {
  const sum = { added: 0, skipped: 0, faults: [] as ImportFault[] };
  let done = 0;
  for (const page of pages(rows)) {
    const portion = await call('account.import', { rows: page.map(packRow), skipExisting });
    sum.added += portion.added;
    sum.skipped += portion.skipped;
    sum.faults.push(...portion.faults);
    show('added', (done += page.length), rows.length);
  }
  return sum;
}

function report(context: CommandContext, { added, skipped, faults }: Outcome, rows: number): number {
  const told = [...faults].sort((a, b) => a.line - b.line).slice(0, IMPORT_FAULTS_MAX);
  if (context.json) context.print(JSON.stringify({ rows, added, skipped, faults: told, faultCount: faults.length }));
  else {
    for (const { line, message } of told) context.host.stderr.write(`line ${line}: ${plainText(message)}\n`);
    if (faults.length > told.length) context.host.stderr.write(`and ${faults.length - told.length} more\n`);
    context.print(summary({ added, skipped, faults }, rows, flagOption(context, 'dry-run')));
  }
  return faults.length > 0 ? EXIT_FAILED : EXIT_DONE;
}

function summary({ added, skipped, faults }: Outcome, rows: number, isDry: boolean): string {
  if (added === 0 && faults.length > 0) return `nothing was added: mend ${count(faults.length, 'line')} and try again`;
  if (isDry) return `the file is good: ${count(rows, 'account')}`;
  const kept = skipped === 0 ? '' : `, ${skipped} were here already`;
  return `${count(added, 'account')} added of ${rows}${kept}${faults.length === 0 ? '' : `, ${faults.length} failed`}`;
}

function* pages(rows: readonly ImportRow[]): Generator<readonly ImportRow[]> {
  for (let at = 0; at < rows.length; at += IMPORT_ROWS_MAX) yield rows.slice(at, at + IMPORT_ROWS_MAX);
}

async function readInput(context: CommandContext): Promise<string> {
  const [name = ''] = context.words;
  const pieces: Buffer[] = [];
  let octets = 0;
  try {
    const input =
      name === '-' ? context.host.stdin : (await open(resolve(context.host.folder, name))).createReadStream();
    for await (const piece of input as AsyncIterable<Buffer>) {
      octets += piece.length;
      if (octets > IMPORT_FILE_MAX_BYTES)
        throw new CommandError(`${name} is larger than ${IMPORT_FILE_MAX_BYTES} octets; split it`);
      pieces.push(piece);
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${name} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return Buffer.concat(pieces).toString('utf8');
}
