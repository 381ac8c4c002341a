// The table of commands, in the order of the help. A new command: one file in commands/, one line here, one test.
// Places kept: serve, start, domain, account, alias, queue, trace, send, doctor, backup, restore, verify, demo.
import type { Command } from './command.ts';
import { configCommands } from './commands/config.ts';
import { helpCommand } from './commands/help.ts';
import { serveCommand } from './commands/serve.ts';
import { versionCommand } from './commands/version.ts';

export const COMMANDS: readonly Command[] = [serveCommand, ...configCommands, helpCommand, versionCommand];
