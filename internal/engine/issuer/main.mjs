// Runs an issuer of tokens by OpenID Connect for the demo's administrators, on a free port of the address, and prints the
// port as its first line of JSON. Usage: node main.mjs configuration, which is the JSON of Issuer in issuer.go.
import http from "node:http";

import { keysOf } from "./keys.mjs";
import { styles, refused } from "./pages.mjs";
import { issuerOf } from "./provider.mjs";
import { signIn } from "./signin.mjs";
import { signOut } from "./signout.mjs";
import { tokenFor } from "./tokens.mjs";

const configuration = JSON.parse(process.argv[2]);
const provider = issuerOf(configuration, keysOf(configuration.folder));
const protocol = provider.callback();

// What Go serves under the issuer's own address is all that may come here: a page that finds this port can't name it.
const known = new Set([new URL(configuration.issuer).host, ...configuration.hosts]);

// A form may lead on to the dashboard: a browser judges where its answer redirects to by form-action. There is no script here;
// where the library needs one, it adds its hash to script-src.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; " +
  `form-action 'self' ${configuration.origins.join(" ")}`;

// The form of the sign-in page has an Origin only if its address may be told to its own server.
const secure = (response) => {
  response.setHeader("Content-Security-Policy", policy);
  response.setHeader("Referrer-Policy", "same-origin");
  response.setHeader("X-Content-Type-Options", "nosniff");
};

const routes = [
  [/^GET \/sign-in\.css$/, styles],
  [/^(?:GET|POST) \/sign-in\/([\w-]+)$/, signIn(provider, configuration.people)],
  [/^POST \/session\/end$/, signOut],
  [/^POST \/tokens\/([\w-]+)$/, tokenFor(provider, configuration)],
];

const answer = async (request, response) => {
  secure(response);
  if (!known.has(request.headers.host)) return refused(response, 403, "This address is not the issuer's.");
  const [path] = request.url.split("?");
  for (const [pattern, handle] of routes) {
    const match = pattern.exec(`${request.method} ${path}`);
    if (match) return handle(request, response, match[1]);
  }
  return protocol(request, response);
};

const server = http.createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(`${request.method} failed: ${error.name}: ${error.message}`); // not the address, which may have a code
    if (!response.headersSent) refused(response, 500, "The sign-in failed. Go back to the dashboard and try again.");
  });
});
server.listen(0, configuration.address, () => console.log(JSON.stringify({ port: server.address().port })));

const stop = () => process.exit(0);
process.on("SIGTERM", stop);
// Our standard input is a pipe held by the parent: its end means that the parent is gone.
process.stdin.on("end", stop).resume();
