// THREAD ORDEREDSUBJECT, RFC 5256 §3: messages of one base subject are a thread, the oldest above the others.
import { compareSent, type ThreadedMessage, type ThreadNode } from './thread-tree.ts';

/** The threads in the order of their oldest messages. */
export function threadByOrderedSubject(messages: readonly ThreadedMessage[]): ThreadNode[] {
  const threads = new Map<string, ThreadedMessage[]>();
  for (const message of messages.toSorted(compareSent)) {
    const thread = threads.get(message.subject);
    if (thread === undefined) threads.set(message.subject, [message]);
    else thread.push(message);
  }
  return Array.from(threads.values(), ([first, ...rest]) => ({
    uid: first!.uid,
    children: rest.map(({ uid }) => ({ uid, children: [] })),
  }));
}
