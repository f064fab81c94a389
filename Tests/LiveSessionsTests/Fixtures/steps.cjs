'use strict';
// A site that takes steps when it is told to: a folder's files step-1, step-2, … say what. Writes result-1, result-2, …
// Arguments: the port of the stand-in or the host, the folder.
const fs = require('fs');
const [, , port, folder] = process.argv;
const base = `https://${port.includes(':') ? port : `localhost:${port}`}`;
const headers = { 'Content-Type': 'application/json' };
const grant = async (body) => {
  const response = await fetch(`${base}/oauth2/token`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, ...(await response.json()) };
};
let visitor;
const steps = {
  call: async () => {
    const response = await fetch(`${base}/api/cart`, { headers: { Authorization: visitor.access_token } });
    const { visitor: stood, visitorId } = await response.json();
    return `${response.status} ${stood ?? visitorId ?? ''}`;
  },
  // The SDK keeps its refresh token.
  renew: async () => {
    const { status, access_token } = await grant({ refreshToken: visitor.refresh_token, grantType: 'refresh_token' });
    if (access_token) visitor.access_token = access_token;
    return status;
  },
  // Other clients may keep the one of the response.
  renewBoth: async () => {
    const { status, access_token, refresh_token } =
      await grant({ refreshToken: visitor.refresh_token, grantType: 'refresh_token' });
    if (access_token) visitor = { access_token, refresh_token };
    return status;
  },
  slow: async () => fetch(`${base}/slow`, { headers: { Authorization: visitor.access_token } })
    .then((response) => response.status, (error) => error.cause?.code ?? error.message),
};
(async () => {
  visitor = await grant({ clientId: 'de000000-0000-4000-8000-000000000001', grantType: 'anonymous' });
  for (let number = 1; ; number++) {
    const file = `${folder}/step-${number}`;
    while (!fs.existsSync(file)) {
      // The test has ended, perhaps without saying so.
      if (!fs.existsSync(folder)) return process.exit(0);
      await new Promise((go) => setTimeout(go, 5));
    }
    const step = fs.readFileSync(file, 'utf8');
    if (step === 'end') return process.exit(0);
    fs.writeFileSync(`${folder}/new`, `${await steps[step]()}`);
    fs.renameSync(`${folder}/new`, `${folder}/result-${number}`);
  }
})();
