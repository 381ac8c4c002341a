// THREAD, RFC 5256 §3, over the keys that are stored with each message.
import type { NumberSet } from '../../../formats/number-set.ts';
import { threadByOrderedSubject } from '../../../formats/thread/ordered-subject.ts';
import { threadByReferences, threadByRefs } from '../../../formats/thread/references.ts';
import type { ThreadedMessage, ThreadNode } from '../../../formats/thread/thread-tree.ts';
import type { Folder } from '../../../storage/records/folder.ts';
import type { Store } from '../../../storage/store.ts';
import { type KeyedMessage, readKeyed } from './sort-folder.ts';

export type ThreadAlgorithm = 'orderedsubject' | 'references' | 'refs';

const ALGORITHMS = {
  orderedsubject: threadByOrderedSubject,
  references: threadByReferences,
  refs: threadByRefs,
} as const;

/** The messages of `set` as conversations. */
export async function threadFolder(
  store: Store,
  folder: Folder,
  set: NumberSet,
  algorithm: ThreadAlgorithm,
): Promise<readonly ThreadNode[]> {
  return ALGORITHMS[algorithm]((await readKeyed(store, folder, set)).map(toThreaded));
}

function toThreaded({ uid, sentAtMs, keys, messageIds }: KeyedMessage): ThreadedMessage {
  const [own = '', ...references] = messageIds.split(' ');
  return {
    uid,
    messageId: own === '' ? null : own,
    references: references.filter((id) => id !== ''),
    subject: keys.subject,
    isReplyOrForward: keys.isReplyOrForward,
    sentAtMs,
  };
}
