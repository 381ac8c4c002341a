import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { MailError } from '../errors/mail-error.ts';
import { silentLog, type Log } from '../log.ts';
import { answerPort, createPortCaller } from './port-calls.ts';

function pair(answer: (question: number) => Promise<number>, log: Log = silentLog) {
  const { port1, port2 } = new MessageChannel();
  answerPort(port1, answer, log);
  return createPortCaller<number, number>(port2);
}

test('answers find their questions, in any order', async () => {
  const waiting = new Map<number, (answer: number) => void>();
  const caller = pair((question) => {
    const answer = new Promise<number>((resolve) => waiting.set(question, resolve));
    if (waiting.size === 2) for (const key of [2, 1]) waiting.get(key)!(key * 10);
    return answer;
  });
  assert.deepEqual(await Promise.all([caller.call(1), caller.call(2)]), [10, 20]);
  caller.close();
});

test('a MailError crosses with its code, without its details', async () => {
  const refusal = new MailError('rate-limited', 'Too often.', { temporary: true, details: { secret: 1 } });
  const caller = pair(() => Promise.reject(refusal));
  await assert.rejects(caller.call(1), (error) => {
    assert.ok(error instanceof MailError);
    assert.deepEqual([error.code, error.publicText, error.temporary], ['rate-limited', 'Too often.', true]);
    assert.deepEqual(error.details, {});
    return true;
  });
  caller.close();
});

test('any other error stays in the log of the answering side', async () => {
  const lines: string[] = [];
  const log = { ...silentLog, error: (_: unknown, text: string) => void lines.push(text) };
  const caller = pair(() => Promise.reject(new Error('/secret/path')), log);
  await assert.rejects(caller.call(1), { code: 'internal', temporary: true, message: /^(?!.*secret)/ });
  assert.deepEqual(lines, ['a call from another thread failed']);
  caller.close();
});

test('a closed port fails what waits and what comes later', async () => {
  const caller = pair(() => new Promise(() => {}));
  const waiting = caller.call(1);
  caller.close();
  await assert.rejects(waiting, { code: 'internal', temporary: true });
  await assert.rejects(caller.call(2), { code: 'internal', temporary: true });
});
