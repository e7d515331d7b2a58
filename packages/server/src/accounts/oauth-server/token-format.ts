import { jwtVerify, SignJWT, type CryptoKey, type JWTVerifyGetKey } from "jose";
import { JOSEError } from "jose/errors";
import { TOKEN_LIFETIME_MS } from "./key-plan.ts";
import { SIGNATURE_ALGORITHM } from "./signing-keys.ts";

/** What an access token says. */
export interface TokenClaims {
  /** The key that signed it. */
  readonly keyId: string;
  readonly tokenId: string;
  readonly issuer: string;
  readonly orgId: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly expiresAtMs: number;
}

export interface NewToken {
  readonly tokenId: string;
  readonly issuer: string;
  readonly orgId: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly nowMs: number;
}

const TYPE = "at+jwt"; // RFC 9068
/** The API, and the endpoints of workflows. */
const AUDIENCE = ["api", "catcher"];
// For nodes whose clocks differ.
const TOLERANCE_SECONDS = 5;

/** Signs an access token. */
export function signToken(token: NewToken, signer: { keyId: string; key: CryptoKey }): Promise<string> {
  const nowSeconds = Math.floor(token.nowMs / 1000);
  return new SignJWT({ token_type: "oauth_access_token", client_id: token.clientId, scope: token.scopes.join(" ") })
    .setProtectedHeader({ alg: SIGNATURE_ALGORITHM, kid: signer.keyId, typ: TYPE })
    .setJti(token.tokenId)
    .setIssuer(token.issuer)
    .setSubject(token.orgId)
    .setAudience(AUDIENCE)
    .setIssuedAt(nowSeconds)
    .setNotBefore(nowSeconds - TOLERANCE_SECONDS)
    .setExpirationTime(nowSeconds + TOKEN_LIFETIME_MS / 1000)
    .sign(signer.key);
}

/** What a token says when its signature, audience and time are right; null otherwise. */
export async function readToken(token: string, findKey: JWTVerifyGetKey): Promise<TokenClaims | null> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, findKey, {
      algorithms: [SIGNATURE_ALGORITHM],
      audience: "api",
      typ: TYPE,
      clockTolerance: TOLERANCE_SECONDS,
      requiredClaims: ["jti", "iss", "sub", "exp", "client_id", "scope"],
    });
    const { jti, iss, sub, exp } = payload;
    return {
      keyId: String(protectedHeader.kid),
      tokenId: String(jti),
      issuer: String(iss),
      orgId: String(sub),
      clientId: String(payload["client_id"]),
      scopes: String(payload["scope"]).split(" "),
      expiresAtMs: Number(exp) * 1000,
    };
  } catch (error) {
    if (error instanceof JOSEError) return null;
    throw error;
  }
}
