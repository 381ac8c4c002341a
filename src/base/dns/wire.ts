// DNS messages as octets, RFC 1035 §4, EDNS0 RFC 6891. The only file that knows dns-packet.
// Reading never throws: what cannot be read is null. A record with an unreadable name is left out.
import {
  AUTHENTIC_DATA,
  AUTHORITATIVE_ANSWER,
  type Answer,
  type MxData,
  type Packet,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  type SoaData,
  type SrvData,
  type TlsaData,
  TRUNCATED_RESPONSE,
  type TxtData,
  decode,
  encode,
} from 'dns-packet';
import { MESSAGE_RECORDS_MAX, UDP_PAYLOAD_OCTETS, UDP_PLAIN_PAYLOAD_OCTETS } from './limits.ts';
import { type DnsQuestion, type DnsRecord, type DnsType, type RecordDataByType, dnsName } from './records.ts';

export const RCODE = { noError: 0, formErr: 1, servFail: 2, nxDomain: 3, notImp: 4, refused: 5 } as const;

const HEADER_OCTETS = 12;
export interface DnsQuery extends DnsQuestion {
  /** 0 … 65535. */
  readonly id: number;
  /** Whether an OPT record goes along (or came). */
  readonly edns: boolean;
}

export interface DnsResponse {
  /** With the upper bits of the OPT record. */
  readonly rcode: number;
  readonly truncated: boolean;
  /** The AD bit. */
  readonly authenticated: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
}

/** The octets of a recursive query that asks to be told about DNSSEC (AD, RFC 6840 §5.7). */
export function encodeQuery(query: DnsQuery): Buffer {
  return encode({
    type: 'query',
    id: query.id,
    flags: RECURSION_DESIRED | AUTHENTIC_DATA,
    questions: [{ name: query.name, type: query.type }],
    additionals: query.edns ? [optRecord(0)] : [],
  });
}

function optRecord(extendedRcode: number): Answer {
  return {
    name: '.',
    type: 'OPT',
    udpPayloadSize: UDP_PAYLOAD_OCTETS,
    extendedRcode,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
}

/**
 * Whether `message` is a response to `query` (as encoded): same id, same question octets but for case. An error without
 * a question counts too: some servers answer FORMERR so.
 */
export function isReplyTo(query: Buffer, message: Buffer): boolean {
  if (message.length < HEADER_OCTETS || message.readUInt16BE(0) !== query.readUInt16BE(0)) return false;
  const flags = message.readUInt16BE(2);
  if ((flags & 0x8000) === 0 || (flags & 0x7800) !== 0) return false;
  const questions = message.readUInt16BE(4);
  if (questions === 0) return (flags & 0xf) !== RCODE.noError && message.readUInt16BE(6) === 0;
  const end = questionEnd(query);
  if (questions !== 1 || message.length < end) return false;
  const asked = query.toString('latin1', HEADER_OCTETS, end).toLowerCase();
  return message.toString('latin1', HEADER_OCTETS, end).toLowerCase() === asked;
}

function questionEnd(query: Buffer): number {
  let offset = HEADER_OCTETS;
  while (query[offset] !== 0) offset += query[offset]! + 1;
  return offset + 5;
}

function decodePacket(message: Buffer): ReturnType<typeof decode> | null {
  if (message.length < HEADER_OCTETS) return null;
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  if (records > MESSAGE_RECORDS_MAX || message.readUInt16BE(4) > 1) return null;
  try {
    return decode(message);
  } catch {
    return null;
  }
}

/** Reads a response; null when it is malformed. */
export function decodeResponse(message: Buffer): DnsResponse | null {
  // A truncated message may end within a record; nothing in it is used anyway.
  if (message.length >= HEADER_OCTETS && (message.readUInt16BE(2) & TRUNCATED_RESPONSE) !== 0) {
    return { rcode: 0, truncated: true, authenticated: false, answers: [], authorities: [] };
  }
  const packet = decodePacket(message);
  if (packet === null) return null;
  const opt = packet.additionals?.find((record) => record.type === 'OPT');
  const upper = opt?.type === 'OPT' ? opt.extendedRcode << 4 : 0;
  return {
    rcode: ((packet.flags ?? 0) & 0xf) | upper,
    truncated: false,
    authenticated: packet.flag_ad,
    answers: readRecords(packet.answers ?? []),
    authorities: readRecords(packet.authorities ?? []),
  };
}

function readRecords(answers: readonly Answer[]): DnsRecord[] {
  const records: DnsRecord[] = [];
  for (const answer of answers) {
    const record = readRecord(answer);
    if (record !== null) records.push(record);
  }
  return records;
}

/** What dns-packet gives and takes as a record's data. */
interface PacketDataByType {
  A: string;
  AAAA: string;
  CNAME: string;
  NS: string;
  PTR: string;
  MX: MxData;
  TXT: TxtData;
  SRV: SrvData;
  TLSA: TlsaData;
  SOA: SoaData;
}

const READERS: { readonly [T in DnsType]: (data: PacketDataByType[T]) => RecordDataByType[T] | null } = {
  A: (data) => data,
  AAAA: (data) => data,
  CNAME: dnsName,
  NS: dnsName,
  PTR: dnsName,
  MX({ preference = 0, exchange }) {
    const name = dnsName(exchange);
    return name === null ? null : { preference, exchange: name };
  },
  TXT: joinText,
  SRV({ priority = 0, weight = 0, port, target }) {
    const name = dnsName(target);
    return name === null ? null : { priority, weight, port, target: name };
  },
  TLSA({ usage, selector, matchingType, certificate }) {
    return { usage, selector, matchingType, data: Uint8Array.from(certificate) };
  },
  SOA({ mname, rname, serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0 }) {
    return { mname, rname, serial, refresh, retry, expire, minimum };
  },
};

function isDnsType(type: string): type is DnsType {
  return Object.hasOwn(READERS, type);
}

function readRecord(answer: Answer): DnsRecord | null {
  const name = dnsName(answer.name);
  if (answer.type === 'OPT' || name === null || (answer.class ?? 'IN') !== 'IN' || !isDnsType(answer.type)) return null;
  const read = READERS[answer.type] as (data: unknown) => RecordDataByType[DnsType] | null;
  const data = read(answer.data);
  // RFC 2181 §8: a TTL with its highest bit set is zero.
  const ttlSeconds = (answer.ttl ?? 0) > 0x7fff_ffff ? 0 : (answer.ttl ?? 0);
  return data === null ? null : ({ name, type: answer.type, ttlSeconds, data } as DnsRecord);
}

function joinText(data: TxtData): string {
  const parts = Array.isArray(data) ? data : [data];
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))).toString('utf8');
}

/** Reads a query as a server gets it; null when it is none, or of a type that is not spoken here (`unknownType`). */
export function decodeQuery(message: Buffer): DnsQuery | { unknownType: true; id: number } | null {
  const packet = decodePacket(message);
  const question = packet?.questions?.[0];
  if (packet === null || packet.flag_qr || question === undefined) return null;
  const id = packet.id ?? 0;
  const name = dnsName(question.name);
  if (name === null) return null;
  if (!isDnsType(question.type)) return { unknownType: true, id };
  const edns = packet.additionals?.some((record) => record.type === 'OPT') === true;
  return { id, name, type: question.type, edns };
}

export interface ResponseOptions extends Omit<DnsResponse, 'truncated'> {
  /** How it travels; by UDP an answer that is too long is cut to none, with TC set. */
  readonly transport: 'udp' | 'tcp';
  readonly truncated?: boolean;
}

/** The octets of an authoritative response to `query`. */
export function encodeResponse(query: DnsQuery, options: ResponseOptions): Buffer {
  const truncated = options.truncated === true;
  const packet: Packet = {
    type: 'response',
    id: query.id,
    flags:
      RECURSION_DESIRED |
      RECURSION_AVAILABLE |
      AUTHORITATIVE_ANSWER |
      (options.authenticated ? AUTHENTIC_DATA : 0) |
      (truncated ? TRUNCATED_RESPONSE : 0) |
      (options.rcode & 0xf),
    questions: [{ name: query.name, type: query.type }],
    answers: truncated ? [] : options.answers.map(writeRecord),
    authorities: truncated ? [] : options.authorities.map(writeRecord),
    additionals: query.edns ? [optRecord(options.rcode >> 4)] : [],
  };
  const message = encode(packet);
  const maxOctets = query.edns ? UDP_PAYLOAD_OCTETS : UDP_PLAIN_PAYLOAD_OCTETS;
  if (options.transport === 'tcp' || message.length <= maxOctets) return message;
  return encodeResponse(query, { ...options, truncated: true });
}

function writeRecord(record: DnsRecord): Answer {
  const head = { name: record.name, ttl: record.ttlSeconds };
  if (record.type === 'TXT') return { ...head, type: 'TXT', data: splitText(record.data) };
  if (record.type === 'TLSA') {
    const { data: certificate, ...selectors } = record.data;
    return { ...head, type: 'TLSA', data: { ...selectors, certificate: Buffer.from(certificate) } };
  }
  return { ...head, type: record.type, data: record.data } as Answer;
}

function splitText(text: string): Buffer[] {
  const octets = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let start = 0; start < octets.length || start === 0; start += 255)
    parts.push(octets.subarray(start, start + 255));
  return parts;
}
