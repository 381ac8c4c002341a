// The help texts, made from the table of commands.
import type { Command, OptionSpec } from './command.ts';
import { GLOBAL_OPTIONS, usageOf } from './parse-command-line.ts';

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(30, Math.max(...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) =>
    left.length > width ? `  ${left}\n  ${' '.repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`,
  );
}

/** How an option is written: `-c, --config FILE`. */
export function optionUsage(name: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  return `${short}--${name}${spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : ''}`;
}

function optionLines(options: Readonly<Record<string, OptionSpec>>): string[] {
  return columns(Object.entries(options).map(([name, spec]) => [optionUsage(name, spec), spec.doc]));
}

/** The help of the whole program, or of the commands that begin with `first`. */
export function overviewText(commands: readonly Command[], first: string | null): string {
  const listed = first === null ? commands : commands.filter((c) => c.name.startsWith(`${first} `));
  return [
    'Postroad, a complete mail server.',
    '',
    'Usage: postroad COMMAND [WORDS] [OPTIONS]',
    '',
    'Commands:',
    ...columns(listed.map((c) => [`${c.name} ${c.synopsis}`.trim(), c.summary])),
    '',
    'Options of every command:',
    ...optionLines(GLOBAL_OPTIONS),
    '',
    'Exit codes: 0 done, 1 failed, 2 wrong usage.',
  ].join('\n');
}

/** The help of one command. */
export function commandText(command: Command): string {
  const own = command.options ?? {};
  return [
    `Usage: ${usageOf(command)}`,
    '',
    `${command.summary}.`,
    ...(command.doc === undefined ? [] : ['', command.doc]),
    '',
    'Options:',
    ...optionLines({ ...own, ...GLOBAL_OPTIONS }),
  ].join('\n');
}
