// Runs fauxqs (SQS) on 127.0.0.1 and a free port, which it prints as its first line of JSON.
// Usage: node fauxqs.mjs [folder]. With a folder its state persists there, otherwise in memory.
import net from "node:net";

// startFauxqs always listens on all interfaces. A laptop's queues are nobody else's business.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (options, ...rest) {
  return listen.call(this, typeof options === "object" ? { ...options, host: "127.0.0.1" } : options, ...rest);
};

const { startFauxqs } = await import("fauxqs");
const dataDir = process.argv[2];
const server = await startFauxqs({ port: 0, logger: false, ...(dataDir ? { dataDir } : {}) });
console.log(JSON.stringify({ port: server.port }));

const stop = () => server.stop().then(() => process.exit(0));
process.on("SIGTERM", stop);
// Our standard input is a pipe held by the parent: its end means that the parent is gone.
process.stdin.on("end", stop).resume();
