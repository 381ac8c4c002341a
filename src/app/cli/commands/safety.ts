// `postroad backup|restore|verify`: copies of everything, and the proof that it is whole.
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { withAdministration } from '../administration.ts';
import type { VerifyResult } from '../../../storage/verify.ts';
import { CommandError, EXIT_DONE, EXIT_FAILED, type Command, type CommandContext } from '../command.ts';
import { progressLine } from '../progress-line.ts';
import { aboutSize, count } from '../table.ts';

const backupCommand: Command = {
  name: 'backup',
  synopsis: 'DIR',
  summary: 'Copies everything into a new folder, whether or not the server runs',
  doc: 'Sealed segments are linked where that is possible, so a backup on the same disk takes little room; copy the folder elsewhere afterwards.',
  words: { min: 1, max: 1 },
  async run(context) {
    const target = resolve(context.host.folder, context.words[0] ?? '');
    const dataDir = context.config().data;
    const progress = progressLine(context);
    try {
      const segments = await withAdministration(context, async (call) => {
        await call('backup.pin', {});
        return await copyStorage(dataDir, target, (done, total) => progress.show('segments', done, total));
      });
      progress.clear();
      context.show({ target, segments }, `${target}: complete, ${count(segments, 'segment')}`);
    } finally {
      progress.clear();
    }
  },
};

/** Copies in this process; whoever called has pinned the segments. */
async function copyStorage(
  dataDir: string,
  target: string,
  show: (done: number, total: number) => void,
): Promise<number> {
  const { backup } = await import('../../../storage/backup.ts');
  const { openBeside } = await import('../../admin/open-reading.ts');
  const beside = openBeside(dataDir);
  try {
    const { segments } = await backup(
      { read: beside.read, pinSegments: async () => () => {} },
      { dataDir, target, onProgress: ({ segments, segmentsDone }) => show(segmentsDone, segments) },
    );
    return segments;
  } finally {
    await beside.close();
  }
}

const restoreCommand: Command = {
  name: 'restore',
  synopsis: 'DIR',
  summary: 'Copies a backup into the empty data folder; the server must not run',
  words: { min: 1, max: 1 },
  async run(context) {
    const { restore } = await import('../../../storage/backup.ts');
    const source = resolve(context.host.folder, context.words[0] ?? '');
    const dataDir = context.config().data;
    const progress = progressLine(context);
    try {
      const { segments } = await restore({
        source,
        dataDir,
        onProgress: ({ segments, segmentsDone }) => progress.show('segments', segmentsDone, segments),
      });
      progress.clear();
      context.show(
        { source, dataDir, segments },
        `${dataDir}: restored, ${count(segments, 'segment')}; 'postroad verify' proves it`,
      );
    } finally {
      progress.clear();
    }
  },
};

const verifyCommand: Command = {
  name: 'verify',
  synopsis: '',
  summary: 'Reads everything and tells what is not as it was stored',
  doc: 'Changes nothing, and may run beside the server.',
  async run(context) {
    const faults: string[] = [];
    const result = await verifyStorage(context, (fault) => {
      faults.push(fault);
      if (!context.json) context.host.stderr.write(`${fault}\n`);
    });
    const text = `${count(result.records, 'message')}, ${aboutSize(result.bytes)}: ${result.faults === 0 ? 'all well' : count(result.faults, 'fault')}`;
    context.show({ ...result, found: faults }, text);
    return result.faults === 0 ? EXIT_DONE : EXIT_FAILED;
  },
};

async function verifyStorage(context: CommandContext, onFault: (fault: string) => void): Promise<VerifyResult> {
  const dataDir = context.config().data;
  await access(join(dataDir, 'postroad.db')).catch(() => {
    throw new CommandError(`${dataDir} holds no database yet; nothing to verify`);
  });
  const { openReading } = await import('../../admin/open-reading.ts');
  const { verify } = await import('../../../storage/verify.ts');
  const progress = progressLine(context);
  const reading = await openReading(dataDir);
  try {
    return await verify({
      dataDir,
      read: reading.read,
      onFault,
      onProgress: ({ recordsDone, records }) => progress.show('messages', recordsDone, records),
    });
  } finally {
    await reading.close();
    progress.clear();
  }
}

export const safetyCommands: readonly Command[] = [backupCommand, restoreCommand, verifyCommand];
