// Who this server is, from its configuration, the ports it bound and the machine's interfaces.
import { networkInterfaces } from 'node:os';
import { describeOwnHost, type OwnHost } from '../../services/routing/own-host.ts';
import type { Config } from '../config/config.ts';
import type { BoundAddress } from '../threads/thread-data.ts';

/** The names, addresses and ports that mean this server. */
export function ownHost(config: Config, bound: readonly BoundAddress[]): OwnHost {
  const interfaceAddresses = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
  return describeOwnHost({
    names: [config.hostname, ...config.outbound.addresses.map(({ helo }) => helo)],
    listeners: bound.filter(({ protocol }) => protocol === 'smtp'),
    interfaceAddresses,
  });
}
