// A third party's program on openid-client: from the issuer's address to data of a test customer and back to nothing.
// Argument: the issuer. Writes what it saw as JSON.
import * as client from "openid-client";

const issuer = new URL(process.argv[2]);
// the server of the test has no certificate, and is no OpenID provider
const options = {algorithm: "oauth2", execute: [client.allowInsecureRequests]};
const seen = {};

const registering = {scope: "cds_client_admin usage_data", client_name: "openid-client"};
// its own registration asks for client_secret_expires_at of RFC 7591, which CDS-WG1-02 forbids in the answer
seen.registration = await client.dynamicClientRegistration(issuer, registering, client.ClientSecretBasic(), options)
  .then(() => "", error => error.cause.message);
const server = (await client.discovery(issuer, "unknown", {}, client.None(), options)).serverMetadata();
const made = await (await fetch(server.registration_endpoint, {
  method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(registering),
})).json();
const admin = await client.discovery(
  issuer, made.client_id, {}, client.ClientSecretBasic(made.client_secret), options);
const {access_token: key} = await client.clientCredentialsGrant(admin, {scope: "cds_client_admin"});

async function call(address, method = "GET", body = undefined) {
  const headers = new Headers(body ? {"Content-Type": "application/json"} : {});
  const answer = await client.fetchProtectedResource(
    admin, key, new URL(address), method, body && JSON.stringify(body), headers);
  return answer.json();
}

const {clients} = await call(server.cds_clients_api);
const asking = clients.find(each => each.response_types.includes("code"));
const {credentials} = await call(`${server.cds_credentials_api}?client_ids=${asking.client_id}`);
const asker = await client.discovery(
  issuer, asking.client_id, {}, client.ClientSecretBasic(credentials[0].client_secret), options);

// the request is pushed (RFC 9126), with PKCE
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const address = await client.buildAuthorizationUrlWithPAR(asker, {
  redirect_uri: asking.cds_default_redirect_uri,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  authorization_details: JSON.stringify([{type: "usage_data", start: "-1y", end: "+1y", services: "all"}]),
});
seen.pushed = [...address.searchParams.keys()].sort();
const decided = await call(`${issuer.origin}/cds/sandbox/decisions`, "POST", {
  client_id: asking.client_id, request_uri: address.searchParams.get("request_uri"), decision: "approve",
});

// the library itself holds state, iss and the verifier against what it sent
const tokens = await client.authorizationCodeGrant(
  asker, new URL(decided.redirect_uri), {pkceCodeVerifier: verifier, expectedState: state});
seen.grants = [tokens.cds_grant_ids, [decided.grant_id]];
const usage = await client.fetchProtectedResource(
  asker, tokens.access_token, new URL(`${issuer.origin}/usage_data`), "GET");
seen.segments = (await usage.json()).data.length;

const renewed = await client.refreshTokenGrant(asker, tokens.refresh_token);
seen.renewed = renewed.access_token !== tokens.access_token;
const live = await client.tokenIntrospection(asker, renewed.access_token);
seen.live = [live.active, live.client_id === asking.client_id, live.scope];
await client.tokenRevocation(asker, renewed.refresh_token);
seen.revoked = await client.tokenIntrospection(asker, renewed.access_token);
seen.refused = await client.refreshTokenGrant(asker, renewed.refresh_token).then(() => "", error => error.error);

console.log(JSON.stringify(seen));
