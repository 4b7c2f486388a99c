import { refused } from "./pages.mjs";
import { resource, serverOf } from "./provider.mjs";

// tokenFor returns the handler that answers with an access token of a person, as plain text, for programs such as curl.
export function tokenFor(provider, configuration) {
  const server = new provider.ResourceServer(resource, serverOf(configuration, resource));
  return async (_, response, name) => {
    const person = configuration.people.find((one) => one.id === name);
    if (!person) {
      const names = configuration.people.map((one) => one.id).join(", ");
      return refused(response, 404, `Nobody here has this name. Use one of: ${names}.`);
    }
    const token = new provider.AccessToken({
      accountId: person.subject,
      client: await provider.Client.find(configuration.client),
      gty: "local",
      resourceServer: server,
      scope: configuration.scope,
    });
    response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" });
    response.end(`${await token.save()}\n`);
  };
}
