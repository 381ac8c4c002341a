// Mailbox names for IMAP4rev1 clients: modified UTF-7, RFC 3501 §5.1.3 (RFC 9051 appendix A.1). Decoding is strict: what
// the encoder would have written otherwise is no name, so that two spellings can never mean one mailbox.

const SHIFTED = /&([A-Za-z0-9+,]*)-/gu;
const DIRECT = /^[\u0020-\u007e]*$/u;

/** The name as ASCII. */
export function encodeImapUtf7(name: string): string {
  if (DIRECT.test(name) && !name.includes('&')) return name;
  let text = '';
  let run = '';
  const endRun = (): void => {
    if (run !== '') text += `&${toModifiedBase64(run)}-`;
    run = '';
  };
  for (let i = 0; i < name.length; i++) {
    const c = name.charAt(i);
    if (c >= ' ' && c <= '~') {
      endRun();
      text += c === '&' ? '&-' : c;
    } else {
      run += c;
    }
  }
  endRun();
  return text;
}

/** The name that a text stands for; null when it is not modified UTF-7. */
export function decodeImapUtf7(text: string): string | null {
  if (!DIRECT.test(text)) return null;
  if (!text.includes('&')) return text;
  const name = text.replace(SHIFTED, (_, run: string) => (run === '' ? '&' : fromModifiedBase64(run)));
  return name.isWellFormed() && encodeImapUtf7(name) === text ? name : null;
}

function toModifiedBase64(run: string): string {
  const octets = Buffer.from(run, 'utf16le').swap16();
  return octets.toString('base64').replace(/=+$/u, '').replaceAll('/', ',');
}

function fromModifiedBase64(run: string): string {
  const octets = Buffer.from(run.replaceAll(',', '/'), 'base64');
  return octets.length % 2 === 0 ? octets.swap16().toString('utf16le') : '\uFFFD';
}
