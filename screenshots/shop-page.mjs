// A shop whose page shows the cart of its visitor, as the README's recording shows it. Arguments: port, the issuer's URL.
import http from 'node:http';

const [port, issuer] = process.argv.slice(2);
const goods = ['2 × Harbour mug', '1 × Linen apron', '3 × Tea towel', '1 × Oak board', '4 × Candle', '1 × Enamel pot'];
const html = `<!doctype html><meta charset=utf-8><title>Harbour Goods</title>
<style>
  body { font: 17px/1.6 'Noto Sans', 'DejaVu Sans', sans-serif; color: #24292e; margin: 36px 40px; }
  h1 { font-size: 27px; margin: 0 0 26px; } h2 { font-size: 17px; margin: 0; color: #57606a; font-weight: normal; }
  li { margin: 10px 0; } ul { padding-left: 20px; min-height: 150px; font-size: 20px; }
  p { border-top: 1px solid #d0d7de; padding-top: 14px; color: #57606a; } code { font: 15px 'JetBrains Mono', monospace; }
</style>
<h1>Harbour Goods</h1><h2>Your cart</h2><ul></ul><p>Visitor <code id=visitor></code><br>Access token …<code id=token></code></p>
<script type=module>
  const grant = async (body) => {
    const response = await fetch('${issuer}/oauth2/token', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    const answer = await response.json();
    const expiresAt = Math.floor(Date.now() / 1000) + answer.expires_in;
    return { accessToken: { value: answer.access_token, expiresAt }, refreshToken: { value: answer.refresh_token, role: 'visitor' } };
  };
  let isNew = false;
  const stored = () => JSON.parse(localStorage.getItem('wixSession'));
  const show = async () => {
    if (!stored()) {
      const tokens = await grant({ clientId: 'de000000-0000-4000-8000-000000000001', grantType: 'anonymous' });
      localStorage.setItem('wixSession', JSON.stringify(tokens));
      isNew = true;
    }
    const token = stored().accessToken.value;
    await fetch('${issuer}/api/cart', { headers: { Authorization: token } });
    const { visitor, items } = await (await fetch(isNew ? '/cart?new' : '/cart', { headers: { Authorization: token } })).json();
    document.querySelector('ul').innerHTML = items.map((item) => '<li>' + item).join('') || 'It is empty.';
    document.querySelector('#visitor').textContent = visitor.slice(0, 8);
    document.querySelector('#token').textContent = token.slice(-10);
  };
  await show();
  let last = stored().accessToken.value;
  setInterval(() => {
    const token = stored()?.accessToken.value;
    if (token && token !== last) show(last = token);
  }, 100);
</script>`;

const newVisitors = new Set();
http.createServer((request, response) => {
  if (request.url.startsWith('/cart')) {
    const { data } = JSON.parse(Buffer.from(request.headers.authorization.split('.')[3], 'base64url'));
    const visitor = JSON.parse(data).instance.aid;
    if (request.url === '/cart?new') newVisitors.add(visitor);
    const [first, second] = [0, 2].map((at) => parseInt(visitor.slice(at, at + 2), 16));
    const items = newVisitors.has(visitor) ? [] : goods.filter((_, index) => index % 3 === first % 3 || index === second % goods.length);
    return response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ visitor, items }));
  }
  response.setHeader('Content-Type', 'text/html').end(html);
}).listen(Number(port), '127.0.0.1');
