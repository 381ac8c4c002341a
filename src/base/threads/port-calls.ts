// Questions and answers over a MessagePort: one thread owns an object, the others call it. Refusals cross as MailError;
// any other error stays in the answering thread's log, and the caller learns only that it failed.
import type { MessagePort } from 'node:worker_threads';
import type { ErrorCode } from '../errors/codes.ts';
import { MailError } from '../errors/mail-error.ts';
import type { Log } from '../log.ts';

interface Question<Q> {
  readonly id: number;
  readonly question: Q;
}

interface Refusal {
  readonly code: ErrorCode;
  readonly publicText: string;
  readonly temporary: boolean;
}

type Answer<A> =
  | { readonly id: number; readonly kind: 'answer'; readonly answer: A }
  | { readonly id: number; readonly kind: 'refusal'; readonly refusal: Refusal };

export interface PortCaller<Q, A> {
  /** Rejects with the MailError of the other side, or with `internal` when that failed or is gone. */
  call(question: Q): Promise<A>;
  close(): void;
}

function internalFailure(): MailError {
  return new MailError('internal', 'Something failed here; try again later.', { temporary: true });
}

function refusalOf(error: unknown, log: Log): Refusal {
  if (!(error instanceof MailError)) log.error({ error }, 'a call from another thread failed');
  const { code, publicText, temporary } = error instanceof MailError ? error : internalFailure();
  return { code, publicText, temporary };
}

/**
 * Answers every question that comes over `port`, until it closes. What crosses must survive structured cloning; `answer`
 * takes what the `createPortCaller` at the other end is typed to send.
 */
export function answerPort(port: MessagePort, answer: (question: never) => Promise<unknown>, log: Log): void {
  const reply = async ({ id, question }: Question<never>): Promise<void> => {
    let message: Answer<unknown>;
    try {
      message = { id, kind: 'answer', answer: await answer(question) };
    } catch (error) {
      message = { id, kind: 'refusal', refusal: refusalOf(error, log) };
    }
    port.postMessage(message);
  };
  port.on('message', (message: Question<never>) => void reply(message));
}

interface Pending<A> {
  resolve(answer: A): void;
  reject(error: MailError): void;
}

/** The calling end. The port keeps the process alive only while an answer is awaited. */
export function createPortCaller<Q, A>(port: MessagePort): PortCaller<Q, A> {
  const pending = new Map<number, Pending<A>>();
  let lastId = 0;
  let closed = false;
  const take = (id: number): Pending<A> | undefined => {
    const entry = pending.get(id);
    pending.delete(id);
    if (pending.size === 0) port.unref();
    return entry;
  };
  port.on('message', (message: Answer<A>) => {
    const entry = take(message.id);
    if (message.kind === 'answer') entry?.resolve(message.answer);
    else entry?.reject(new MailError(message.refusal.code, message.refusal.publicText, message.refusal));
  });
  port.on('close', () => {
    closed = true;
    for (const id of pending.keys()) take(id)?.reject(internalFailure());
  });
  port.unref();
  return {
    call: (question) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(internalFailure());
        const id = ++lastId;
        pending.set(id, { resolve, reject });
        port.ref();
        port.postMessage({ id, question } satisfies Question<Q>);
      }),
    close: () => port.close(),
  };
}
