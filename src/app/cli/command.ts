// What a command of the command line is: a table entry that declares itself, and the context it runs in.
// The parser, the help and docs/reference/cli.md all come from these entries.
import type { Readable } from 'node:stream';
import type { Config } from '../config/config.ts';

/** Done. */
export const EXIT_DONE = 0;
/** Failed: what was asked could not be done. */
export const EXIT_FAILED = 1;
/** Wrong usage: the command line itself is wrong. */
export const EXIT_USAGE = 2;

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  /** One sentence. */
  readonly doc: string;
  /** What stands for the value in the help, e.g. `FILE`. */
  readonly value?: string;
  /** One letter. */
  readonly short?: string;
  /** May be given more than once; the value is then a list. */
  readonly multiple?: boolean;
}

export type OptionValue = string | boolean | readonly (string | boolean)[] | undefined;

export interface Command {
  /** One or two words: `serve`, `domain add`. */
  readonly name: string;
  /** The words after the name, e.g. `ADDRESS TARGET…` or `[FILE]`. */
  readonly synopsis: string;
  /** One sentence without a full stop, for the list of commands. */
  readonly summary: string;
  /** More, for the command's own help. */
  readonly doc?: string;
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** How many words may follow the name. Default: none. */
  readonly words?: { readonly min: number; readonly max: number };
  /** Takes its arguments unparsed, in `context.words` (for faces that follow another program's command line). */
  readonly unparsed?: boolean;
  /**
   * Does it. Returns the exit code; nothing means 0. Throws CommandError for what the user can mend.
   * Import heavy modules inside, so that the other commands start fast.
   */
  run(context: CommandContext): Promise<number | void> | number | void;
}

/** Where text goes; process.stdout, or a test's. */
export interface TextOutput {
  write(text: string): unknown;
}

/** The process around a command, as far as commands may see it. */
export interface CommandHost {
  readonly stdin: Readable;
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that the user stands in. */
  readonly folder: string;
}

/** What a command gets to work with. */
export interface CommandContext {
  readonly command: Command;
  readonly commands: readonly Command[];
  /** The words after the command's name. */
  readonly words: readonly string[];
  /** The values of the declared options; undeclared names are undefined. */
  readonly options: Readonly<Record<string, OptionValue>>;
  /** Print one JSON value instead of text. */
  readonly json: boolean;
  /** `--config`, else POSTROAD_CONFIG, else null: look in the usual places. */
  readonly configPath: string | null;
  readonly host: CommandHost;
  /** The configuration, read once, when first asked for. Throws ConfigError, which reaches the user in one line. */
  config(): Config;
  /** Prints one line, or several. */
  print(text: string): void;
  /** With --json prints `value` as one line of JSON, else `text`. */
  show(value: unknown, text: string): void;
}

/** Something the user can mend: one line that says what is wrong, and how to mend it. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'CommandError';
    this.exitCode = options.exitCode ?? EXIT_FAILED;
  }
}

/** The command line is wrong; exit code 2. */
export class UsageError extends CommandError {
  constructor(message: string) {
    super(message, { exitCode: EXIT_USAGE });
    this.name = 'UsageError';
  }
}

/** The value of an option that takes a text, or null. */
export function textOption(context: CommandContext, name: string): string | null {
  const value = context.options[name];
  return typeof value === 'string' ? value : null;
}

/** Whether an option without a value was given. */
export function flagOption(context: CommandContext, name: string): boolean {
  return context.options[name] === true;
}

/** The values of an option that may be repeated. */
export function listOption(context: CommandContext, name: string): string[] {
  const value = context.options[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
