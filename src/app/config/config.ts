// The configuration as the rest of the app sees it: one frozen object in which nothing is left open.
import type { ListenerProtocol } from './listener-protocols.ts';
import { LISTENER_PROTOCOLS, LISTENER_PROTOCOL_NAMES } from './listener-protocols.ts';
import type { WrittenConfig } from './schema.ts';

type WrittenListener = WrittenConfig['listeners'][number];

export interface Listener extends Omit<WrittenListener, 'address' | 'port' | 'greetingPauseMs'> {
  /** A canonical IP address, or `*` for every address of the machine. */
  readonly address: string;
  /** 0: the system picks one. */
  readonly port: number;
  /** False when the port is the standard one of the protocol because none was written. */
  readonly portWritten: boolean;
  readonly greetingPauseMs: number;
}

export interface OutboundAddress {
  readonly address: string;
  readonly helo: string;
}

export interface Config extends Omit<WrittenConfig, 'hostname' | 'threads' | 'listeners' | 'outbound'> {
  /** The file that was read; null when there is none. */
  readonly file: string | null;
  readonly hostname: string;
  /** False when the hostname is only guessed from the machine's name. */
  readonly hostnameWritten: boolean;
  readonly threads: number;
  readonly listeners: readonly Listener[];
  readonly outbound: Omit<WrittenConfig['outbound'], 'addresses'> & { readonly addresses: readonly OutboundAddress[] };
}

/** What the machine decides when the file says nothing. */
export interface Machine {
  readonly cores: number;
  readonly name: string;
}

const THREADS_DEFAULT_MAX = 8;
const SMTP_GREETING_PAUSE_MS = 2;

/** Fills in what other settings or the machine decide. */
export function completeConfig(written: WrittenConfig, file: string | null, machine: Machine): Config {
  const hostname = written.hostname ?? guessHostname(machine.name);
  const listeners = written.listeners.length > 0 ? written.listeners.map(completeListener) : defaultListeners();
  return {
    ...written,
    file,
    hostname,
    hostnameWritten: written.hostname !== null,
    threads: written.threads ?? Math.max(1, Math.min(machine.cores - 1, THREADS_DEFAULT_MAX)),
    listeners,
    outbound: {
      ...written.outbound,
      addresses: written.outbound.addresses.map(({ address, helo }) => ({ address, helo: helo ?? hostname })),
    },
  };
}

function completeListener(written: WrittenListener): Listener {
  const facts = LISTENER_PROTOCOLS[written.protocol];
  return {
    ...written,
    address: written.address ?? facts.address,
    port: written.port ?? facts.port,
    portWritten: written.port !== null,
    greetingPauseMs: written.greetingPauseMs ?? (written.protocol === 'smtp' ? SMTP_GREETING_PAUSE_MS : 0),
  };
}

function defaultListeners(): Listener[] {
  return LISTENER_PROTOCOL_NAMES.map((protocol: ListenerProtocol) =>
    completeListener({
      protocol,
      address: null,
      port: null,
      greetingPauseMs: null,
      proxyNetworks: [],
      exposed: false,
    }),
  );
}

/** A name with a dot is taken as it is; any other gets `.localdomain`, which no other server believes. */
function guessHostname(name: string): string {
  const clean = name
    .toLowerCase()
    .replaceAll(/[^a-z\d.-]/gu, '')
    .replaceAll(/^[.-]+|[.-]+$/gu, '');
  if (clean === '') return 'localhost.localdomain';
  return clean.includes('.') ? clean : `${clean}.localdomain`;
}
