// A node's hub, one per process: it tells this node's threads what each of them commits, the other nodes to look, and
// looks itself at what they did. Notes are read from the oldest transaction that was still running at the last look, so
// what commits late is not missed; no notification is needed for that, they only make it soon.
import type { MessagePort } from 'node:worker_threads';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { PostgresConnection, type ConnectionOptions } from '../sql/postgres-connection.ts';
import type { QueueArrival } from '../queue-store.ts';
import type { Change } from '../store.ts';
import { bringForward } from './cluster-schema.ts';
import type { FromHub, ToHub, Wants } from './hub-messages.ts';
import { LISTEN_RETRY_MS, LOOK_INTERVAL_MS, NOTIFY_INTERVAL_MS } from './limits.ts';
import { NoteReader } from './note-reader.ts';

export interface HubOptions {
  readonly connection: Omit<ConnectionOptions, 'onNotification' | 'onEnd'>;
  /** Different for every node; a positive safe integer. */
  readonly node: number;
  readonly clock: Clock;
  readonly log: Log;
}

interface HubClient {
  readonly port: MessagePort;
  wants: Wants;
}

const CHANNEL = 'postroad';

/** Brings the database's schema forward when it is opened. */
export class ClusterHub {
  readonly #options: HubOptions;
  readonly #clients = new Set<HubClient>();
  readonly #notes: NoteReader;
  /** Shared by all threads of the node; who commits a change of the directory counts it up. */
  readonly #directoryVersion = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #connection: PostgresConnection | null = null;
  #arrivalsWanted = false;
  /** What was committed here and the other nodes were not told of. */
  #untold = false;
  #toldAtMs = -Infinity;
  #tellTimer: Timer | null = null;
  #lookTimer: Timer | null = null;
  #looking: Promise<void> | null = null;
  #lookAgain = false;
  #closed = false;

  private constructor(options: HubOptions, connection: PostgresConnection) {
    this.#options = options;
    this.#notes = new NoteReader(options.node);
    this.#connection = connection;
  }

  static async open(options: HubOptions): Promise<ClusterHub> {
    // Declared first: what is heard while it is being made is looked at after that.
    const later: { hub: ClusterHub | null } = { hub: null };
    const connection = await connect(options, later);
    try {
      await bringForward(connection);
      const hub = new ClusterHub(options, connection);
      later.hub = hub;
      await connection.execute(`LISTEN ${CHANNEL}`);
      await hub.#notes.start(connection);
      hub.#planLook();
      return hub;
    } catch (error) {
      connection.drop();
      throw error;
    }
  }

  /** Serves the store at the other end of `port` until it closes. */
  attach(port: MessagePort): void {
    const client: HubClient = { port, wants: { changes: false, directory: false, arrivals: false } };
    this.#clients.add(client);
    port.on('message', (message: ToHub) => this.#receive(client, message));
    port.on('close', () => {
      this.#clients.delete(client);
      this.#noteWanted();
    });
    post(client, { kind: 'welcome', node: this.#options.node, directoryVersion: this.#directoryVersion });
    post(client, { kind: 'arrivals-wanted', wanted: this.#arrivalsWanted });
  }

  /** Tells the others what is still untold. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#tellTimer?.cancel();
    this.#lookTimer?.cancel();
    await this.#looking;
    if (this.#untold) await this.#tellNodes();
    for (const client of this.#clients) client.port.close();
    this.#clients.clear();
    await this.#connection?.close();
  }

  #receive(client: HubClient, message: ToHub): void {
    if (message.kind === 'subscribe') {
      client.wants = message.wants;
      this.#noteWanted();
      post(client, { kind: 'subscribed', id: message.id });
      return;
    }
    // A thread that had not heard yet that somebody wants them has left the messages out.
    const isBare = message.arrivals.length < message.change.queuedUnits.length;
    this.#tellThreads(isBare ? { ...message.change, elsewhere: true } : message.change, message.arrivals, client);
    this.#untold = true;
    this.#planTelling();
  }

  #noteWanted(): void {
    const wanted = [...this.#clients].some((client) => client.wants.arrivals);
    if (wanted === this.#arrivalsWanted) return;
    this.#arrivalsWanted = wanted;
    for (const client of this.#clients) post(client, { kind: 'arrivals-wanted', wanted });
  }

  /** All but `committer`, who knows. */
  #tellThreads(change: Change, arrivals: readonly QueueArrival[], committer?: HubClient): void {
    for (const client of this.#clients) {
      if (client === committer) continue;
      const { wants } = client;
      const ownArrivals = wants.arrivals ? arrivals : [];
      const isRemote = wants.arrivals && change.elsewhere === true && change.queuedUnits.length > 0;
      if (wants.changes || (wants.directory && change.directory) || isRemote || ownArrivals.length > 0)
        post(client, { kind: 'told', change, arrivals: ownArrivals });
    }
  }

  #planTelling(): void {
    if (this.#tellTimer !== null || this.#closed) return;
    const { clock } = this.#options;
    const wait = Math.max(0, this.#toldAtMs + NOTIFY_INTERVAL_MS - clock.monotonic());
    this.#tellTimer = clock.after(wait, () => {
      this.#tellTimer = null;
      void this.#tellNodes();
    });
  }

  async #tellNodes(): Promise<void> {
    this.#untold = false;
    this.#toldAtMs = this.#options.clock.monotonic();
    // Not told, they look by themselves some seconds later.
    await this.#connection?.run(`SELECT pg_notify('${CHANNEL}', ?)`, String(this.#options.node)).catch(() => {});
  }

  /** Called when a notification came. */
  heard(payload: string): void {
    if (payload !== String(this.#options.node)) this.#look();
  }

  /** Called when the listening connection ended. */
  lost(): void {
    this.#connection = null;
    if (this.#closed) return;
    this.#options.log.warn({}, 'the connection to the database broke; trying again');
    this.#options.clock.after(LISTEN_RETRY_MS, () => void this.#listenAgain());
  }

  async #listenAgain(): Promise<void> {
    if (this.#closed || this.#connection !== null) return;
    try {
      const connection = await connect(this.#options, { hub: this });
      await connection.execute(`LISTEN ${CHANNEL}`);
      this.#connection = connection;
      // Nobody knows what was missed until the look is over.
      Atomics.add(this.#directoryVersion, 0, 1);
      this.#look();
    } catch {
      this.#options.clock.after(LISTEN_RETRY_MS, () => void this.#listenAgain());
    }
  }

  #planLook(): void {
    this.#lookTimer = this.#options.clock.after(LOOK_INTERVAL_MS, () => {
      this.#look();
      if (!this.#closed) this.#planLook();
    });
  }

  /** Looks at once; what is heard meanwhile is looked at after that. */
  #look(): void {
    if (this.#closed) return;
    if (this.#looking !== null) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = this.#lookOnce().finally(() => {
      this.#looking = null;
      if (!this.#lookAgain) return;
      this.#lookAgain = false;
      this.#look();
    });
  }

  async #lookOnce(): Promise<void> {
    if (this.#connection === null) return;
    try {
      const change = await this.#notes.read(this.#connection);
      if (change === null) return;
      if (change.directory) Atomics.add(this.#directoryVersion, 0, 1);
      this.#tellThreads(change, []);
    } catch (error) {
      this.#options.log.warn({ error: String(error) }, 'what other nodes did could not be read; it is tried again');
    }
  }
}

async function connect(options: HubOptions, later: { readonly hub: ClusterHub | null }): Promise<PostgresConnection> {
  return await PostgresConnection.open({
    ...options.connection,
    onNotification: (_, payload) => later.hub?.heard(payload),
    onEnd: () => later.hub?.lost(),
  });
}

function post(client: HubClient, message: FromHub): void {
  client.port.postMessage(message);
}
