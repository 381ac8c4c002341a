// Whether a client may connect: the limits of [limits] over the shared counts. Trusted networks have none.
import type { Clock } from '../../base/clock.ts';
import { inCidr, ipNetworkKey, parseIp, type Cidr } from '../../base/net/ip.ts';
import type { ConnectionLedger, ConnectionLimits, Ticket } from './connection-ledger.ts';

/** Bits of the network that addresses are also counted by. */
const IPV4_NETWORK_BITS = 24;
const IPV6_NETWORK_BITS = 48;

export type AdmissionTicket =
  | { readonly kind: 'counted'; readonly ticket: Ticket }
  | { readonly kind: 'uncounted' }
  /** `text` is for the client. */
  | { readonly kind: 'refused'; readonly text: string };

export interface Admission {
  /** `address` in canonical text. */
  enter(address: string): AdmissionTicket;
  leave(ticket: AdmissionTicket): void;
  /** Connections of this thread that were let in and have not left. */
  readonly open: number;
}

export interface AdmissionSettings {
  readonly limits: ConnectionLimits;
  /** Of this thread, whoever they come from. */
  readonly connectionsMax: number;
  readonly trustedNetworks: readonly Cidr[];
}

export interface AdmissionOptions {
  readonly ledger: ConnectionLedger;
  /** Asked at every connection: they may change while connections are open. */
  readonly settings: () => AdmissionSettings;
  readonly clock: Clock;
}

const UNCOUNTED: AdmissionTicket = { kind: 'uncounted' };
const BUSY: AdmissionTicket = { kind: 'refused', text: 'Too many connections, try again later' };

/** Builds the admission of one thread. */
export function createAdmission(options: AdmissionOptions): Admission {
  const { ledger, clock } = options;
  let open = 0;
  return {
    enter(address) {
      const { limits, connectionsMax, trustedNetworks } = options.settings();
      if (open >= connectionsMax) return BUSY;
      const ip = parseIp(address);
      if (ip === null || trustedNetworks.some((network) => inCidr(network, ip))) {
        open++;
        return UNCOUNTED;
      }
      const bits = ip.length === 4 ? IPV4_NETWORK_BITS : IPV6_NETWORK_BITS;
      const ticket = ledger.enter(ipNetworkKey(address), networkKey(ip, bits), limits, clock.now());
      if (typeof ticket === 'string') return BUSY;
      open++;
      return { kind: 'counted', ticket };
    },
    leave(ticket) {
      if (ticket.kind === 'refused') return;
      open--;
      if (ticket.kind === 'counted') ledger.leave(ticket.ticket);
    },
    get open() {
      return open;
    },
  };
}

function networkKey(ip: Uint8Array, bits: number): string {
  return Buffer.from(ip.subarray(0, bits / 8)).toString('hex');
}
