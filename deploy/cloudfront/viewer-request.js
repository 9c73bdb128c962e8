// CloudFront viewer-request function (runtime cloudfront-js-2.0) of the site's default behavior; /api/* has a behavior
// of its own without it. Every request resolves to one whole release: the one that the key-value store names.
//
//   /assets/x.js    → /assets/x.js          shared by all releases
//   /a/             → /releases/<id>/a/index.html
//   /a              → 301 /a/
//   compressible    → … .br or .gz, where the release has such variants ("<id> br gz") and the browser takes them
//
// A preview's host is <name>.preview.…; its key is "preview/<name>" and its site stands below /<name>/.
import cf from 'cloudfront';

const store = cf.kvs();
const COMPRESSIBLE = /\.(css|html|js|json|mjs|svg|txt|wasm|webmanifest|xml)$/;
const FILE = /\.[A-Za-z][A-Za-z0-9]*$/;
const PREVIEW = /^([a-z0-9][a-z0-9-]*)\.preview\./;

function query(request) {
  const parts = [];
  for (const name in request.querystring) {
    const one = request.querystring[name];
    for (const value of one.multiValue || [one]) parts.push(value.value === '' ? name : name + '=' + value.value);
  }
  return parts.length ? '?' + parts.join('&') : '';
}

// A coding counts unless it has the weight 0; quality beyond that is not worth the time in a function of 1 ms.
function coding(request, has) {
  const header = request.headers['accept-encoding'];
  const accepted = header ? header.value.toLowerCase().split(',').map((one) => one.trim()) : [];
  const takes = (name) => accepted.some((one) => one.split(';')[0].trim() === name && !/;\s*q=0(\.0*)?$/.test(one));
  if (has.includes('br') && takes('br')) return '.br';
  if (has.includes('gz') && takes('gzip')) return '.gz';
  return '';
}

async function handler(event) {
  const request = event.request;
  const host = request.headers.host ? request.headers.host.value : '';
  const preview = PREVIEW.exec(host);
  let value;
  try {
    value = await store.get(preview ? 'preview/' + preview[1] : 'release');
  } catch (error) {
    return {
      statusCode: 503,
      statusDescription: 'Service Unavailable',
      headers: { 'retry-after': { value: '5' }, 'cache-control': { value: 'no-store' } },
    };
  }
  const words = value.split(' ');
  let uri = request.uri;
  const last = uri.slice(uri.lastIndexOf('/') + 1);
  if (last !== '' && !FILE.test(last)) {
    return {
      statusCode: 301,
      statusDescription: 'Moved Permanently',
      headers: { location: { value: uri + '/' + query(request) }, 'cache-control': { value: 'max-age=300' } },
    };
  }
  if (last === '') uri += 'index.html';
  const root = preview ? '/' + preview[1] : '';
  uri = uri.startsWith('/assets/') ? root + uri : root + '/releases/' + words[0] + uri;
  if (COMPRESSIBLE.test(uri)) uri += coding(request, words.slice(1));
  request.uri = uri;
  return request;
}
