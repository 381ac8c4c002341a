// The table of commands, in the order of the help. A new command: one file in commands/, one line here, one test.
import type { Command } from './command.ts';
import { accountImportCommand } from './commands/account-import.ts';
import { accountCommands } from './commands/account.ts';
import { aliasCommands } from './commands/alias.ts';
import { configCommands } from './commands/config.ts';
import { doctorCommand } from './commands/doctor.ts';
import { demoCommand } from './commands/demo.ts';
import { domainCommands } from './commands/domain.ts';
import { grantCommands } from './commands/grant.ts';
import { helpCommand } from './commands/help.ts';
import { queueCommands } from './commands/queue.ts';
import { safetyCommands } from './commands/safety.ts';
import { sendCommand } from './commands/send.ts';
import { serveCommand } from './commands/serve.ts';
import { startCommand } from './commands/start.ts';
import { traceCommand } from './commands/trace.ts';
import { versionCommand } from './commands/version.ts';

export const COMMANDS: readonly Command[] = [
  serveCommand,
  startCommand,
  ...domainCommands,
  ...accountCommands,
  accountImportCommand,
  ...aliasCommands,
  ...grantCommands,
  ...queueCommands,
  traceCommand,
  sendCommand,
  doctorCommand,
  ...safetyCommands,
  demoCommand,
  ...configCommands,
  helpCommand,
  versionCommand,
];
