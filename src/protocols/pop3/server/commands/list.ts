// LIST and UIDL, RFC 1939 §5 and §7. Long listings are written in stretches, with the client setting the pace.
import type { Pop3CommandOf } from '../../commands.ts';
import type { Pop3Dialog } from '../dialog.ts';

/** Sizes of one or all messages. */
export function runList(dialog: Pop3Dialog, command: Pop3CommandOf<'LIST'>): void | Promise<void> {
  return answer(dialog, command.message, (index) => String(dialog.maildrop.size(index)));
}

/** Unique-ids of one or all messages. */
export function runUidl(dialog: Pop3Dialog, command: Pop3CommandOf<'UIDL'>): void | Promise<void> {
  return answer(dialog, command.message, (index) => dialog.maildrop.uidl(index));
}

function answer(dialog: Pop3Dialog, message: number | null, show: (index: number) => string): void | Promise<void> {
  if (message === null) {
    dialog.ok(`${dialog.messagesLeft} messages`);
    return listFrom(dialog, 0, show);
  }
  const index = dialog.requireMessage(message);
  if (index >= 0) dialog.ok(`${message} ${show(index)}`);
  return undefined;
}

function listFrom(dialog: Pop3Dialog, start: number, show: (index: number) => string): void | Promise<void> {
  const { output, maildrop } = dialog;
  for (let index = start; index < maildrop.count; index++) {
    if (dialog.isDeleted(index)) continue;
    output.line(`${index + 1} ${show(index)}`);
    if (output.full) return continueFrom(dialog, index + 1, show);
  }
  output.line('.');
  return undefined;
}

async function continueFrom(dialog: Pop3Dialog, start: number, show: (index: number) => string): Promise<void> {
  await dialog.output.drained();
  if (!dialog.transport.closed) await listFrom(dialog, start, show);
}
