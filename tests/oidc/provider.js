/*
 * An OpenID provider for tests: whoever names themselves at its log-in is logged in, and has the groups that they say.
 *
 * Asked with the address of the page and the client's secret on standard input; answers with its own address.
 */
import { createServer } from "node:http";
import { once } from "node:events";
import { Provider } from "oidc-provider";

const settings = JSON.parse(await new Promise((resolve) => {
  let text = "";
  process.stdin.on("data", (part) => (text += part)).on("end", () => resolve(text));
}));
const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://127.0.0.1:${server.address().port}`;

const accounts = new Map();
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: settings.client_id,
      client_secret: settings.client_secret,
      redirect_uris: settings.redirect_uris,
      response_types: ["code"],
      grant_types: ["authorization_code"],
      token_endpoint_auth_method: "client_secret_basic",
    },
  ],
  claims: { openid: ["sub"], profile: ["name"], groups: ["groups"] },
  scopes: ["openid", "profile", "groups"],
  conformIdTokenClaims: !settings.claims_in_token,
  pkce: { required: () => true },
  ttl: { IdToken: settings.id_token_s, AuthorizationCode: 60, Session: 3600, Interaction: 3600, Grant: 3600, AccessToken: 3600 },
  features: { devInteractions: { enabled: false } },
  cookies: { keys: ["of a test"] },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts.get(id) }) }),
});

/* Logs in whom the header says, with what it says of them, and asks nobody whether they like it. */
async function interact(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    const { sub, ...facts } = JSON.parse(request.headers["x-person"] ?? '{"sub":"nobody"}');
    accounts.set(sub, facts);
    return provider.interactionFinished(request, response, { login: { accountId: sub } });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

const callback = provider.callback();
server.on("request", (request, response) => {
  if (request.url.startsWith("/interaction/")) {
    interact(request, response).catch((error) => response.writeHead(500).end(String(error)));
  } else {
    callback(request, response);
  }
});
console.log(JSON.stringify({ issuer }));
