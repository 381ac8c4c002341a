// domain, account, alias, group and grant, each directly on the data folder and over the socket of a server.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { adminRig, WAYS, type AdminRig } from '../../../../test/support/admin-rig.ts';
import { verifyPassword } from '../../../services/passwords/credentials.ts';
import { findAccountByAddress } from '../../../storage/records/accounts.ts';
import { findDomain } from '../../../storage/records/domains.ts';

/** Each must fail with exit code 1 and one line that says this. */
async function refuse(rig: AdminRig, cases: readonly (readonly [readonly string[], RegExp])[]): Promise<void> {
  for (const [args, expected] of cases) {
    const done = await rig.run(args);
    assert.equal(done.code, 1, args.join(' '));
    assert.match(done.err, expected);
    assert.equal(done.err.split('\n').length, 2, done.err);
  }
}

for (const way of WAYS) {
  test(`${way}: domains`, async (t) => {
    const rig = await adminRig(t, way);
    assert.match((await rig.run(['domain', 'list'])).out, /no domains yet; add one/u);
    assert.deepEqual(await rig.run(['domain', 'add', 'One.test']), { code: 0, out: 'one.test: added\n', err: '' });
    await rig.json('domain', 'add', 'bücher.test', '--alias-of', 'one.test');
    await rig.json('domain', 'add', 'two.test', '--relay');
    const list = (await rig.run(['domain', 'list'])).out;
    assert.match(list, /^DOMAIN +KIND +ADMINISTRATOR +CATCH-ALL$/mu);
    assert.match(list, /^bücher\.test +alias of one\.test +- +-$/mu);
    await refuse(rig, [
      [['domain', 'add', 'one.test'], /one\.test is here already/u],
      [['domain', 'add', 'not a domain'], /no domain name; write it like/u],
      [['domain', 'add', 'x.test', '--alias-of', 'nowhere.test'], /nowhere\.test is no domain of this server/u],
      [['domain', 'remove', 'one.test'], /one\.test is in use: remove/u],
      [['domain', 'remove', 'nowhere.test'], /there is no domain nowhere\.test/u],
      [['domain', 'change', 'one.test', '--administrator', 'ann@one.test'], /there is no account ann@one\.test/u],
    ]);
    assert.equal((await rig.run(['domain', 'add', 'x.test', '--relay', '--alias-of', 'one.test'])).code, 2);
    await rig.json('domain', 'change', 'one.test', '--catch-all', 'rest@one.test', '--disable');
    assert.match((await rig.run(['domain', 'list'])).out, /^one\.test +local, disabled +- +rest@one\.test$/mu);
    await rig.json('domain', 'remove', 'xn--bcher-kva.test');
    await rig.json('domain', 'remove', 'one.test');
    assert.deepEqual(
      ((await rig.json('domain', 'list')) as { name: string }[]).map(({ name }) => name),
      ['two.test'],
    );
  });

  test(`${way}: accounts, the first of which administers`, async (t) => {
    const rig = await adminRig(t, way);
    await rig.json('domain', 'add', 'one.test');
    const added = await rig.run(['account', 'add', 'ann@one.test', '--password-stdin'], {
      stdin: 'secret word\r\nrest',
    });
    assert.deepEqual(added, { code: 0, out: 'ann@one.test: added, administrator\n', err: '' });
    const bob = await rig.run(['account', 'add', 'bob@one.test', '--quota', '5GB', '--name', 'Bob\u001b[2J']);
    assert.match(bob.err, /the name must be one line/u);
    assert.match(
      (await rig.run(['account', 'add', 'bob@one.test', '--quota', '5GB'])).out,
      /added, without a password; set one/u,
    );
    await rig.withStore(async ({ read }) => {
      const ann = await findAccountByAddress(read, 'ann@one.test');
      assert.equal(ann?.role, 'administrator');
      assert.ok(await verifyPassword(ann.passwordHash ?? '', 'secret word'));
      assert.match(ann.scramSha256 ?? '', /^SCRAM-SHA-256\$/u);
      assert.equal((await findDomain(read, 'one.test'))?.administratorId, ann.id);
    });
    assert.match((await rig.run(['account', 'list'])).out, /^bob@one\.test +- +user, no password +0 +0 B of 5 GB$/mu);
    assert.deepEqual(await rig.json('account', 'list', 'two.test'), []);
    await refuse(rig, [
      [['account', 'add', 'ann@one.test'], /ann@one\.test exists already/u],
      [['account', 'add', 'Ann@ONE.test'], /exists already/u],
      [['account', 'add', 'ann@two.test'], /there is no domain two\.test; add it first/u],
      [['account', 'add', 'ann'], /'ann' is no address/u],
      [['account', 'password', 'eve@one.test', '--password', 'x'], /there is no account eve@one\.test/u],
      [['account', 'remove', 'ann@one.test'], /the last administrator/u],
      [['account', 'change', 'ann@one.test', '--user'], /the last administrator/u],
      [['account', 'change', 'ann@one.test', '--disable'], /the last administrator/u],
    ]);
    for (const args of [
      ['account', 'password', 'bob@one.test'],
      ['account', 'password', 'bob@one.test', '--password', 'x', '--password-stdin'],
      ['account', 'password', 'bob@one.test', '--password-stdin'],
      ['account', 'change', 'bob@one.test', '--quota', 'much'],
    ]) {
      assert.equal((await rig.run(args)).code, 2, args.join(' '));
    }
    await rig.json('account', 'password', 'bob@one.test', '--password', 'x');
    await rig.json('account', 'change', 'bob@one.test', '--administrator', '--quota', 'none', '--name', 'Bob');
    assert.match((await rig.run(['account', 'show', 'bob@one.test'])).out, /^name +Bob$[^]*^quota +none$/mu);
    assert.match((await rig.run(['account', 'remove', 'ann@one.test'])).out, /removed, with 0 messages/u);
    await rig.json('account', 'remove', 'bob@one.test', '--force');
    await rig.json('domain', 'remove', 'one.test');
  });

  test(`${way}: aliases, groups and grants`, async (t) => {
    const rig = await adminRig(t, way);
    await rig.json('domain', 'add', 'one.test');
    await rig.json('account', 'add', 'ann@one.test');
    const sales = await rig.run(['alias', 'add', 'sales@one.test', 'ann@one.test', 'far@two.test']);
    assert.equal(sales.out, 'sales@one.test → ann@one.test, far@two.test\n');
    await rig.json('group', 'add', 'all@one.test', 'sales@one.test');
    await refuse(rig, [
      [['alias', 'add', 'loop@one.test', 'loop+x@one.test'], /round in a circle: loop@one\.test → loop\+x@one\.test/u],
      [['alias', 'change', 'sales@one.test', '--add', 'all@one.test'], /round in a circle/u],
      [['alias', 'add', 'sales@one.test', 'ann@one.test'], /sales@one\.test exists already/u],
      [['alias', 'add', 'x@two.test', 'ann@one.test'], /there is no domain two\.test/u],
      [['alias', 'add', 'x@one.test', 'nobody'], /'nobody' is no address/u],
      [['alias', 'remove', 'all@one.test'], /all@one\.test is a group, no alias/u],
      [['group', 'remove', 'ann@one.test'], /is an account, no group/u],
      [['group', 'change', 'all@one.test', '--remove', 'bob@one.test'], /bob@one\.test is not in all@one\.test/u],
      [['group', 'change', 'all@one.test', '--remove', 'sales@one.test'], /would stand for nobody/u],
      [['account', 'show', 'sales@one.test'], /is an alias, no account/u],
      [['account', 'add', 'sales@one.test'], /is an alias already/u],
      [['grant', 'remove', 'ann@one.test', '*@two.test'], /has no grant/u],
    ]);
    assert.equal((await rig.run(['alias', 'change', 'sales@one.test'])).code, 2);
    await rig.json('group', 'change', 'all@one.test', '--add', 'ann@one.test', '--send-as', '--disable');
    assert.match(
      (await rig.run(['group', 'list'])).out,
      /^all@one\.test +sales@one\.test, ann@one\.test +send-as, disabled$/mu,
    );
    assert.deepEqual(
      ((await rig.json('alias', 'list', 'one.test')) as { address: string }[]).map(({ address }) => address),
      ['sales@one.test'],
    );
    await rig.json('group', 'remove', 'all@one.test');
    await rig.json('alias', 'remove', 'SALES@one.test');
    assert.equal((await rig.run(['alias', 'list'])).out, 'no aliases\n');
    await rig.json('grant', 'add', 'ann@one.test', '*@two.test');
    assert.equal((await rig.run(['grant', 'list', 'ann@one.test'])).out, '*@two.test\n');
    await rig.json('grant', 'remove', 'ann@one.test', '*@two.test');
  });

  test(`${way}: an account stays while aliases, groups or a catch-all lead to it`, async (t) => {
    const rig = await adminRig(t, way);
    await rig.json('domain', 'add', 'one.test');
    await rig.json('domain', 'add', 'more.test', '--alias-of', 'one.test');
    await rig.json('account', 'add', 'boss@one.test');
    await rig.json('account', 'add', 'ann@one.test');
    await rig.json('alias', 'add', 'sales@one.test', 'ann+sales@one.test');
    await rig.json('group', 'add', 'all@one.test', 'boss@one.test', 'Ann@more.test');
    await rig.json('alias', 'add', 'other@one.test', 'annette@one.test', 'ann@two.test', 'sales@one.test');
    await rig.json('domain', 'change', 'one.test', '--catch-all', 'ann@one.test');
    await rig.json('account', 'change', 'ann@one.test', '--disable');
    await refuse(rig, [
      [
        ['account', 'remove', 'ann@one.test', '--force'],
        /mail for \*@one\.test, all@one\.test, sales@one\.test goes to ann@one\.test; remove these first or/u,
      ],
    ]);
    await rig.json('alias', 'remove', 'other@one.test');
    await rig.json('alias', 'remove', 'sales@one.test');
    await rig.json('group', 'change', 'all@one.test', '--remove', 'Ann@more.test');
    await rig.json('domain', 'change', 'one.test', '--catch-all', '');
    assert.match((await rig.run(['account', 'remove', 'ann@one.test'])).out, /ann@one\.test: removed/u);
    for (let n = 10; n < 22; n++) await rig.json('alias', 'add', `a${n}@one.test`, 'boss@one.test');
    await refuse(rig, [
      [['account', 'remove', 'boss@one.test', '--force'], /a10@one\.test, .*a19@one\.test and 3 more goes? to boss@/u],
    ]);
  });

  test(`${way}: an import adds all of a good file and nothing of a bad one`, async (t) => {
    const rig = await adminRig(t, way);
    await rig.json('domain', 'add', 'one.test');
    const ssha = '{SSHA}AJ0Wl/zrp4dZDOmr0eqIeLPLMoIRJzQ4';
    const file = join(rig.folder, 'in.csv');
    writeFileSync(
      file,
      `address,password\nann@one.test,plain\nbob@one.test,$1$old$hash\nann@two.test,x\nANN@one.test,x\n`,
    );
    const bad = await rig.run(['account', 'import', 'in.csv']);
    assert.equal(bad.code, 1);
    assert.match(
      bad.err,
      /^line 3: this looks like a password hash[^]*line 4: there is no domain two\.test[^]*line 5: ANN@one\.test stands in line 2 already/u,
    );
    assert.equal(bad.out, 'nothing was added: mend 3 lines and try again\n');
    assert.doesNotMatch(bad.err, /\$1\$old/u);
    assert.deepEqual(await rig.json('account', 'list'), []);
    const rows = Array.from({ length: 120 }, (_, i) => `user${i}@one.test,${ssha}`);
    writeFileSync(file, `ann@one.test,plain,"Lee, Ann"\n${rows.join('\n')}\n`);
    assert.equal((await rig.run(['account', 'import', 'in.csv', '--dry-run'])).out, 'the file is good: 121 accounts\n');
    assert.equal((await rig.run(['account', 'import', 'in.csv'])).out, '121 accounts added of 121\n');
    assert.equal((await rig.run(['account', 'import', 'in.csv'])).code, 1);
    const again = await rig.run(['account', 'import', '-', '--skip-existing'], {
      stdin: `${readFileSync(file, 'utf8')}zoe@one.test,\n`,
    });
    assert.equal(again.out, '1 account added of 122, 121 were here already\n');
    await rig.withStore(async ({ read }) => {
      assert.equal((await findAccountByAddress(read, 'user7@one.test'))?.passwordHash, ssha);
      assert.equal((await findAccountByAddress(read, 'ann@one.test'))?.name, 'Lee, Ann');
    });
  });
}

test('what an import cannot read is said in one line', async (t) => {
  const rig = await adminRig(t, 'alone');
  assert.match((await rig.run(['account', 'import', 'none.csv'])).err, /none\.csv cannot be read/u);
  assert.match((await rig.run(['account', 'import', '-'], { stdin: '# nothing\n' })).err, /names no account/u);
});
