import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeS3Path, signedS3Headers } from "./aws-signature.ts";

// The worked examples of AWS's own documentation of Signature Version 4 for S3.
const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
};
const nowMs = Date.UTC(2013, 4, 24);
const HOST = "https://examplebucket.s3.amazonaws.com";

function signatureOf(method: string, path: string, { headers = {}, body = "" } = {}): string {
  const request = { method, url: new URL(HOST + path), headers, body: Buffer.from(body) };
  return signedS3Headers(request, { credentials, nowMs })["authorization"]?.split("Signature=")[1] ?? "";
}

test("a GET is signed as the documentation shows", () => {
  assert.equal(
    signatureOf("GET", "/test.txt", { headers: { range: "bytes=0-9" } }),
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  );
});

test("a PUT is signed as the documentation shows", () => {
  const headers = { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" };
  assert.equal(
    signatureOf("PUT", encodeS3Path("/test$file.text"), { headers, body: "Welcome to Amazon S3." }),
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  );
});

test("query parameters are signed as the documentation shows", () => {
  assert.equal(signatureOf("GET", "/?lifecycle"), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  assert.equal(
    signatureOf("GET", "/?max-keys=2&prefix=J"),
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  );
});
