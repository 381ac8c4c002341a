// `postroad trace`: the road of a message, hop by hop.
import { formatTraces } from '../../../services/journey/trace-text.ts';
import { withAdministration } from '../administration.ts';
import { CommandError, UsageError, textOption, type Command } from '../command.ts';

const NEWEST_SHOWN = 10;

export const traceCommand: Command = {
  name: 'trace',
  synopsis: '[MESSAGE-ID|ADDRESS|QUEUE-ID]',
  summary: 'Shows the road of messages: who brought them, where they went, what was said; without a word the newest',
  words: { min: 0, max: 1 },
  options: {
    as: { type: 'string', value: 'ACCOUNT', doc: 'Only what this account may see.' },
    limit: { type: 'string', value: 'N', doc: `At most so many messages, the newest first; default ${NEWEST_SHOWN}.` },
  },
  async run(context) {
    const limit = Number(textOption(context, 'limit') ?? NEWEST_SHOWN);
    if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit wants a number above 0');
    const query = context.words[0] ?? null;
    const traces = await withAdministration(context, (call) =>
      call('trace', { query, viewer: textOption(context, 'as'), limit }),
    );
    if (traces.length === 0 && query !== null)
      throw new CommandError(`no message is known by '${query}'; its journey may have been purged`);
    const colours =
      (context.host.stdout as { isTTY?: boolean }).isTTY === true && context.host.env['NO_COLOR'] === undefined;
    context.show(traces, traces.length === 0 ? 'no messages yet' : formatTraces(traces, { colours }));
  },
};
