// Checks credentials with libraries that know nothing of ours: structure, signature, status.
// node check.mjs LISTS FILE…; one JSON line a file. LISTS is a JSON array of status lists.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const load = name => import(pathToFileURL(require.resolve(name)));
const [vc, { DataIntegrityProof }, { createVerifyCryptosuite }, did, ed, { checkStatus }] =
  await Promise.all([
    '@digitalbazaar/vc',
    '@digitalbazaar/data-integrity',
    '@digitalbazaar/eddsa-jcs-2022-cryptosuite',
    '@digitalbazaar/did-method-key',
    '@digitalbazaar/ed25519-multikey',
    '@digitalbazaar/vc-bitstring-status-list',
  ].map(load));

const read = file => JSON.parse(readFileSync(file, 'utf8'));
const [listsFile, ...files] = process.argv.slice(2);
const lists = new Map(read(listsFile).map(list => [list.id, list]));
const keys = did.driver();
keys.use({ multibaseMultikeyHeader: 'z6Mk', fromMultibase: ed.from });

// Nothing is fetched: keys name themselves, and the lists were given.
const documentLoader = async url => {
  const document = url.startsWith('did:key:') ? await keys.get({ url }) : lists.get(url);
  if (!document) throw new Error(`not at hand: ${url}`);
  return { documentUrl: url, document };
};

for (const file of files) {
  const suite = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() });
  const found = await vc.verifyCredential({
    credential: read(file), suite, documentLoader, checkStatus,
  });
  const error = found.error ?? found.statusResult?.error;
  const why = error && [error.message, ...(error.errors ?? []).map(one => one.message)].join('; ');
  const revoked = (found.statusResult?.results ?? []).some(one => one.status);
  console.log(JSON.stringify({ verified: found.verified, revoked, why: why ?? null }));
}
