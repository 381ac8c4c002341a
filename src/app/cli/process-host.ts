// The real process as a CommandHost.
import type { CommandHost } from './command.ts';

/** The host of the running process. A reader that goes away (`| head`) ends the output quietly. */
export function processHost(): CommandHost {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    folder: process.cwd(),
  };
}
