// From the words of the command line to a command, its words and its options. Knows only the table.
import { parseArgs } from 'node:util';
import { nearestWord } from '../../base/text/nearest.ts';
import { UsageError, type Command, type OptionSpec, type OptionValue } from './command.ts';

/** Options that every command has. */
export const GLOBAL_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  help: { type: 'boolean', short: 'h', doc: 'Show how the command is used.' },
  json: { type: 'boolean', doc: 'Print JSON, for programs.' },
  config: { type: 'string', value: 'FILE', short: 'c', doc: 'The configuration file.' },
};

export interface CommandLine {
  /** Null: no command was named; then help is meant. */
  readonly command: Command | null;
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** Finds the command and parses its options. Throws UsageError. */
export function parseCommandLine(args: readonly string[], commands: readonly Command[]): CommandLine {
  const before = globalsInFront(args);
  const rest = args.slice(before.length);
  if (rest.length === 0) return { command: null, ...parse(before, GLOBAL_OPTIONS) };
  const command = findCommand(rest, commands);
  if (command === null) return { command: null, words: rest, options: { help: true } };
  const own = rest.slice(command.name.split(' ').length);
  if (command.unparsed === true) return { command, words: own, options: parse(before, GLOBAL_OPTIONS).options };
  const line = parse([...before, ...own], { ...GLOBAL_OPTIONS, ...command.options });
  if (line.options['help'] !== true) checkWords(command, line.words);
  return { command, ...line };
}

/** The global options that stand in front of the command's name. */
function globalsInFront(args: readonly string[]): readonly string[] {
  let end = 0;
  while (end < args.length && args[end]?.startsWith('-') === true) {
    const takesValue = args[end] === '--config' || args[end] === '-c';
    end += takesValue ? 2 : 1;
  }
  return args.slice(0, Math.min(end, args.length));
}

/** Null when only `--help` follows the first of two words. */
function findCommand(rest: readonly string[], commands: readonly Command[]): Command | null {
  const [first = '', second] = rest;
  const found =
    commands.find((c) => c.name === `${first} ${second ?? ''}`) ?? commands.find((c) => c.name === first) ?? null;
  if (found !== null) return found;
  const seconds = commands.flatMap((c) => (c.name.startsWith(`${first} `) ? [c.name.slice(first.length + 1)] : []));
  if (seconds.length > 0) {
    if (second === '--help' || second === '-h') return null;
    const wrong = second === undefined ? `'${first}' needs one more word` : `'${first}' does not know '${second}'`;
    throw new UsageError(`${wrong}; say one of: ${seconds.join(', ')}`);
  }
  const near = nearestWord(first, new Set(commands.map((c) => c.name.split(' ')[0] ?? '')));
  const mend = near === null ? "'postroad help' lists them all" : `did you mean '${near}'?`;
  throw new UsageError(`there is no command '${first}'; ${mend}`);
}

function parse(
  args: readonly string[],
  specs: Readonly<Record<string, OptionSpec>>,
): { words: readonly string[]; options: Readonly<Record<string, OptionValue>> } {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short === undefined ? {} : { short }), ...(multiple === undefined ? {} : { multiple }) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { words: positionals, options: values };
  } catch (error) {
    throw new UsageError(optionMend(error as Error, args, specs));
  }
}

/** One line in our words for what parseArgs refuses. */
function optionMend(error: Error, args: readonly string[], specs: Readonly<Record<string, OptionSpec>>): string {
  const unknown = /^Unknown option '(-{1,2})([^']*)'/u.exec(error.message);
  if (unknown !== null) {
    const near = nearestWord(unknown[2] ?? '', Object.keys(specs));
    const mend = near === null ? "'--help' lists the options" : `did you mean '--${near}'?`;
    return `there is no option '${unknown[1]}${unknown[2]}'; ${mend}`;
  }
  const named = Object.entries(specs).find(
    ([name, spec]) =>
      error.message.includes(`--${name}`) && args.some((a) => a.startsWith(`--${name}`) || a === `-${spec.short}`),
  );
  if (named === undefined) return error.message;
  const [name, spec] = named;
  return spec.type === 'string'
    ? `option '--${name}' needs a value: --${name} ${spec.value ?? 'VALUE'}`
    : `option '--${name}' takes no value`;
}

function checkWords(command: Command, words: readonly string[]): void {
  const { min, max } = command.words ?? { min: 0, max: 0 };
  if (words.length >= min && words.length <= max) return;
  const wrong = words.length < min ? 'too few words' : `too many words ('${words[max]}')`;
  throw new UsageError(`${wrong}; usage: ${usageOf(command)}`);
}

/** The usage line of a command. */
export function usageOf(command: Command): string {
  return ['postroad', command.name, command.synopsis].filter((part) => part !== '').join(' ');
}
