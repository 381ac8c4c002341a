// The way of commands to administration. What is heavy is imported only when a command needs it.
import type { AdminCall } from '../admin/operations.ts';
import type { CommandContext } from './command.ts';

/** Runs `use` with a way to carry out operations: in the running server, or on the data folder itself when none runs. */
export async function withAdministration<T>(context: CommandContext, use: (call: AdminCall) => Promise<T>): Promise<T> {
  const { openAdministration } = await import('../admin/open-administration.ts');
  const administration = await openAdministration(context.config());
  try {
    return await use(administration.call);
  } finally {
    await administration.close();
  }
}
