// The kinds of values that settings take: how each is read from TOML and written back, and what it is called.
import { isAbsolute, join } from 'node:path';
import { formatCidr, formatIp, parseCidr, parseIp, type Cidr } from '../../base/net/ip.ts';
import { nearestWord } from '../../base/text/nearest.ts';
import { domainToAscii } from '../../formats/address/domain.ts';
import { BadValue } from './config-error.ts';
import { formatSmartHost, parseSmartHost, type SmartHost } from './smart-host.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from './units.ts';

export interface Kind<T> {
  /** What it is called, e.g. `duration`. */
  readonly name: string;
  /** Throws BadValue. `folder` is where relative paths start. */
  parse(value: unknown, folder: string): T;
  /** TOML text that reads back as the same value; secrets as ***. */
  write(value: T): string;
}

/** A TOML string. */
export function quote(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}

function text(value: unknown, wanted: string): string {
  if (typeof value !== 'string' || value === '') throw new BadValue(`wants ${wanted}`);
  return value;
}

export const textKind: Kind<string> = { name: 'text', parse: (value) => text(value, 'a text in quotes'), write: quote };

export const booleanKind: Kind<boolean> = {
  name: 'true or false',
  parse(value) {
    if (typeof value !== 'boolean') throw new BadValue('wants true or false, without quotes');
    return value;
  },
  write: String,
};

export const integerKind = (min: number, max: number): Kind<number> => ({
  name: 'number',
  parse(value) {
    const inRange = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
    if (!inRange) throw new BadValue(`wants a whole number from ${min} to ${max}`);
    return value;
  },
  write: String,
});

export const portKind = integerKind(0, 65_535);

export const durationKind: Kind<number> = {
  name: 'duration',
  parse(value) {
    const ms = typeof value === 'string' ? parseDuration(value) : value === 0 ? 0 : null;
    if (ms === null) throw new BadValue('wants a duration with its unit, such as "30s", "5m", "4h" or "5d"');
    return ms;
  },
  write: (ms) => quote(formatDuration(ms)),
};

export const sizeKind: Kind<number> = {
  name: 'size',
  parse(value) {
    const bytes = typeof value === 'string' ? parseSize(value) : value === 0 ? 0 : null;
    if (bytes === null) throw new BadValue('wants a size with its unit, such as "25MB" or "50MiB"');
    return bytes;
  },
  write: (bytes) => quote(formatSize(bytes)),
};

export function choiceKind<const C extends string>(choices: readonly C[]): Kind<C> {
  return {
    name: `one of ${choices.map(quote).join(', ')}`,
    parse(value) {
      const found = choices.find((choice) => choice === value);
      if (found !== undefined) return found;
      const near = typeof value === 'string' ? nearestWord(value, choices) : null;
      throw new BadValue(near === null ? `wants one of ${choices.join(', ')}` : `did you mean ${quote(near)}?`);
    },
    write: quote,
  };
}

export const domainKind: Kind<string> = {
  name: 'domain',
  parse(value) {
    const ascii = domainToAscii(text(value, 'a domain name in quotes'));
    if (ascii === null) throw new BadValue('wants a domain name, such as "mx.one.test"');
    return ascii;
  },
  write: quote,
};

/** A domain, or `*` for all others. */
export const routeDomainKind: Kind<string> = {
  name: 'domain or "*"',
  parse: (value, folder) => (value === '*' ? '*' : domainKind.parse(value, folder)),
  write: quote,
};

export const ipKind: Kind<string> = {
  name: 'IP address',
  parse(value) {
    const bytes = typeof value === 'string' ? parseIp(value) : null;
    if (bytes === null) throw new BadValue('wants an IP address, such as "192.0.2.1"');
    return formatIp(bytes);
  },
  write: quote,
};

/** An address to listen on; `*` is every address of the machine. */
export const listenAddressKind: Kind<string> = {
  name: 'IP address or "*"',
  parse: (value, folder) => (value === '*' ? '*' : ipKind.parse(value, folder)),
  write: quote,
};

export const networkKind: Kind<Cidr> = {
  name: 'network',
  parse(value) {
    const cidr = typeof value === 'string' ? parseCidr(value) : null;
    if (cidr === null) throw new BadValue('wants a network or an address, such as "192.0.2.0/24" or "::1"');
    return cidr;
  },
  write: (cidr) => quote(formatCidr(cidr)),
};

export interface DnsServer {
  readonly address: string;
  readonly port: number;
}

export const dnsServerKind: Kind<DnsServer> = {
  name: 'address of a DNS server',
  parse(value) {
    const found =
      typeof value === 'string' ? /^(?:\[([^\]]+)\]|([^:]+|[^.]*::?[^.]*))(?::(\d{1,5}))?$/u.exec(value) : null;
    const whole = typeof value === 'string' ? parseIp(value) : null;
    const bytes = whole ?? parseIp(found?.[1] ?? found?.[2] ?? '');
    const port = whole === null ? Number(found?.[3] ?? 53) : 53;
    if (bytes === null || port < 1 || port > 65_535) {
      throw new BadValue('wants an address with or without a port, such as "127.0.0.1:5353" or "[2001:db8::53]:53"');
    }
    return { address: formatIp(bytes), port };
  },
  write: ({ address, port }) => quote(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`),
};

export const smartHostKind: Kind<SmartHost> = {
  name: 'address of a mail server',
  parse(value) {
    const via = typeof value === 'string' ? parseSmartHost(value) : null;
    if (via === null)
      throw new BadValue('wants "smtp://host:port", "smtps://host", "lmtp://host" or "smtp://user@host:port"');
    return via;
  },
  write: (via) => quote(formatSmartHost(via, false)),
};

/** A path, made absolute: relative ones start in the folder of the configuration file. */
export const pathKind: Kind<string> = {
  name: 'path',
  parse(value, folder) {
    const path = text(value, 'a path in quotes');
    return isAbsolute(path) ? path : join(folder, path);
  },
  write: quote,
};

export function listKind<T>(each: Kind<T>): Kind<readonly T[]> {
  return {
    name: `list of ${each.name}`,
    parse(value, folder) {
      if (!Array.isArray(value)) throw new BadValue('wants a list in brackets, such as ["a", "b"]');
      return value.map((item) => each.parse(item, folder));
    },
    write: (values) => `[${values.map((value) => each.write(value)).join(', ')}]`,
  };
}
