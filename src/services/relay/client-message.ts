// From a queued message to what the SMTP client sends.
import type { ClientMessage, MessageBody } from '../../protocols/smtp/index.ts';
import type { QueueStore } from '../../storage/queue-store.ts';
import type { Job, JobRecipient } from './job.ts';

/** The message for these recipients, with what is left of its DELIVERBY time (RFC 2852 §4). */
export function clientMessage(
  job: Job,
  recipients: readonly JobRecipient[],
  { body, nowMs }: { body: MessageBody; nowMs: number },
): ClientMessage {
  const { message } = job;
  const { deliverBy } = message;
  return {
    reversePath: message.reversePath,
    recipients: recipients.map((target) => target.recipient),
    body,
    bodyType: message.body,
    smtputf8: message.smtputf8,
    requiretls: message.requiretls,
    ret: message.ret,
    envid: message.envid,
    priority: message.priority,
    deliverBy:
      deliverBy === null
        ? null
        : { seconds: Math.round((deliverBy.atMs - nowMs) / 1000), mode: deliverBy.mode, trace: deliverBy.trace },
  };
}

/** The octets of a job: in memory when they are, else read while they are sent. */
export function jobBody(job: Job, store: Pick<QueueStore, 'readBody'>): MessageBody {
  const { place, body } = job;
  return { length: place.length, octets: body, read: (start, end) => store.readBody(place, start, end) };
}
