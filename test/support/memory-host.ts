// A command line without a process: what it prints can be read back.
import { Readable } from 'node:stream';
import { COMMANDS } from '../../src/app/cli/commands.ts';
import type { Command } from '../../src/app/cli/command.ts';
import { runCommandLine } from '../../src/app/cli/run-command-line.ts';

export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CommandRunOptions {
  commands?: readonly Command[];
  stdin?: string;
  env?: Record<string, string>;
  folder?: string;
}

/** Runs one command line in memory. */
export async function runInMemory(args: readonly string[], options: CommandRunOptions = {}): Promise<CommandRun> {
  let out = '';
  let err = '';
  const code = await runCommandLine(args, options.commands ?? COMMANDS, {
    stdin: Readable.from([Buffer.from(options.stdin ?? '')]),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: options.env ?? {},
    folder: options.folder ?? process.cwd(),
  });
  return { code, out, err };
}
