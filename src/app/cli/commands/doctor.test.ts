import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { adminRig, type AdminRig } from '../../../../test/support/admin-rig.ts';
import { TestDnsServer } from '../../../../test/support/dns-server.ts';
import { badFolderPath, dropFolderPath, prepareDropFolder } from '../../../services/drop/prepare-drop-folder.ts';
import type { Finding } from '../../doctor/finding.ts';

/** A server for DNS, one port that is taken, and the configuration that names both. */
async function prepare(t: TestContext, rig: AdminRig): Promise<number> {
  const dns = await TestDnsServer.start([
    {
      name: '.',
      records: {
        'mx.one.test': [{ type: 'A', data: '8.8.4.1' }],
        '1.4.8.8.in-addr.arpa': [{ type: 'PTR', data: 'mx.one.test' }],
        'one.test': [{ type: 'MX', data: { preference: 10, exchange: 'mx.one.test' } }],
      },
    },
  ]);
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(async () => {
    taken.close();
    await dns.close();
  });
  const { port } = taken.address() as AddressInfo;
  writeFileSync(
    join(rig.folder, 'postroad.toml'),
    `hostname = "mx.one.test"\n[dns]\nservers = ["${dns.text}"]\n[[listener]]\nprotocol = "smtp"\naddress = "127.0.0.1"\nport = ${port}\n`,
  );
  return port;
}

async function findings(rig: AdminRig, ...words: string[]): Promise<{ code: number; told: string[] }> {
  const { code, out } = await rig.run(['doctor', '--json', ...words]);
  const found = (JSON.parse(out) as { findings: Finding[] }).findings;
  return {
    code,
    told: found
      .filter(({ text }) => !/ free for /u.test(text))
      .map(({ area, state, text }) => `${area} ${state}: ${text}`),
  };
}

test('alone: a taken port and an empty server are broken', async (t) => {
  const rig = await adminRig(t, 'alone');
  const port = await prepare(t, rig);
  const empty = await findings(rig);
  assert.equal(empty.code, 1);
  assert.deepEqual(empty.told, [
    'server note: the server does not run',
    `data note: there is no data folder ${rig.dataDir} yet; the first start makes it`,
    `ports broken: 127.0.0.1:${port} for smtp is taken by another program`,
    'tls note: there is no certificate yet; the first start makes one',
    'dns good: mx.one.test is 8.8.4.1',
    'dns good: 8.8.4.1 has the name mx.one.test',
  ]);
  await rig.json('domain', 'add', 'one.test');
  assert.ok((await findings(rig)).told.includes('accounts broken: there is no account: nobody gets mail'));
});

test('served: all that is there is good', async (t) => {
  const rig = await adminRig(t, 'served');
  const port = await prepare(t, rig);
  assert.ok((await findings(rig)).told.includes('accounts broken: there is no domain: no mail is taken'));
  await rig.json('domain', 'add', 'one.test');
  await rig.json('account', 'add', 'ann@one.test');
  prepareDropFolder(rig.dataDir);
  writeFileSync(join(badFolderPath(dropFolderPath(rig.dataDir)), 'x.mail'), '');
  const { code, told } = await findings(rig);
  assert.deepEqual(told, [
    'server good: the server runs',
    'accounts good: postmaster reaches ann@one.test, unless a domain names another',
    'queue good: nothing waits',
    'queue note: 1 dropped file could not be sent',
    `ports good: smtp answers on 127.0.0.1:${port}`,
    'tls note: there is no certificate yet; the first start makes one',
    'dns good: mx.one.test is 8.8.4.1',
    'dns good: 8.8.4.1 has the name mx.one.test',
    'dns good: mail for one.test comes to mx.one.test',
  ]);
  assert.equal(code, 0);
  const other = await rig.run(['doctor', 'two.test']);
  assert.equal(other.code, 1);
  assert.match(
    other.out,
    /^BROKEN +dns +two\.test is not in DNS\n +→ add to DNS: two\.test\. MX 10 mx\.one\.test\.$/mu,
  );
  assert.match(other.out, /1 thing to mend\n$/u);
  assert.equal((await rig.run(['doctor', 'no domain'])).code, 2);
});
