// Checks that look at more than one setting. Each gives problems with the place they are about.
import { formatCidr, ipScope, type Cidr } from '../../base/net/ip.ts';
import type { Config } from './config.ts';

export interface VerifyProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Every problem between settings that are each well by themselves. */
export function verifyConfig(config: Config): VerifyProblem[] {
  return [
    ...verifyTls(config),
    ...config.listeners.flatMap((_, index) => verifyListener(config, index)),
    ...verifyOutbound(config),
    ...verifyRoutes(config),
    ...verifyNetworks(config),
    ...verifyStore(config),
  ];
}

function verifyStore({ store }: Config): VerifyProblem[] {
  if (store.blobs === 'segments:' || store.url !== 'sqlite:') return [];
  const message = 'store.blobs names an object store; that needs a database in store.url, "postgres://…"';
  return [{ path: ['store', 'blobs'], message }];
}

function verifyTls({ tls }: Config): VerifyProblem[] {
  if ((tls.certificate === null) === (tls.key === null)) return [];
  const [has, lacks] = tls.key === null ? ['certificate', 'key'] : ['key', 'certificate'];
  return [{ path: ['tls', has], message: `tls.${has} is set but tls.${lacks} is not; set both or neither` }];
}

function verifyListener(config: Config, index: number): VerifyProblem[] {
  const listener = config.listeners[index];
  if (listener === undefined) return [];
  const path = ['listener', index] as const;
  const problems: VerifyProblem[] = [];
  const { protocol, address, port } = listener;
  const open = protocol === 'lmtp' || protocol === 'metrics';
  if (open && !listener.exposed && (address === '*' || ipScope(address) !== 'loopback')) {
    problems.push({
      path: [...path, 'address'],
      message: `${protocol} on ${address} can be reached by other machines and nobody signs in there; use 127.0.0.1 or say exposed = true`,
    });
  }
  const speaksFirst = ['smtp', 'submission', 'submissions', 'lmtp'].includes(protocol);
  if (listener.greetingPauseMs > 0 && !speaksFirst) {
    problems.push({ path: [...path, 'greeting_pause'], message: `greeting_pause means nothing for ${protocol}` });
  }
  const same = config.listeners.findIndex((l) => l.port === port && (l.address === address || l.address === '*'));
  const wide = config.listeners.findIndex((l) => l.port === port && address === '*' && l.address !== '*');
  const first = same >= 0 && same !== index ? same : wide;
  if (port !== 0 && first >= 0 && first < index) {
    problems.push({ path: [...path, 'port'], message: `listener[${first + 1}] has port ${port} already` });
  }
  return problems;
}

function verifyOutbound({ outbound }: Config): VerifyProblem[] {
  const problems: VerifyProblem[] = [];
  const add = (key: string, message: string): void => void problems.push({ path: ['outbound', key], message });
  if (outbound.retriesMs.length === 0) add('retries', 'outbound.retries is empty; name one wait at least');
  if (outbound.retriesMs.some((ms) => ms < 1000)) add('retries', 'outbound.retries has a wait below one second');
  if (outbound.retriesMs.some((ms, i) => ms < (outbound.retriesMs[i - 1] ?? 0))) {
    add('retries', 'outbound.retries must not get shorter');
  }
  if (outbound.retriesMs.some((ms) => ms > outbound.retryMaxMs)) {
    add('retries', 'outbound.retries has a wait above outbound.retry_max');
  }
  if (outbound.delayWarningMs >= outbound.expiryMs) {
    add('delay_warning', 'outbound.delay_warning must be shorter than outbound.expiry');
  }
  if (outbound.connectionsPerSiteMax > outbound.connectionsMax) {
    add('connections_per_site', 'outbound.connections_per_site is above outbound.connections');
  }
  const addresses = outbound.addresses.map((each) => each.address);
  const twice = addresses.findIndex((address, index) => addresses.indexOf(address) < index);
  if (twice >= 0) add('addresses', `outbound.addresses names ${addresses[twice]} twice`);
  return problems;
}

function verifyRoutes({ routes }: Config): VerifyProblem[] {
  const domains = routes.map((route) => route.domain);
  return routes.flatMap((route, index) => {
    const path = ['route', index] as const;
    const problems: VerifyProblem[] = [];
    if (domains.indexOf(route.domain) < index) {
      problems.push({ path: [...path, 'domain'], message: `there are two routes for ${route.domain}; keep one` });
    }
    if (route.relayDomain && route.domain === '*') {
      problems.push({
        path: [...path, 'relay_domain'],
        message: 'relay_domain with domain "*" would make an open relay; name each domain',
      });
    }
    if (route.via.password !== null && route.via.user === null) {
      problems.push({
        path: [...path, 'via'],
        message: 'a password without a user; write the user in via: smtp://user@host',
      });
    }
    if (route.passwordFile !== null && route.via.user === null) {
      problems.push({ path: [...path, 'password_file'], message: 'name the user in via: smtp://user@host' });
    }
    return problems;
  });
}

/** Networks that grant something must not be the whole world. */
function verifyNetworks({ limits, auth, listeners }: Config): VerifyProblem[] {
  const lists: [readonly (string | number)[], readonly Cidr[], string][] = [
    [['limits', 'relay_networks'], limits.relayNetworks, 'would make an open relay'],
    [['limits', 'trusted_networks'], limits.trustedNetworks, 'would lift every limit for everybody'],
    [['auth', 'allow_plaintext_from'], auth.allowPlaintextFrom, 'would let passwords cross the internet in clear'],
    ...listeners.map((listener, index): [readonly (string | number)[], readonly Cidr[], string] => [
      ['listener', index, 'proxy_networks'],
      listener.proxyNetworks,
      'would let anybody claim any address',
    ]),
  ];
  return lists.flatMap(([path, networks, harm]) =>
    networks
      .filter((network) => network.prefixBits === 0)
      .map((network) => ({ path, message: `${formatCidr(network)} is the whole internet and ${harm}; name networks` })),
  );
}
