// `postroad queue …`: what waits to be sent, and commands to it.
import type { QueueLineFacts } from '../../admin/queue.ts';
import { withAdministration } from '../administration.ts';
import {
  CommandError,
  UsageError,
  flagOption,
  textOption,
  type Command,
  type CommandContext,
  type OptionSpec,
} from '../command.ts';
import { aboutSize, aboutTime, count, formatTable, plainText } from '../table.ts';

const SELECTION: Readonly<Record<string, OptionSpec>> = {
  domain: { type: 'string', value: 'DOMAIN', doc: 'What goes to this domain.' },
  recipient: { type: 'string', value: 'ADDRESS', doc: 'What goes to this address.' },
  sender: { type: 'string', value: 'ADDRESS', doc: 'What this envelope sender sent; <> is reports.' },
  account: { type: 'string', value: 'ADDRESS', doc: 'What this account submitted.' },
};

interface Selection {
  readonly domain: string | null;
  readonly recipient: string | null;
  readonly sender: string | null;
  readonly account: string | null;
}

function readSelection(context: CommandContext): Selection {
  const option = (name: string): string | null => textOption(context, name);
  return {
    domain: option('domain'),
    recipient: option('recipient'),
    sender: option('sender'),
    account: option('account'),
  };
}

const NOTHING_WAITS = "nothing waits; 'postroad trace' shows what has gone";
const LINES_SHOWN = 100;
const LINES_MAX = 1_000_000;

const listCommand: Command = {
  name: 'queue list',
  synopsis: '',
  summary: 'Lists what waits to be sent, the oldest first',
  options: {
    ...SELECTION,
    limit: { type: 'string', value: 'N', doc: `At most so many lines; default ${LINES_SHOWN}.` },
  },
  async run(context) {
    const limit = Number(textOption(context, 'limit') ?? LINES_SHOWN);
    if (!Number.isInteger(limit) || limit < 1 || limit > LINES_MAX)
      throw new UsageError(`--limit wants a number from 1 to ${LINES_MAX}`);
    const { lines, sums } = await withAdministration(context, async (call) => {
      const found: QueueLineFacts[] = [];
      for (;;) {
        const last = found.at(-1);
        const after = { afterId: last?.id ?? null, afterDomain: last?.domain ?? null };
        const page = await call('queue.list', { ...readSelection(context), ...after, limit: limit - found.length });
        found.push(...page.lines);
        if (!page.more || found.length >= limit) return { lines: found, sums: await call('queue.count', {}) };
      }
    });
    context.show({ lines, ...sums }, [linesText(lines), sumsText(sums, lines.length)].join('\n').trimEnd());
  },
};

function linesText(lines: readonly QueueLineFacts[]): string {
  const nowMs = Date.now();
  const rows = lines.map((line) => [
    line.id,
    aboutTime(nowMs - line.acceptedAtMs),
    aboutSize(line.length),
    line.reversePath === '' ? '<>' : line.reversePath,
    line.waiting === 1 ? line.recipient : `${line.waiting} at ${line.domain}`,
    stateText(line, nowMs),
    (line.reply ?? '').slice(0, 60),
  ]);
  return formatTable(['ID', 'AGE', 'SIZE', 'FROM', 'TO', 'NEXT', 'LAST ANSWER'], rows, NOTHING_WAITS);
}

function stateText({ held, nextAtMs, attempts }: QueueLineFacts, nowMs: number): string {
  const tried = attempts === 0 ? '' : `, tried ${attempts}×`;
  if (held) return `held${tried}`;
  return `${nextAtMs <= nowMs ? 'now' : `in ${aboutTime(nextAtMs - nowMs)}`}${tried}`;
}

function sumsText(
  { messages, recipients, held }: { messages: number; recipients: number; held: number },
  shown: number,
): string {
  if (messages === 0) return '';
  return `${count(messages, 'message')}, ${count(recipients, 'recipient')}${held === 0 ? '' : ` (${held} held)`}; ${count(shown, 'line')} shown`;
}

const showCommand: Command = {
  name: 'queue show',
  synopsis: 'ID',
  summary: 'Shows one message that waits: its terms, its recipients, what was last said about each',
  words: { min: 1, max: 1 },
  async run(context) {
    const found = await withAdministration(context, (call) => call('queue.show', { id: context.words[0] ?? '' }));
    const nowMs = Date.now();
    const { message } = found;
    const head = [
      `${found.id}  from ${plainText(message.reversePath === '' ? '<>' : message.reversePath)}`,
      `accepted ${new Date(message.queuedAtMs).toISOString()}, given up ${new Date(message.expiresAtMs).toISOString()}`,
    ];
    const rows = found.keys.flatMap((key) =>
      key.recipients.map((recipient) => [recipient.forwardPath, stateText(key, nowMs), recipient.lastReply ?? '-']),
    );
    context.show(found, [...head, formatTable(['TO', 'NEXT', 'LAST ANSWER'], rows, 'nobody waits')].join('\n'));
  },
};

const DONE: Readonly<Record<string, string>> = {
  retry: 'is tried now',
  hold: 'is held',
  release: 'is released',
  remove: 'was removed',
  expire: 'was given up',
};

const commandOf = (command: string, summary: string, doc: string): Command => ({
  name: `queue ${command}`,
  synopsis: '[ID…]',
  summary,
  doc: `${doc} Name ids, or choose by options (all given must fit), or say --all.`,
  words: { min: 0, max: 10_000 },
  options: { ...SELECTION, all: { type: 'boolean', doc: 'The whole queue.' } },
  async run(context) {
    const selection = readSelection(context);
    const isChosen = Object.values(selection).some((value) => value !== null);
    const isAll = flagOption(context, 'all');
    if (context.words.length === 0 && !isChosen && !isAll) {
      throw new UsageError(
        "say which: ids, --domain, --recipient, --sender, --account, or --all; 'postroad queue list' shows them",
      );
    }
    if (isAll && (isChosen || context.words.length > 0)) throw new UsageError('--all goes with nothing else');
    const changed = await withAdministration(context, async (call) => {
      let sum = 0;
      for (const id of context.words.length === 0 ? [null] : context.words) {
        sum += (await call('queue.command', { command, id, ...selection })).changed;
      }
      return sum;
    });
    // "retry all" of an empty queue is no failure; an id that is not there is.
    if (changed === 0 && context.words.length > 0)
      throw new CommandError(`nothing that this changes waits under ${context.words.join(', ')}`);
    context.show({ changed }, changed === 0 ? 'nothing to do' : `${count(changed, 'destination')}: ${DONE[command]}`);
  },
});

export const queueCommands: readonly Command[] = [
  listCommand,
  showCommand,
  commandOf('retry', 'Tries again at once', 'Held mail stays held.'),
  commandOf('hold', 'Stops attempts until release', 'What is on the wire just then is still finished.'),
  commandOf('release', 'Ends a hold', 'Attempts go on by the schedule.'),
  commandOf(
    'remove',
    'Takes mail out of the queue, and tells nobody',
    'With --recipient only that recipient is taken out.',
  ),
  commandOf('expire', 'Gives up; the sender gets a report', 'As if its time had passed.'),
];
