// An object store for tests, in this process: PUT, GET with a range, HEAD and DELETE of objects in one bucket, in memory.
// Every signature and every body's hash is checked, by code that shares nothing with ours. Faults are given by the test.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export const TEST_ACCESS_KEY = 'AKIDEXAMPLE0TEST';
export const TEST_SECRET_KEY = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const REGION = 'eu-test-1';
const BUCKET = 'mail';

/** What happens instead of the right answer. `hang`: none comes; `reset`: the connection breaks; `cut`: half a body. */
export type ObjectFault = 'hang' | 'reset' | 'cut' | 'short' | { readonly status: number; readonly code: string };

export interface ObjectRequest {
  readonly method: string;
  readonly name: string;
  readonly range: string | undefined;
}

/** A running store. */
export class ObjectServer {
  readonly objects = new Map<string, Buffer>();
  /** Requests that were answered as they should be. */
  readonly requests: ObjectRequest[] = [];
  /** Asked before each answer; null: none. */
  fault: (request: ObjectRequest) => ObjectFault | null = () => null;
  /** Awaited before a good PUT is carried out. */
  beforePut: () => Promise<void> = async () => {};
  /** Connections that were made. */
  connections = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.on('connection', () => this.connections++);
  }

  static async start(t: Pick<TestContext, 'after'>): Promise<ObjectServer> {
    const server = new ObjectServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.stop());
    return server;
  }

  /** `s3://…` as it is written in the configuration. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `s3://${BUCKET}/test?endpoint=http://127.0.0.1:${port}&region=${REGION}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const name = url.replace(/^\/[^/]*\//u, '');
    const asked = { method, name, range: request.headers.range };
    const fault = this.fault(asked);
    if (fault === 'hang') return;
    if (fault === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (fault !== null && typeof fault === 'object') {
      refuse(response, fault.status, fault.code);
      return;
    }
    const body = await readAll(request);
    const problem = signatureProblem(request, body);
    if (problem !== null) {
      refuse(response, 403, problem);
      return;
    }
    if (!url.startsWith(`/${BUCKET}/`)) {
      refuse(response, 404, 'NoSuchBucket');
      return;
    }
    this.requests.push(asked);
    if (method === 'PUT') {
      await this.beforePut();
      this.objects.set(name, body);
      response.writeHead(200, { etag: '"x"' }).end();
    } else if (method === 'DELETE') {
      this.objects.delete(name);
      response.writeHead(204).end();
    } else this.#read(response, asked, fault);
  }

  #read(response: ServerResponse, { method, name, range: wanted }: ObjectRequest, fault: 'cut' | 'short' | null): void {
    const object = this.objects.get(name);
    if (object === undefined) {
      refuse(response, 404, 'NoSuchKey');
      return;
    }
    const [, from, to] = /^bytes=(\d+)-(\d+)$/u.exec(wanted ?? '') ?? [];
    const part = from === undefined ? object : object.subarray(Number(from), Number(to) + 1);
    if (from !== undefined && Number(from) >= object.length) {
      refuse(response, 416, 'InvalidRange');
      return;
    }
    const half = part.subarray(0, part.length >> 1);
    const sent = fault === 'short' ? half : part;
    const last = Number(from) + part.length - 1;
    const range = from === undefined ? {} : { 'content-range': `bytes ${from}-${last}/${object.length}` };
    response.writeHead(from === undefined ? 200 : 206, { 'content-length': sent.length, ...range });
    if (method === 'HEAD') response.end();
    else if (fault === 'cut') response.write(half, () => response.destroy());
    else response.end(sent);
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  // Real stores repeat the key's id there.
  const text = `<Error><Code>${code}</Code><AWSAccessKeyId>${TEST_ACCESS_KEY}</AWSAccessKeyId></Error>`;
  response.writeHead(status, { 'content-length': text.length, connection: 'close' }).end(text);
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

function sha256(octets: Uint8Array | string): string {
  return createHash('sha256').update(octets).digest('hex');
}

function hmac(key: Uint8Array | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** What a store would say of the signature (AWS Signature Version 4); null: it is right. */
function signatureProblem(request: IncomingMessage, body: Buffer): string | null {
  const { headers, method = '', url = '' } = request;
  const given = String(headers['x-amz-content-sha256'] ?? '');
  if (given !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  const stamp = String(headers['x-amz-date'] ?? '');
  const scope = `${stamp.slice(0, 8)}/${REGION}/s3/aws4_request`;
  const form = /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/u;
  const [, credential = '', names = '', signature = ''] = form.exec(headers.authorization ?? '') ?? [];
  if (credential !== `${TEST_ACCESS_KEY}/${scope}`) return 'InvalidAccessKeyId';
  const signed = names.split(';');
  for (const needed of ['host', 'x-amz-content-sha256', 'x-amz-date'])
    if (!signed.includes(needed)) return 'AccessDenied';
  const lines = signed.map((name) => `${name}:${String(headers[name] ?? '')}\n`).join('');
  const canonical = [method, url, '', lines, names, given].join('\n');
  const key = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${TEST_SECRET_KEY}`, stamp.slice(0, 8)), REGION));
  const right = hmac(key, ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n'));
  return timingSafeEqual(right, Buffer.from(signature, 'hex')) ? null : 'SignatureDoesNotMatch';
}
