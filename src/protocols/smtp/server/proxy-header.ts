// The PROXY protocol, versions 1 and 2, by which a load balancer says who its client is. Read only from peers that are
// named for it; anything malformed means that the connection is not what it should be, and is dropped.
import { formatIp, normalizeIp, parseIp } from '../../../base/net/ip.ts';
import { PROXY_V1_MAX_OCTETS, PROXY_V2_MAX_OCTETS } from './limits.ts';

export interface ProxiedAddresses {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'malformed' }
  /** `addresses` is null when the balancer speaks for itself (LOCAL, UNKNOWN). */
  | { readonly kind: 'complete'; readonly octets: number; readonly addresses: ProxiedAddresses | null };

const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };
const MALFORMED: ProxyHeader = { kind: 'malformed' };
const V1_START = Buffer.from('PROXY ');
const V2_START = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
const V2_FIXED_OCTETS = 16;
const V1_LINE = /^PROXY (?:UNKNOWN(?: [ -~]*)?|(TCP4|TCP6) (\S+) (\S+) (\d{1,5}) (\d{1,5}))$/;

/** Reads the header at the start of `input`. */
export function readProxyHeader(input: Buffer): ProxyHeader {
  if (startsLike(input, V2_START)) return input.length < V2_FIXED_OCTETS ? INCOMPLETE : readV2(input);
  if (startsLike(input, V1_START)) return readV1(input);
  return MALFORMED;
}

/** Whether `input` begins with `start`, as far as it goes. */
function startsLike(input: Buffer, start: Buffer): boolean {
  const length = Math.min(input.length, start.length);
  return input.compare(start, 0, length, 0, length) === 0;
}

function readV1(input: Buffer): ProxyHeader {
  const end = input.subarray(0, PROXY_V1_MAX_OCTETS).indexOf('\r\n');
  if (end === -1) return input.length < PROXY_V1_MAX_OCTETS ? INCOMPLETE : MALFORMED;
  const found = V1_LINE.exec(input.toString('latin1', 0, end));
  if (found === null) return MALFORMED;
  const [, family, source = '', target = '', sourcePort, targetPort] = found;
  if (family === undefined) return { kind: 'complete', octets: end + 2, addresses: null };
  const address = readAddress(family, source);
  const localAddress = readAddress(family, target);
  const port = Number(sourcePort);
  const localPort = Number(targetPort);
  if (address === null || localAddress === null || port > 65_535 || localPort > 65_535) return MALFORMED;
  return { kind: 'complete', octets: end + 2, addresses: { address, port, localAddress, localPort } };
}

function readAddress(family: string, text: string): string | null {
  if (text.includes('%') || text.includes(':') !== (family === 'TCP6')) return null;
  return normalizeIp(text);
}

function readV2(input: Buffer): ProxyHeader {
  const command = input[12]! & 0x0f;
  const octets = V2_FIXED_OCTETS + input.readUInt16BE(14);
  if (input[12]! >> 4 !== 2 || command > 1 || octets > PROXY_V2_MAX_OCTETS) return MALFORMED;
  if (input.length < octets) return INCOMPLETE;
  if (command === 0) return { kind: 'complete', octets, addresses: null };
  const family = input[13];
  if (family === 0) return { kind: 'complete', octets, addresses: null };
  const size = family === 0x11 ? 4 : family === 0x21 ? 16 : 0;
  if (size === 0 || octets - V2_FIXED_OCTETS < 2 * size + 4) return MALFORMED;
  const at = V2_FIXED_OCTETS;
  const addresses = {
    address: addressFrom(input.subarray(at, at + size)),
    port: input.readUInt16BE(at + 2 * size),
    localAddress: addressFrom(input.subarray(at + size, at + 2 * size)),
    localPort: input.readUInt16BE(at + 2 * size + 2),
  };
  return { kind: 'complete', octets, addresses };
}

function addressFrom(octets: Buffer): string {
  const text = formatIp(octets);
  // An IPv4-mapped address is IPv4 everywhere.
  const bytes = parseIp(text);
  return bytes === null ? text : formatIp(bytes);
}
