// The outbound queue as people look at it and command it. A running queue runner hears of commands; without one the
// store alone is told, and the runner reads it when it starts.
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { formatQueueId, parseQueueId } from '../../base/ids/queue-id.ts';
import { domainKey } from '../../formats/address/domain.ts';
import type { QueueCommand, QueueSelection } from '../../storage/queue-store.ts';
import { findQueueItem } from '../../storage/records/queue.ts';
import { listQueue, sumQueue, type QueueLine } from '../../storage/records/queue-listing.ts';
import { QUEUE_KEYS_MAX } from '../../storage/limits.ts';
import { CommandError } from '../cli/command.ts';
import { requireAccount } from './accounts.ts';
import type { AdminContext } from './admin-context.ts';
import { PAGE_RECORDS_MAX } from './limits.ts';
import { operation, type ArgumentsOf } from './operation.ts';
import { timeOfUnitId } from '../../storage/unit-ids.ts';

/** Nothing given is the whole queue. */
const SELECTION = { id: 'text?', domain: 'text?', recipient: 'text?', sender: 'text?', account: 'text?' } as const;

const COMMANDS: readonly QueueCommand[] = ['hold', 'release', 'retry', 'expire', 'remove'];

async function readSelection({ store }: AdminContext, args: ArgumentsOf<typeof SELECTION>): Promise<QueueSelection> {
  return {
    ...(args.id === null ? {} : { unitId: requireUnitId(args.id) }),
    ...(args.domain === null ? {} : { domain: domainKey(args.domain) }),
    ...(args.recipient === null ? {} : { recipient: args.recipient }),
    ...(args.sender === null ? {} : { reversePath: args.sender === '<>' ? '' : args.sender }),
    ...(args.account === null ? {} : { accountId: (await requireAccount(store.read, args.account)).id }),
  };
}

function requireUnitId(text: string): number {
  try {
    return parseQueueId(text);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    throw new CommandError(`'${text}' is no queue id; 'postroad queue list' shows them`);
  }
}

export interface QueueLineFacts extends Omit<QueueLine, 'unitId'> {
  readonly id: string;
  readonly acceptedAtMs: number;
}

function factsOf({ unitId, ...line }: QueueLine): QueueLineFacts {
  return { id: formatQueueId(unitId), acceptedAtMs: timeOfUnitId(unitId), ...line };
}

export const listQueuePage = operation(
  { ...SELECTION, afterId: 'text?', afterDomain: 'text?', limit: 'number?' },
  async (context, args) => {
    const limit = Math.max(1, Math.min(args.limit ?? PAGE_RECORDS_MAX, PAGE_RECORDS_MAX));
    const after =
      args.afterId === null ? null : { unitId: requireUnitId(args.afterId), domain: args.afterDomain ?? '' };
    const lines = await listQueue(context.store.read, await readSelection(context, args), after, limit);
    return { lines: lines.map(factsOf), more: lines.length === limit };
  },
);

export const countQueue = operation({}, async ({ store }) => {
  const { messages, recipients, held, oldestUnitId } = await sumQueue(store.read);
  return { messages, recipients, held, oldestAtMs: oldestUnitId === null ? null : timeOfUnitId(oldestUnitId) };
});

export const showQueued = operation({ id: 'text' }, async ({ store }, args) => {
  const unitId = requireUnitId(args.id);
  const lines = await listQueue(store.read, { unitId }, null, PAGE_RECORDS_MAX);
  const items = await Promise.all(lines.map(({ domain }) => findQueueItem(store.read, { unitId, domain })));
  const message = items.find((item) => item !== null)?.message;
  if (message === undefined)
    throw new CommandError(`nothing with the id ${args.id} waits; 'postroad trace ${args.id}' tells what became of it`);
  const keys = lines.map((line, index) => ({ ...factsOf(line), recipients: items[index]?.recipients ?? [] }));
  return { id: formatQueueId(unitId), message, keys };
});

export const commandQueue = operation({ command: 'text', ...SELECTION }, async (context, args, onProgress) => {
  const command = COMMANDS.find((each) => each === args.command);
  if (command === undefined) throw new CommandError(`'${args.command}' is no command; say ${COMMANDS.join(', ')}`);
  const selection = await readSelection(context, args);
  if (context.relayCommand !== null) return { changed: await context.relayCommand(command, selection) };
  const options = { limit: QUEUE_KEYS_MAX, nowMs: context.clock.now() };
  let changed = 0;
  for (;;) {
    const page = await context.store.execute('queue.command', command, selection, options);
    changed += page.length;
    if (page.length < QUEUE_KEYS_MAX) return { changed };
    onProgress({ what: command, done: changed, total: 0 });
  }
});
