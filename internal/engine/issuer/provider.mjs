import { randomBytes } from "node:crypto";

import Provider, { errors, interactionPolicy } from "oidc-provider";

import { askToSignOut, explained, signedOut } from "./pages.mjs";

const hour = 60 * 60;

// resource is the identifier of the API, as RFC 8707 wants it; tokens have the audience of the configuration.
export const resource = "urn:lethe:api";

// issuerOf returns the issuer: one public client, the dashboard, with code flow and PKCE, and the people of the configuration.
export function issuerOf(configuration, jwks) {
  const { issuer, client, scope, origins, people } = configuration;
  const policy = interactionPolicy.base();
  policy.remove("consent"); // the dashboard is our own
  const provider = new Provider(issuer, {
    jwks,
    clients: [{
      client_id: client,
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code"],
      response_types: ["code"],
      redirect_uris: origins.map((origin) => `${origin}/signed-in`),
      post_logout_redirect_uris: origins.map((origin) => `${origin}/signed-out`),
    }],
    responseTypes: ["code"],
    clientAuthMethods: ["none"],
    scopes: ["openid"],
    pkce: { required: () => true },
    clientBasedCORS: (_, origin) => origins.includes(origin),
    findAccount: (_, subject) => accountOf(people, subject),
    loadExistingGrant: (ctx) => grantOf(ctx.oidc, scope),
    extraTokenClaims: (ctx, token) => claimsOf(people, token.accountId, ctx?.oidc.entities.AuthorizationCode?.authTime),
    interactions: { policy, url: (_, interaction) => `/sign-in/${interaction.uid}` },
    renderError: explained,
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, name) => serverOf(configuration, name),
      },
      rpInitiatedLogout: { enabled: true, logoutSource: askToSignOut, postLogoutSuccessSource: signedOut },
    },
    ttl: { AccessToken: hour, AuthorizationCode: 60, Grant: 12 * hour, IdToken: hour, Interaction: hour, Session: 12 * hour },
    cookies: { keys: [randomBytes(32).toString("base64url")], names: cookies(issuer) },
  });
  provider.on("server_error", (_, error) => console.error(`the issuer failed: ${error.name}: ${error.message}`));
  return provider;
}

// Cookies are the same for all ports of this machine, and a second system has its own.
function cookies(issuer) {
  const { port } = new URL(issuer);
  return { session: `lethe-${port}-session`, interaction: `lethe-${port}-sign-in`, resume: `lethe-${port}-resume` };
}

function accountOf(people, subject) {
  return people.some((person) => person.subject === subject) ? { accountId: subject, claims: () => ({ sub: subject }) } : undefined;
}

export function serverOf({ scope, audience }, name) {
  if (name !== resource) throw new errors.InvalidTarget();
  return { scope, audience, accessTokenTTL: hour, accessTokenFormat: "jwt", jwt: { sign: { alg: "RS256" } } };
}

async function grantOf(oidc, scope) {
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope("openid");
  grant.addResourceScope(resource, scope);
  await grant.save();
  return grant;
}

// claimsOf returns what an access token says beyond the standard. authTime is in seconds; a token without a sign-in page is a
// sign-in of its own.
function claimsOf(people, subject, authTime = Math.floor(Date.now() / 1000)) {
  const { name, groups } = people.find((person) => person.subject === subject);
  return { name, groups, auth_time: authTime };
}
