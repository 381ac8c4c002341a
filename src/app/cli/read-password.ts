// Where a command gets a password from: standard input, a terminal without echo, or (visible to other users of the
// machine) the command line.
import type { ReadStream } from 'node:tty';
import {
  UsageError,
  flagOption,
  textOption,
  type CommandContext,
  type CommandHost,
  type OptionSpec,
} from './command.ts';

/** Octets of a password on standard input. */
const INPUT_MAX_OCTETS = 4096;
const INTERRUPT = '\u0003';
const END = '\u0004';

/** The options of commands that take a password. */
export const PASSWORD_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'password-stdin': { type: 'boolean', doc: 'Read the password from standard input, one line.' },
  password: {
    type: 'string',
    value: 'PASSWORD',
    doc: 'The password itself. Other users of this machine can see it in the list of processes: prefer standard input.',
  },
};

/**
 * The password that the user gives: by option, else by a prompt when there is a terminal, else null. Throws UsageError
 * when the two entries of a prompt differ or the input is no password.
 */
export async function readPassword(context: CommandContext): Promise<string | null> {
  const given = textOption(context, 'password');
  if (flagOption(context, 'password-stdin')) {
    if (given !== null) throw new UsageError('say --password or --password-stdin, not both');
    return await readLine(context.host);
  }
  if (given !== null) return given;
  const terminal = terminalOf(context.host);
  if (terminal === null) return null;
  const first = await prompt(terminal, context.host, 'Password: ');
  if (first === '') return null;
  const second = await prompt(terminal, context.host, 'Once more: ');
  if (first !== second) throw new UsageError('the two passwords differ; try again');
  return first;
}

async function readLine(host: CommandHost): Promise<string> {
  let text = '';
  for await (const piece of host.stdin as AsyncIterable<Buffer | string>) {
    text += piece.toString();
    if (text.length > INPUT_MAX_OCTETS) throw new UsageError(`the password is longer than ${INPUT_MAX_OCTETS} octets`);
    if (text.includes('\n')) break;
  }
  const line = text.replace(/\r?\n[^]*$/u, '');
  if (line === '') throw new UsageError('there is no password on standard input');
  return line;
}

function terminalOf(host: CommandHost): ReadStream | null {
  const stdin = host.stdin as Partial<ReadStream>;
  return stdin.isTTY === true && typeof stdin.setRawMode === 'function' ? (stdin as ReadStream) : null;
}

/** Asks on stderr, so that redirected output stays clean; nothing of what is typed is shown. */
async function prompt(terminal: ReadStream, host: CommandHost, question: string): Promise<string> {
  host.stderr.write(question);
  terminal.setRawMode(true);
  terminal.setEncoding('utf8');
  terminal.resume();
  try {
    return await new Promise((resolve, reject) => {
      let typed = '';
      const onData = (piece: string): void => {
        for (const character of piece) {
          if (character === INTERRUPT) return done(() => reject(new UsageError('interrupted')));
          if (character === '\r' || character === '\n' || character === END) return done(() => resolve(typed));
          if (character === '\u007f' || character === '\b') typed = typed.replace(/.$/su, '');
          else typed += character;
        }
      };
      const done = (then: () => void): void => {
        terminal.off('data', onData);
        then();
      };
      terminal.on('data', onData);
    });
  } finally {
    terminal.setRawMode(false);
    terminal.pause();
    host.stderr.write('\n');
  }
}
