// Cloudflare Worker in front of an R2 bucket that is deployed in releases mode. Bindings (wrangler.toml beside this
// file): SITE, the bucket; PREFIX, the prefix of --to ("" for the bucket's root); the route leaves /api/* out.
// The pointer object <prefix>.state/pointer.json names the live release; it is read again after two seconds.

const COMPRESSIBLE = /\.(css|html|js|json|mjs|svg|txt|wasm|webmanifest|xml)$/;
const FILE = /\.[A-Za-z][A-Za-z0-9]*$/;
const FRESH = 2000;
const SECURITY = {
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

let pointer = { at: -Infinity, release: null, encodings: [] };

async function live(env, now) {
  if (now - pointer.at < FRESH) return pointer;
  const held = await env.SITE.get(env.PREFIX + '.state/pointer.json');
  if (held) pointer = Object.assign({ at: now }, await held.json());
  return pointer;
}

function variants(request, path, has) {
  if (!COMPRESSIBLE.test(path)) return [''];
  const accepted = (request.headers.get('accept-encoding') || '').toLowerCase().split(',').map((one) => one.trim());
  const takes = (name) => accepted.some((one) => one.split(';')[0].trim() === name && !/;\s*q=0(\.0*)?$/.test(one));
  const found = [];
  if (has.includes('br') && takes('br')) found.push('.br');
  if ((has.includes('gz') || has.includes('gzip')) && takes('gzip')) found.push('.gz');
  return found.concat('');
}

function answer(request, held, status) {
  const headers = new Headers(SECURITY);
  held.writeHttpMetadata(headers);
  headers.set('etag', held.httpEtag);
  headers.set('vary', 'Accept-Encoding');
  const body = request.method === 'HEAD' || !('body' in held) ? null : held.body;
  const unchanged = status === 200 && request.method === 'GET' && !('body' in held);
  return new Response(body, { status: unchanged ? 304 : status, headers, encodeBody: 'manual' });
}

export default {
  async fetch(request, env) {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } });
    }
    const url = new URL(request.url);
    const now = await live(env, Date.now());
    if (!now.release) return new Response('No release yet.\n', { status: 503, headers: { 'retry-after': '5' } });
    let path = decodeURIComponent(url.pathname);
    const last = path.slice(path.lastIndexOf('/') + 1);
    if (last !== '' && !FILE.test(last)) {
      return new Response(null, { status: 301, headers: { location: url.pathname + '/' + url.search } });
    }
    if (last === '') path += 'index.html';
    const root = env.PREFIX ? env.PREFIX + '/' : '';
    const base = path.startsWith('/assets/') ? root + path.slice(1) : root + 'releases/' + now.release + path;
    for (const suffix of variants(request, base, now.encodings)) {
      const held = await env.SITE.get(base + suffix, { onlyIf: request.headers });
      if (held) return answer(request, held, 200);
    }
    const missing = await env.SITE.get(root + 'releases/' + now.release + '/404.html');
    return missing ? answer(request, missing, 404) : new Response('Not found.\n', { status: 404 });
  },
};
