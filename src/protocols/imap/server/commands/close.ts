// CLOSE and UNSELECT, RFC 9051 §6.4.1 and §6.4.2.
import { command, noArguments } from '../command-spec.ts';
import { ok } from '../outcome.ts';

export const CLOSE = command({
  phase: 'selected',
  parse: noArguments,
  async run(dialog) {
    const { mailbox } = dialog.view;
    if (!mailbox.readOnly && mailbox.rights.includes('e')) await mailbox.expunge(null);
    dialog.unselect();
    return ok('Closed');
  },
  news: 'nothing',
});

export const UNSELECT = command({
  phase: 'selected',
  parse: noArguments,
  run(dialog) {
    dialog.unselect();
    return ok('Closed');
  },
  news: 'nothing',
});
