// A site's server with three visitors, as the README's recording shows it: they look at their carts, and one renews its tokens.
const headers = { 'Content-Type': 'application/json' };
const clientId = 'de000000-0000-4000-8000-000000000001';
const api = 'https://www.wixapis.com';

const grant = async (body) => {
  const response = await fetch(`${api}/oauth2/token`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${response.status}`);
  return response.json();
};
const newVisitor = () => grant({ clientId, grantType: 'anonymous' });
const say = (text) => console.log(`${new Date().toISOString().slice(11, 19)}  ${text}`);

const visitors = [];
for (let round = 0; round < 12; round++) {
  if (round % 3 === 0 && visitors.length < 3) visitors.push(await newVisitor());
  for (const [index, visitor] of visitors.entries()) {
    const response = await fetch(`${api}/api/cart`, { headers: { Authorization: visitor.access_token } });
    say(`visitor ${index + 1}  cart ${response.status}`);
  }
  if (round === 8) {
    // What the SDK does: a renewal that fails silently makes a new visitor.
    visitors[0] = await grant({ refreshToken: visitors[0].refresh_token, grantType: 'refresh_token' }).catch(newVisitor);
  }
  await new Promise((go) => setTimeout(go, 1000));
}
