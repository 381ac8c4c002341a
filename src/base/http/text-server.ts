// A small HTTP/1.1 server of short texts by GET and HEAD, for machines that watch: no bodies taken, few connections,
// short deadlines.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../log.ts';
import { HEADER_OCTETS_MAX, HTTP_CONNECTIONS_MAX, HTTP_REQUEST_TIMEOUT_MS, KEEP_ALIVE_TIMEOUT_MS } from './limits.ts';

export interface TextAnswer {
  readonly status: number;
  /** The Content-Type; default plain text in UTF-8. */
  readonly type?: string;
  readonly text: string;
}

export interface TextServerOptions {
  /** A socket that was bound by somebody else, or an address and a port (0: the system picks one). */
  readonly listen: { readonly fd: number } | { readonly address: string; readonly port: number };
  /** Whether this client may ask at all. */
  readonly allows: (address: string) => boolean;
  /** By path, without the query. */
  readonly routes: Readonly<Record<string, () => Promise<TextAnswer> | TextAnswer>>;
  readonly log: Log;
}

export interface TextServer {
  /** What was bound; port -1 for a socket that has none. */
  readonly address: string;
  readonly port: number;
  /** Ends all connections; resolves when they are closed. */
  close(): Promise<void>;
}

const PLAIN = 'text/plain; charset=utf-8';

/** Starts the server; rejects when it cannot listen. */
export async function startTextServer(options: TextServerOptions): Promise<TextServer> {
  const server = createServer(
    {
      maxHeaderSize: HEADER_OCTETS_MAX,
      requestTimeout: HTTP_REQUEST_TIMEOUT_MS,
      headersTimeout: HTTP_REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
    (request, response) => void answer(options, request, response),
  );
  server.maxConnections = HTTP_CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const listening = (): void => {
      server.off('error', reject);
      server.on('error', (error) => options.log.error({ error }, 'the HTTP listener failed'));
      resolve();
    };
    if ('fd' in options.listen) server.listen({ fd: options.listen.fd }, listening);
    else server.listen(options.listen.port, options.listen.address, listening);
  });
  const bound = server.address() as AddressInfo | null;
  return {
    address: bound?.address ?? '',
    port: bound?.port ?? -1,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(options: TextServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, type = PLAIN, text } = await find(options, request);
  const octets = Buffer.from(text);
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': octets.length,
    'Cache-Control': 'no-store',
    ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
    // What a client sends as a body is not read.
    ...(request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined
      ? {}
      : { Connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : octets);
}

async function find({ allows, routes, log }: TextServerOptions, request: IncomingMessage): Promise<TextAnswer> {
  if (!allows(request.socket.remoteAddress ?? '')) return { status: 403, text: 'not from this address\n' };
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, text: 'GET or HEAD only\n' };
  const path = (request.url ?? '').replace(/\?.*$/u, '');
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) return { status: 404, text: 'nothing here\n' };
  try {
    return await route();
  } catch (error) {
    log.error({ error, path }, 'an HTTP answer failed');
    return { status: 500, text: 'something failed here\n' };
  }
}
