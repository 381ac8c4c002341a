// The program: hands the words of the command line to the command they name.
import { COMMANDS } from './app/cli/commands.ts';
import { processHost } from './app/cli/process-host.ts';
import { runCommandLine } from './app/cli/run-command-line.ts';

// What the house writes is for its own user; the drop folder says otherwise where it must.
process.umask(0o077);
process.exitCode = await runCommandLine(process.argv.slice(2), COMMANDS, processHost());
