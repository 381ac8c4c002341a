// Commands and replies to the text of their lines (without CRLF). RFC 2449 §4, RFC 5034 §4.
import type { Pop3Command } from './commands.ts';
import { REPLY_LINE_MAX_OCTETS } from './limits.ts';

/** The line of a command; parseCommand gives the command back. */
export function formatCommand(command: Pop3Command): string {
  switch (command.verb) {
    case 'USER':
      return `USER ${command.name}`;
    case 'PASS':
      return `PASS ${command.password}`;
    case 'AUTH':
      return ['AUTH', command.mechanism, command.initialResponse].filter((part) => part !== null).join(' ');
    case 'LIST':
    case 'UIDL':
      return command.message === null ? command.verb : `${command.verb} ${command.message}`;
    case 'RETR':
    case 'DELE':
      return `${command.verb} ${command.message}`;
    case 'TOP':
      return `TOP ${command.message} ${command.lines}`;
    case 'LANG':
      return command.language === null ? 'LANG' : `LANG ${command.language}`;
    case 'STAT':
    case 'NOOP':
    case 'RSET':
    case 'QUIT':
    case 'CAPA':
    case 'STLS':
    case 'UTF8':
    default:
      return command.verb;
  }
}

/** Text of a status line: one line of printable ASCII within RFC 2449's 512 octets, whatever came in. */
export function formatStatusText(text: string): string {
  // 16 octets for '-ERR ', a response code and CRLF are the caller's.
  return text.replace(/[^\u0020-\u007e]+/gu, ' ').slice(0, REPLY_LINE_MAX_OCTETS - 32);
}
