'use strict';
// A site's server: a visitor, calls with its token, a renewal. What the JavaScript SDK does, in a few lines.
const base = `https://localhost:${process.argv[2]}`;
const [, , , coding] = process.argv;
const headers = { 'Content-Type': 'application/json', ...(coding ? { 'x-coding': coding } : {}) };
const grant = async (body) => {
  const response = await fetch(`${base}/oauth2/token`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
};
const clientId = 'de000000-0000-4000-8000-000000000001';
(async () => {
  const visitor = await grant({ clientId, grantType: 'anonymous' });
  await fetch(`${base}/ecom/v1/carts/current`, { headers: { Authorization: visitor.access_token } });
  let renewed;
  try {
    renewed = await grant({ refreshToken: visitor.refresh_token, grantType: 'refresh_token' });
  } catch {
    // The SDK swallows the failure and starts a new visitor.
    renewed = await grant({ clientId, grantType: 'anonymous' });
  }
  console.log(JSON.stringify([visitor, renewed]));
})();
