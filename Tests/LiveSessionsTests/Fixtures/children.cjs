'use strict';
// Makes one call in a worker thread, a forked process or a cluster's worker. Arguments: port, kind.
const cluster = require('cluster');
const { fork } = require('child_process');
const { Worker, isMainThread } = require('worker_threads');
const [, , port, kind] = process.argv;
const call = async () => {
  const headers = { Authorization: 'a-token-of-some-length-that-no-session-holds' };
  console.log((await fetch(`https://localhost:${port}/ecom/v1/carts/current`, { headers })).status);
};
if (!isMainThread || cluster.isWorker || process.env.IS_CHILD) call().then(() => cluster.isWorker && process.exit(0));
else if (kind === 'worker') new Worker(__filename, { argv: [port, kind] });
else if (kind === 'fork') fork(__filename, [port, kind], { env: { ...process.env, IS_CHILD: '1' } });
else cluster.fork();
