// The journeys of messages, as an administrator sees them.
import { TRACE_JOURNEYS_MAX } from '../../services/journey/limits.ts';
import { traceMessages } from '../../services/journey/trace.ts';
import { requireAccount } from './accounts.ts';
import { operation } from './operation.ts';

/** `query`: a message id, an address or a queue id; missing: the newest. `viewer`: as this account would see it. */
export const trace = operation({ query: 'text?', viewer: 'text?', limit: 'number?' }, async ({ store }, args) => {
  const account = args.viewer === null ? null : await requireAccount(store.read, args.viewer);
  return await traceMessages(store, {
    query: args.query,
    viewer: { accountId: account?.id ?? null },
    limit: Math.max(1, Math.min(args.limit ?? TRACE_JOURNEYS_MAX, TRACE_JOURNEYS_MAX)),
  });
});
