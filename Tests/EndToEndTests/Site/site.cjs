'use strict';
// A site for the browser tests. Arguments: the issuer's URL. Ends with its standard input.
//
// Prints its port, and then a line of JSON whenever a page shows its visitor: the page, the visitor, the end of the access
// token, and what tells this load of the page from others.
//   /local          keeps tokens in local storage; reports each change; with ?renew, renews them once
//   /cookie?kind=K  keeps them in a cookie that the server sets and reads (see cookies below); server-rendered
//   /worker         a service worker requests them, sends the calls, and keeps them to itself
//   /close          closes itself
const http = require('http');
const [, , issuer] = process.argv;
const clientId = 'de000000-0000-4000-8000-000000000001';
const headers = { 'Content-Type': 'application/json' };

// What the pages' scripts and the server share.
const shared = `
const visitor = (token) => {
  const { data } = JSON.parse(atob(token.split('.')[3].replace(/-/g, '+').replace(/_/g, '/')));
  return JSON.parse(data).instance.aid;
};
const grant = async (body) => {
  const response = await fetch('${issuer}/oauth2/token', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error('status ' + response.status);
  const answer = await response.json();
  return {
    accessToken: { value: answer.access_token, expiresAt: Math.floor(Date.now() / 1000) + answer.expires_in },
    refreshToken: { value: answer.refresh_token ?? body.refreshToken, role: 'visitor' },
  };
};
const anonymous = () => grant({ clientId: '${clientId}', grantType: 'anonymous' });
const renewed = (tokens) => grant({ refreshToken: tokens.refreshToken.value, grantType: 'refresh_token' });
const seen = (page, load, tokens) => JSON.stringify({
  page, load, visitor: visitor(tokens.accessToken.value), access: tokens.accessToken.value.slice(-12) });
const call = (tokens) => fetch('${issuer}/api/cart', { headers: { Authorization: tokens.accessToken.value } });
`;
const { anonymous, visitor, seen } = new Function(`${shared}; return { anonymous, visitor, seen };`)();

const report = `
const load = Math.random().toString(36).slice(2);
const report = (text) => fetch('/report', { method: 'POST', body: text });
`;
const scripts = {
  '/local': `${report}
    const stored = () => JSON.parse(localStorage.getItem('tokens'));
    const keep = (tokens) => localStorage.setItem('tokens', JSON.stringify({ ...tokens, theme: 'dark' }));
    if (!stored()) keep(await anonymous());
    await call(stored());
    if (location.search === '?renew') keep(await renewed(stored()));
    let last;
    setInterval(async () => {
      const tokens = stored();
      if (!tokens || tokens.accessToken.value === last) return;
      last = tokens.accessToken.value;
      await call(tokens);
      report(seen('/local', load, tokens));
    }, 50);`,
  '/worker': `${report}
    await navigator.serviceWorker.register('/worker.js');
    const { active } = await navigator.serviceWorker.ready;
    navigator.serviceWorker.onmessage = ({ data }) => report(seen('/worker', load, data));
    active.postMessage('go');`,
  '/close': 'window.close();',
};
const worker = `${shared}
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.onmessage = async ({ source }) => {
  const tokens = await anonymous();
  await call(tokens);
  source.postMessage(tokens);
};`;

const encode = {
  raw: (text) => text,
  percent: encodeURIComponent,
  quoted: (text) => JSON.stringify(text),
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => `base64-${Buffer.from(text).toString('base64url')}`,
};
const decode = {
  raw: (text) => text,
  percent: decodeURIComponent,
  quoted: JSON.parse,
  base64: (text) => Buffer.from(text, 'base64').toString(),
  base64url: (text) => Buffer.from(text.slice(7), 'base64url').toString(),
};
// Name, encoding and attributes of the cookie of each kind.
const cookies = {
  session: ['wix-session', 'percent', 'Path=/; HttpOnly; SameSite=Lax'],
  persistent: ['wix-session', 'percent', 'Path=/; Max-Age=86400; SameSite=Strict'],
  path: ['wix-session', 'percent', 'Path=/cookie'],
  domain: ['wix-session', 'percent', 'Path=/; Domain=localhost'],
  base64: ['__session', 'base64', 'Path=/; HttpOnly'],
  base64url: ['tokens', 'base64url', 'Path=/'],
  host: ['__Host-tokens', 'percent', 'Path=/; Secure; HttpOnly; SameSite=None'],
  partitioned: ['tokens', 'percent', 'Path=/; Secure; SameSite=None; Partitioned'],
  chunked: ['tokens', 'percent', 'Path=/; HttpOnly'],
  priority: ['tokens', 'percent', 'Path=/; Priority=High'],
};

let loads = 0;
const server = http.createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const page = (text, script = '') => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>A shop</title><h1>${text}</h1><script type=module>${script}</script>`);
  };
  if (scripts[pathname]) return page('A shop', shared + scripts[pathname]);
  if (pathname === '/report') {
    for await (const line of request) console.log(String(line));
    return response.writeHead(204).end();
  }
  if (pathname === '/worker.js') {
    response.setHeader('Content-Type', 'text/javascript');
    return response.end(worker);
  }
  if (pathname !== '/cookie') return response.writeHead(404).end();
  const kind = searchParams.get('kind') ?? 'session';
  const [name, encoding, attributes] = cookies[kind];
  const sent = Object.fromEntries((request.headers.cookie ?? '').split('; ').map((pair) => pair.split(/=(.*)/s)));
  // A chunked cookie's names are tokens.0, tokens.1, …
  const chunks = Object.keys(sent).filter((key) => key.startsWith(`${name}.`)).sort().map((key) => sent[key]);
  const value = kind === 'chunked' ? chunks.join('') : sent[name];
  let tokens = value && JSON.parse(decode[encoding](value));
  if (!tokens) {
    tokens = { ...await anonymous(), cart: 'kept' };
    const text = encode[encoding](JSON.stringify(tokens));
    const parts = kind === 'chunked' ? text.match(/.{1,400}/g).map((part, i) => `${name}.${i}=${part}`) : [`${name}=${text}`];
    response.setHeader('Set-Cookie', parts.map((part) => `${part}; ${attributes}`));
  }
  console.log(seen('/cookie', String(++loads), tokens));
  page(visitor(tokens.accessToken.value));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
