// Postfix's own load generators: smtp-source, which sends without pipelining, and smtp-sink, which takes and forgets.
import { findProgram, runProgram, startProgram, stopProcess } from '../servers/programs.ts';
import { type Endpoint, freePort } from '../servers/server.ts';

export interface SourceLoad {
  readonly to: Endpoint;
  readonly recipient: string;
  readonly messages: number;
  /** Payload of each message, without its header. */
  readonly octets: number;
  readonly sessions: number;
  /** One connection for all messages of a session, or one for each message. */
  readonly reuse: boolean;
  /** Recipients of each message, default 1: a number is put before the address. */
  readonly recipients?: number;
}

/** Sends the messages; resolves when the last was answered. Fails when one was refused. */
export async function runSmtpSource(load: SourceLoad): Promise<void> {
  const args = ['-4', '-M', 'load.test', '-f', 'sender@load.test', '-t', load.recipient];
  args.push('-m', `${load.messages}`, '-l', `${load.octets}`, '-s', `${Math.min(load.sessions, load.messages)}`);
  if (load.reuse) args.push('-d');
  if (load.recipients !== undefined) args.push('-r', `${load.recipients}`);
  args.push(`inet:${load.to.host}:${load.to.port}`);
  await runProgram(findProgram('smtp-source', 'postfix'), args);
}

export interface Sink {
  readonly port: number;
  /** Messages taken so far. */
  readonly messages: number;
  /** When the count last changed, by performance.now(). */
  readonly lastAt: number;
  stop(): Promise<void>;
}

const SINK_BACKLOG = 1000;

/** Starts smtp-sink on every loopback address of one port. */
export async function startSmtpSink(options: readonly string[] = []): Promise<Sink> {
  const port = await freePort();
  const args = ['-4', '-c', '-u', 'nobody', ...options, `inet:0.0.0.0:${port}`, `${SINK_BACKLOG}`];
  const child = startProgram(findProgram('smtp-sink', 'postfix'), args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const sink = {
    port,
    messages: 0,
    lastAt: performance.now(),
    stop: () => stopProcess(child.pid ?? 0),
  };
  child.stdout?.on('data', (chunk: Buffer) => {
    const text = chunk.toString('latin1');
    const from = text.lastIndexOf('mesg=');
    const count = from < 0 ? 0 : Number.parseInt(text.slice(from + 5), 10);
    if (count <= sink.messages) return;
    sink.messages = count;
    sink.lastAt = performance.now();
  });
  return sink;
}
