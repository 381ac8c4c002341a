// IP addresses as bytes and text: RFC 4291 and RFC 5952. An IPv4-mapped IPv6 address is IPv4 everywhere in this house.

/** 4 octets for IPv4, 16 for IPv6; never an IPv4-mapped IPv6 address. */
export type IpBytes = Uint8Array;

export interface Cidr {
  readonly network: IpBytes;
  /** 0 … 32 or 0 … 128. */
  readonly prefixBits: number;
}

/** What kind of place an address names; only `global` may be an MX on the open internet. */
export type IpScope = 'global' | 'loopback' | 'private' | 'link-local' | 'unspecified' | 'multicast' | 'reserved';

const IPV4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;
const IPV6_TEXT_MAX = 45;

function parseIpv4(text: string): IpBytes | null {
  const found = IPV4.exec(text);
  if (found === null) return null;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const value = Number(found[i + 1]);
    if (value > 255) return null;
    bytes[i] = value;
  }
  return bytes;
}

/** Reads `h:h:h` into 16-bit groups; the last one may be dotted decimal (two groups) when `mayEndInIpv4`. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const last = mayEndInIpv4 && i === parts.length - 1 ? parseIpv4(part) : null;
      if (last === null) return null;
      groups.push((last[0]! << 8) | last[1]!, (last[2]! << 8) | last[3]!);
    }
  }
  return groups;
}

function parseIpv6(text: string): IpBytes | null {
  if (text.length > IPV6_TEXT_MAX) return null;
  const gap = text.indexOf('::');
  const head = parseGroups(gap === -1 ? text : text.slice(0, gap), gap === -1);
  const tail = gap === -1 ? [] : parseGroups(text.slice(gap + 2), true);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (gap === -1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  const bytes = new Uint8Array(16);
  for (const [i, group] of groups.entries()) {
    bytes[2 * i] = group >> 8;
    bytes[2 * i + 1] = group & 0xff;
  }
  return bytes;
}

function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

/** The octets of an address in text, a zone (`%eth0`) left out and IPv4-mapped addresses as IPv4; null when it is none. */
export function parseIp(text: string): IpBytes | null {
  if (!text.includes(':')) return parseIpv4(text);
  const zone = text.indexOf('%');
  const bytes = parseIpv6(zone === -1 ? text : text.slice(0, zone));
  return bytes !== null && isMapped(bytes) ? bytes.slice(12) : bytes;
}

/** The longest run of at least two zero groups, the first of equals (RFC 5952 §4.2). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 1 };
  let start = -1;
  for (let i = 0; i <= 8; i++) {
    if (i < 8 && groups[i] === 0) {
      if (start === -1) start = i;
    } else if (start !== -1) {
      if (i - start > best.length) best = { start, length: i - start };
      start = -1;
    }
  }
  return best;
}

/** The one canonical text of an address, RFC 5952. */
export function formatIp(bytes: IpBytes): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  const run = longestZeroRun(groups);
  const text = groups.map((group) => group.toString(16));
  if (run.start === -1) return text.join(':');
  return `${text.slice(0, run.start).join(':')}::${text.slice(run.start + run.length).join(':')}`;
}

/** Canonical text; `::ffff:192.0.2.1` becomes `192.0.2.1`; null when `text` is no address. */
export function normalizeIp(text: string): string | null {
  const bytes = parseIp(text);
  return bytes === null ? null : formatIp(bytes);
}

/** What limits and bans count as one address: the IPv4 address itself, or the /64 of an IPv6 address. Unreadable text is its own key. */
export function ipNetworkKey(text: string): string {
  const bytes = parseIp(text);
  if (bytes === null) return text;
  if (bytes.length === 4) return formatIp(bytes);
  return `${formatIp(maskIp(bytes, 64))}/64`;
}

/** `bytes` with all bits after the first `prefixBits` cleared. */
export function maskIp(bytes: IpBytes, prefixBits: number): IpBytes {
  return bytes.map((octet, i) => {
    const bits = Math.min(8, Math.max(0, prefixBits - 8 * i));
    return octet & (0xff00 >> bits);
  });
}

/** Reads `192.0.2.0/24`, `2001:db8::/32` or a lone address (a network of one); null when it is none. Host bits are cleared. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf('/');
  const bytes = parseIp(slash === -1 ? text : text.slice(0, slash));
  if (bytes === null) return null;
  const bits = bytes.length * 8;
  if (slash === -1) return { network: bytes, prefixBits: bits };
  const suffix = text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(suffix)) return null;
  // `::ffff:192.0.2.0/120` counts its bits in IPv6.
  const mapped = bytes.length === 4 && text.includes(':');
  const prefixBits = Number(suffix) - (mapped ? 96 : 0);
  if (prefixBits < 0 || prefixBits > bits) return null;
  return { network: maskIp(bytes, prefixBits), prefixBits };
}

/** Canonical text of a network. */
export function formatCidr(cidr: Cidr): string {
  return `${formatIp(cidr.network)}/${cidr.prefixBits}`;
}

/** Whether the address (text or octets) lies in the network; false for what is no address or of the other family. */
export function inCidr(cidr: Cidr, address: string | IpBytes): boolean {
  const bytes = typeof address === 'string' ? parseIp(address) : address;
  if (bytes === null || bytes.length !== cidr.network.length) return false;
  const whole = cidr.prefixBits >> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== cidr.network[i]) return false;
  const rest = cidr.prefixBits & 7;
  return rest === 0 || (bytes[whole]! & (0xff00 >> rest) & 0xff) === cidr.network[whole];
}

const SCOPES: readonly (readonly [string, IpScope])[] = [
  ['0.0.0.0/32', 'unspecified'],
  ['0.0.0.0/8', 'reserved'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'private'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'reserved'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'reserved'],
  ['198.51.100.0/24', 'reserved'],
  ['203.0.113.0/24', 'reserved'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::/96', 'reserved'],
  ['100::/64', 'reserved'],
  ['2001:db8::/32', 'reserved'],
  ['fc00::/7', 'private'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'private'],
  ['ff00::/8', 'multicast'],
];
const SCOPE_NETWORKS = SCOPES.map(([text, scope]) => ({ cidr: parseCidr(text)!, scope }));
const NAT64 = parseCidr('64:ff9b::/96')!;
const SIX_TO_FOUR = parseCidr('2002::/16')!;

/** Where an address lies (RFC 6890 registries); null when `address` is none. Addresses that carry an IPv4 one (6to4, NAT64) lie where that lies. */
export function ipScope(address: string | IpBytes): IpScope | null {
  const bytes = typeof address === 'string' ? parseIp(address) : address;
  if (bytes === null) return null;
  if (inCidr(NAT64, bytes)) return ipScope(bytes.slice(12));
  if (inCidr(SIX_TO_FOUR, bytes)) return ipScope(bytes.slice(2, 6));
  return SCOPE_NETWORKS.find((entry) => inCidr(entry.cidr, bytes))?.scope ?? 'global';
}
