// Runs one command line: finds the command, gives it its context, turns what it throws into one line and an exit code.
import {
  CommandError,
  EXIT_DONE,
  EXIT_FAILED,
  type Command,
  type CommandContext,
  type CommandHost,
} from './command.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { commandText, overviewText } from './help-text.ts';
import { parseCommandLine, type CommandLine } from './parse-command-line.ts';

/** Runs `args` (without node and script) and returns the exit code. Never throws: errors go to stderr in one line. */
export async function runCommandLine(
  args: readonly string[],
  commands: readonly Command[],
  host: CommandHost,
): Promise<number> {
  try {
    const line = parseCommandLine(args, commands);
    if (line.command === null || line.options['help'] === true) {
      host.stdout.write(`${helpFor(line, commands)}\n`);
      return EXIT_DONE;
    }
    return (await line.command.run(contextOf(line.command, line, { commands, host }))) ?? EXIT_DONE;
  } catch (error) {
    return report(error, host);
  }
}

function helpFor(line: CommandLine, commands: readonly Command[]): string {
  return line.command === null ? overviewText(commands, line.words[0] ?? null) : commandText(line.command);
}

function contextOf(
  command: Command,
  line: CommandLine,
  { commands, host }: { commands: readonly Command[]; host: CommandHost },
): CommandContext {
  const json = line.options['json'] === true;
  const named = line.options['config'];
  const print = (text: string): void => void host.stdout.write(`${text}\n`);
  const configPath = typeof named === 'string' ? named : (host.env['POSTROAD_CONFIG'] ?? null);
  let config: Config | null = null;
  return {
    command,
    commands,
    words: line.words,
    options: line.options,
    json,
    configPath,
    host,
    config: () => (config ??= loadConfig(configPath, host.folder)),
    print,
    show: (value, text) => print(json ? JSON.stringify(value) : text),
  };
}

/** One line for the user; the stack only when POSTROAD_DEBUG asks for it. */
function report(error: unknown, host: CommandHost): number {
  const message = error instanceof Error ? error.message : String(error);
  host.stderr.write(`postroad: ${message.replaceAll(/\s*\n\s*/gu, '; ')}\n`);
  const ours = error instanceof CommandError;
  if (!ours && error instanceof Error && host.env['POSTROAD_DEBUG'] !== undefined) {
    host.stderr.write(`${error.stack}\n`);
  }
  return ours ? error.exitCode : EXIT_FAILED;
}
