// The control socket of a running server: lines of JSON, for programs of the server's user only. A request is
// {operation, arguments}; answered by any number of {progress} and then {result} or {error: {message, exitCode}}.
import { join } from 'node:path';
import { connectLines, listenOnLines, type LineServer, type LineSocket } from '../../base/net/line-socket.ts';
import type { Log } from '../../base/log.ts';
import { CommandError, EXIT_FAILED } from '../cli/command.ts';
import type { AdminContext } from '../admin/admin-context.ts';
import type { OnProgress, Progress } from '../admin/operation.ts';
import { runOperation, type AdminCall } from '../admin/operations.ts';
import { ANSWER_MAX_OCTETS, CONTROL_CONNECTIONS_MAX, REQUEST_MAX_OCTETS } from './limits.ts';

/** Where the server of a data folder listens. */
export function controlPath(dataDir: string): string {
  return join(dataDir, 'postroad.sock');
}

interface Answer {
  readonly progress?: Progress;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly exitCode: number };
}

export interface ControlOptions {
  readonly path: string;
  readonly context: AdminContext;
  readonly log: Log;
}

/** Serves administrative operations until closed; for the main thread of the process that owns the data folder. */
export function serveControl({ path, context, log }: ControlOptions): Promise<LineServer> {
  return listenOnLines({
    path,
    lineMaxOctets: REQUEST_MAX_OCTETS,
    connectionsMax: CONTROL_CONNECTIONS_MAX,
    onConnection: (socket) => void serveConnection(socket, context, log),
  });
}

async function serveConnection(socket: LineSocket, context: AdminContext, log: Log): Promise<void> {
  const tell = (answer: Answer): Promise<boolean> => socket.send(JSON.stringify(answer));
  const undos: (() => void)[] = [];
  const own: AdminContext = { ...context, onEnd: (undo) => void undos.push(undo) };
  try {
    for await (const line of socket.lines()) {
      const onProgress: OnProgress = (progress) => void tell({ progress });
      await tell(await answerTo(line, own, { log, onProgress }));
    }
    socket.end();
  } catch (error) {
    log.warn({ err: error }, 'a control connection was broken off');
    await tell(refusal(error));
    socket.destroy();
  } finally {
    for (const undo of undos) undo();
  }
}

async function answerTo(
  line: string,
  context: AdminContext,
  { log, onProgress }: { log: Log; onProgress: OnProgress },
): Promise<Answer> {
  let operation = '';
  try {
    const request = readRequest(line);
    operation = request.operation;
    const result = await runOperation(context, request, onProgress);
    log.debug({ operation }, 'an administrative operation was carried out');
    return { result: result ?? null };
  } catch (error) {
    if (!(error instanceof CommandError)) log.error({ err: error, operation }, 'an administrative operation failed');
    return refusal(error);
  }
}

function readRequest(line: string): { operation: string; arguments: unknown } {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    throw new CommandError('the request is no JSON');
  }
  const { operation, arguments: given } = (request ?? {}) as { operation?: unknown; arguments?: unknown };
  if (typeof operation !== 'string') throw new CommandError('the request names no operation');
  return { operation, arguments: given };
}

function refusal(error: unknown): Answer {
  const message = error instanceof Error ? error.message : String(error);
  return { error: { message, exitCode: error instanceof CommandError ? error.exitCode : EXIT_FAILED } };
}

/** A connection to a running server. */
export interface ControlClient {
  readonly call: AdminCall;
  close(): void;
}

/** Connects to the server of a data folder; null when none runs. */
export async function connectControl(path: string): Promise<ControlClient | null> {
  const socket = await connectLines(path, ANSWER_MAX_OCTETS);
  if (socket === null) return null;
  const lines = socket.lines();
  const call = async (operation: string, given: unknown, onProgress?: OnProgress): Promise<unknown> => {
    const line = JSON.stringify({ operation, arguments: given });
    if (Buffer.byteLength(line) > REQUEST_MAX_OCTETS) throw new CommandError('the request is too long for the server');
    await socket.send(line);
    for (;;) {
      const next = await lines.next();
      if (next.done === true) throw new CommandError('the server ended before it answered; look into its log');
      const { progress, error, result } = JSON.parse(next.value) as Answer;
      if (error !== undefined) throw new CommandError(error.message, { exitCode: error.exitCode });
      if (progress === undefined) return result;
      onProgress?.(progress);
    }
  };
  return { call: call as AdminCall, close: () => socket.destroy() };
}
