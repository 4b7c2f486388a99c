// Runs fauxqs (SQS) on a free port of the address, and prints the port as its first line of JSON.
// Usage: node fauxqs.mjs address [folder]. With a folder its state persists there, otherwise in memory.
import net from "node:net";

const [address, dataDir] = process.argv.slice(2);

// startFauxqs always listens on all interfaces, and answers any web page. A laptop's queues are nobody else's business.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (options, ...rest) {
  const handlers = this.listeners("request");
  this.removeAllListeners("request");
  this.on("request", (request, response) => {
    if (foreign(request)) {
      response.writeHead(403).end();
      return;
    }
    for (const handle of handlers) handle.call(this, request, response);
  });
  return listen.call(this, typeof options === "object" ? { ...options, host: address } : options, ...rest);
};

// foreign tells whether a browser sends the request: no page of ours calls a queue. Guard of internal/loopback
// is the same for what has pages.
const foreign = ({ headers, method, socket }) =>
  headers.host !== `${address}:${socket.localPort}` || method === "OPTIONS" || "origin" in headers || "sec-fetch-site" in headers;

const { startFauxqs } = await import("fauxqs");
const server = await startFauxqs({ port: 0, logger: false, ...(dataDir ? { dataDir } : {}) });
console.log(JSON.stringify({ port: server.port }));

const stop = () => server.stop().then(() => process.exit(0));
process.on("SIGTERM", stop);
// Our standard input is a pipe held by the parent: its end means that the parent is gone.
process.stdin.on("end", stop).resume();
