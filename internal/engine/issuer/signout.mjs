import { formOf } from "./form.mjs";

// taken are the fields that go on: a token doesn't belong in an address.
const taken = ["client_id", "post_logout_redirect_uri", "state"];

// signOut leads the form of the dashboard to the library's page, which takes forms only with cookies for other sites.
export async function signOut(request, response) {
  const form = await formOf(request);
  const query = new URLSearchParams(taken.filter((name) => form.has(name)).map((name) => [name, form.get(name)]));
  response.writeHead(303, { Location: `/session/end?${query}`, "Cache-Control": "no-store" }).end();
}
