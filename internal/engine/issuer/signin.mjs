import { formOf } from "./form.mjs";
import { choice, refused, send } from "./pages.mjs";

// signIn returns the handler of the page on which a person is chosen. The page works without a script: each row is the button
// of one form.
export function signIn(provider, people) {
  return async (request, response, uid) => {
    const interaction = await provider.interactionDetails(request, response).catch(() => undefined);
    if (interaction?.uid !== uid) {
      return refused(response, 400, "This sign-in is over. Go back to the dashboard and sign in again.");
    }
    if (request.method === "GET") return send(response, 200, choice(uid, people));
    const subject = (await formOf(request)).get("subject");
    if (!people.some((person) => person.subject === subject)) return refused(response, 400, "Choose one of the people on the page.");
    await leave(provider, interaction, subject);
    return provider.interactionFinished(request, response, { login: { accountId: subject } }, { mergeWithLastSubmission: false });
  };
}

// leave ends the session of another person in this browser. Otherwise the library would do it by a page with a script.
async function leave(provider, interaction, subject) {
  const known = interaction.session;
  if (!known?.accountId || known.accountId === subject) return;
  const session = await provider.Session.findByUid(known.uid);
  session.accountId = undefined;
  session.authorizations = undefined;
  await session.persist();
  known.accountId = undefined; // as the library compares the two
  await interaction.persist();
}
