// The object store as the cluster uses it: objects that are written once, under a number of their own, read in ranges,
// and removed. What may pass is tried again; then callers hear storage-failed, temporary, and the log hears why. An
// object's number is its segment's without the sign.
import { createHash } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';
import { MailError } from '../../../base/errors/mail-error.ts';
import { type HttpAnswer, type HttpCall, HttpClient, HttpFault } from '../../../base/http/http-client.ts';
import type { Log } from '../../../base/log.ts';
import { OBJECT_FAULT_MAX_BYTES, OBJECT_RETRIES_MAX, OBJECT_RETRY_PAUSE_MS, OBJECT_TRYING_MAX_MS } from './limits.ts';
import { type ObjectAddress, objectUrl } from './object-address.ts';
import type { ObjectKeys } from './object-keys.ts';
import { EMPTY_BODY_HASH, signRequest, type SigningKeys } from './sign-request.ts';

export interface ObjectStoreOptions {
  readonly address: ObjectAddress;
  readonly keys: ObjectKeys;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
}

/** What is to be stored: read again from its start when a request is repeated. */
export interface ObjectBody {
  readonly length: number;
  /** SHA-256 in hexadecimal. */
  readonly hash: string;
  readonly read: () => Uint8Array | AsyncIterable<Uint8Array>;
}

/** A body that is in memory. */
export function bodyOf(octets: Uint8Array): ObjectBody {
  return {
    length: octets.length,
    hash: createHash('sha256').update(octets).digest('hex'),
    read: () => octets,
  };
}

interface Request {
  readonly method: HttpCall['method'];
  readonly segment: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: ObjectBody;
  /** Octets [start, end) are wanted, or as many of them as the object has. */
  readonly range?: { readonly start: number; readonly end: number };
}

const OK = new Set([200, 204, 206]);
/** Of requests that may be good in a moment. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** One per thread. */
export class ObjectStore {
  readonly #options: ObjectStoreOptions;
  readonly #http: HttpClient;
  readonly #signingKeys: SigningKeys = new Map();

  constructor(options: ObjectStoreOptions) {
    this.#options = options;
    this.#http = new HttpClient(options.clock);
  }

  /** Resolves when the object is durable. */
  async put(segment: number, body: ObjectBody): Promise<void> {
    await this.#request({ method: 'PUT', segment, headers: { 'content-length': String(body.length) }, body });
  }

  /** Octets [start, end) of an object, or up to where it ends; null when it is not there, or ends before `start`. */
  async get(segment: number, start: number, end: number): Promise<Buffer | null> {
    const headers = { range: `bytes=${start}-${end - 1}` };
    const answer = await this.#request({ method: 'GET', segment, headers, range: { start, end } });
    return answer === null ? null : answer.body;
  }

  /** The length of an object; null when it is not there. */
  async length(segment: number): Promise<number | null> {
    const answer = await this.#request({ method: 'HEAD', segment });
    return answer === null ? null : Number(answer.headers['content-length'] ?? Number.NaN);
  }

  /** Removes an object, if it is there. */
  async remove(segment: number): Promise<void> {
    await this.#request({ method: 'DELETE', segment });
  }

  close(): void {
    this.#http.close();
  }

  /** Its answer; null: 404. Rejects with MailError after repetitions that did not help. */
  async #request(request: Request): Promise<HttpAnswer | null> {
    const { log, clock, random } = this.#options;
    const fields = { request: request.method, object: objectName(request.segment) };
    const startedMs = clock.monotonic();
    for (let retries = 0; ; retries++) {
      const fault = await this.#attempt(request);
      if (!('fault' in fault)) return fault.answer;
      const tooLate = clock.monotonic() - startedMs >= OBJECT_TRYING_MAX_MS;
      if (!fault.passing || tooLate || retries >= OBJECT_RETRIES_MAX) {
        log.error({ ...fields, fault: fault.fault, retries }, 'the object store does not do its work');
        throw new MailError('storage-failed', 'storage failed, try again later', { temporary: true, details: fields });
      }
      log.debug({ ...fields, fault: fault.fault }, 'a request to the object store is repeated');
      const pauseMs = OBJECT_RETRY_PAUSE_MS * 2 ** retries * (0.5 + random() / 2);
      await new Promise<void>((resolve) => void clock.after(pauseMs, resolve));
    }
  }

  /** `fault` is for the log: it has nothing of keys, headers or answers but the store's code. */
  async #attempt(request: Request): Promise<{ answer: HttpAnswer | null } | { fault: string; passing: boolean }> {
    const { address, keys, clock } = this.#options;
    const { method, segment, headers = {}, body, range = { start: 0, end: 0 } } = request;
    const url = objectUrl(address, objectName(segment));
    const unsigned = { method, url, headers, bodyHash: body?.hash ?? EMPTY_BODY_HASH };
    const signing = { keys, region: address.region, nowMs: clock.now(), cache: this.#signingKeys };
    const signed = await signRequest(unsigned, signing);
    let answer: HttpAnswer;
    try {
      const given = body === undefined ? {} : { body: body.read() };
      const answerMaxBytes = Math.max(range.end - range.start, OBJECT_FAULT_MAX_BYTES);
      answer = await this.#http.call({ method, url, headers: signed, ...given, answerMaxBytes });
    } catch (error) {
      // Else the source of the body has failed.
      if (error instanceof HttpFault) return { fault: error.message, passing: error.kind !== 'too-long' };
      throw error;
    }
    const isMissing = answer.status === 404 && codeOf(answer) !== 'NoSuchBucket' && method !== 'PUT';
    if (isMissing || answer.status === 416) return { answer: null };
    if (!OK.has(answer.status))
      return { fault: `${answer.status} ${codeOf(answer)}`.trim(), passing: PASSING.has(answer.status) };
    if (method === 'GET' && !isWhole(answer, range))
      return { fault: `${answer.status}, ${answer.body.length} octets: not what was asked for`, passing: true };
    return { answer };
  }
}

/** The name of a segment's object. Numbers come from the clock; stores that split by name do not want them in order. */
function objectName(segment: number): string {
  return `${String(-segment).split('').toReversed().join('')}.seg`;
}

/** Whether an answer has the range, as far as the object has it, and says so (RFC 9110 §14.4). */
function isWhole({ status, headers, body }: HttpAnswer, { start, end }: { start: number; end: number }): boolean {
  const [, first, last, length] = /^bytes (\d+)-(\d+)\/(\d+)$/u.exec(String(headers['content-range'] ?? '')) ?? [];
  const until = Math.min(end, Number(length));
  return status === 206 && Number(first) === start && Number(last) === until - 1 && body.length === until - start;
}

/** The code in an answer that says what went wrong; '' when there is none. The rest of it may hold keys. */
function codeOf(answer: HttpAnswer): string {
  return /<Code>([A-Za-z]{1,64})<\/Code>/u.exec(answer.body.toString('latin1'))?.[1] ?? '';
}
