// What a command is: where it may be used, how its arguments read, what it does. One file in commands/ for each.
import type { MaybePromise } from '../../../base/async/maybe-promise.ts';
import type { CommandCursor } from '../grammar/cursor.ts';
import type { ImapDialog } from './dialog.ts';
import type { Outcome } from './outcome.ts';

/** 'authenticated' includes the selected state. */
export type CommandPhase = 'any' | 'not-authenticated' | 'authenticated' | 'selected';

export interface CommandSpec<T> {
  readonly phase: CommandPhase;
  /** Reads the arguments from behind the command's name to the end of the line. Throws SyntaxFault. */
  readonly parse: (cursor: CommandCursor, dialog: ImapDialog) => T;
  /** Does it. Untagged responses are written on the way; what it gives becomes the tagged line. */
  readonly run: (dialog: ImapDialog, args: T) => MaybePromise<Outcome>;
  /**
   * What may be told of the selected mailbox before the tagged line (RFC 9051 §7.5.1): 'all', 'no-expunge' for commands
   * that name sequence numbers, 'nothing' where there is no such mailbox or the command tells by itself.
   */
  readonly news: 'all' | 'no-expunge' | 'nothing';
}

/** A spec whose arguments only it knows. */
export type AnyCommand = CommandSpec<unknown>;

/** Ties `parse` and `run` together and forgets the type of the arguments. */
export function command<T>(spec: CommandSpec<T>): AnyCommand {
  return spec as AnyCommand;
}

/** For commands without arguments. */
export function noArguments(cursor: CommandCursor): null {
  cursor.end();
  return null;
}
