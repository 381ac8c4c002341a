// The certificate: is it there, does it fit its key and the host name, and for how long.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { findingsOf, type Finding } from './finding.ts';

const { good, note, broken } = findingsOf('tls');
const DAY_MS = 86_400_000;
const SOON_DAYS = 14;

/** Looks at the certificate that the server would use at `nowMs`. */
export function checkTls(config: Config, nowMs: number): Finding[] {
  const { certificate, key } = config.tls;
  if (certificate !== null && key !== null) return checkPair(config.hostname, { certificate, key }, nowMs);
  const own = {
    certificate: join(config.data, 'tls', `${config.hostname}.pem`),
    key: join(config.data, 'tls', `${config.hostname}.key`),
  };
  if (!existsSync(own.certificate)) return [note('there is no certificate yet; the first start makes one')];
  return checkPair(config.hostname, own, nowMs);
}

function checkPair(hostname: string, paths: { certificate: string; key: string }, nowMs: number): Finding[] {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(readFileSync(paths.certificate));
    if (!certificate.checkPrivateKey(createPrivateKey(readFileSync(paths.key)))) {
      return [
        broken(`${paths.key} is not the key of ${paths.certificate}`, 'name the key that belongs to the certificate'),
      ];
    }
  } catch (error) {
    const { message } = error as Error;
    return [
      broken(`the certificate cannot be used: ${message}`, 'look at tls.certificate and tls.key in the configuration'),
    ];
  }
  const findings = [checkDates(certificate, nowMs)];
  if (certificate.checkHost(hostname) === undefined) {
    findings.push(broken(`the certificate is not for ${hostname}`, `get one that names ${hostname}`));
  }
  if (certificate.issuer === certificate.subject) {
    findings.push(
      note(
        'the certificate is self-signed: mail programs will ask whether to trust it',
        'get one from an authority: tls.certificate, tls.key',
      ),
    );
  }
  return findings;
}

function checkDates(certificate: X509Certificate, nowMs: number): Finding {
  const days = Math.floor((certificate.validToDate.getTime() - nowMs) / DAY_MS);
  if (certificate.validFromDate.getTime() > nowMs)
    return broken('the certificate is not valid yet', 'set the clock, or get another certificate');
  if (days < 0) return broken(`the certificate has expired ${-days} days ago`, 'renew it');
  if (days < SOON_DAYS) return note(`the certificate expires in ${days} days`, 'renew it');
  return good(`the certificate is good for ${days} days`);
}
