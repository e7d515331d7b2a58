import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { describe, test } from "node:test";
import fc from "fast-check";
import { AddressPolicy } from "./address-policy.ts";

const isAllowed = (address: string, allow: string[] = []): boolean =>
  new AddressPolicy({ allow }).judge(address).isAllowed;

describe("the address policy", () => {
  test("lets public addresses through", () => {
    for (const address of ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
      assert.equal(isAllowed(address), true, address);
  });

  test("refuses every address of a reserved range, mapped into IPv6 or not", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const prefixes = [
      "10",
      "127",
      "0",
      "169.254",
      "192.168",
      "172.16",
      "172.31",
      "100.64",
      "100.127",
      "224",
      "240",
      "255",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...prefixes), fc.tuple(octet, octet, octet), (prefix, rest) => {
        const address = [...prefix.split("."), ...rest].slice(0, 4).join(".");
        assert.equal(isAllowed(address), false);
        assert.equal(isAllowed(`::ffff:${address}`), false);
      }),
    );
  });

  test("refuses IPv6 outside of what is routed, and transitions that hide an IPv4 address", () => {
    const addresses = [
      "::1",
      "::",
      "::7f00:1",
      "fe80::1",
      "fc00::1",
      "ff02::1",
      "64:ff9b::a00:1",
      "2002:a00:1::",
      "2001::1",
      "fec0::1",
    ];
    for (const address of [...addresses, "2001:db8::1", "100::1"]) assert.equal(isAllowed(address), false, address);
  });

  test("refuses the machine's own addresses, public ones too", () => {
    for (const entry of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
      assert.equal(isAllowed(entry.address), false, entry.address);
    }
  });

  test("refuses what is no address", () => {
    for (const text of ["", "localhost", "2130706433", "0x7f.1", "1.2.3", "fe80::1%eth0", "[::1]"])
      assert.equal(isAllowed(text), false, text);
  });

  test("is widened by what the operator allows, and by no more", () => {
    assert.equal(isAllowed("10.1.2.3", ["10.1.0.0/16"]), true);
    assert.equal(isAllowed("10.2.0.1", ["10.1.0.0/16"]), false);
    assert.equal(isAllowed("::ffff:10.1.2.3", ["10.1.0.0/16"]), true);
    assert.equal(isAllowed("127.0.0.1", ["127.0.0.1"]), true);
    assert.equal(isAllowed("fd00::5", ["fd00::/8"]), true);
    assert.throws(() => new AddressPolicy({ allow: ["intranet"] }), TypeError);
  });

  test("knows the platform's own URL by host and port together", () => {
    const policy = new AddressPolicy({ allow: [], publicUrl: "http://Millrace.local:3000/" });
    assert.equal(policy.isPublicUrl("millrace.local.", 3000), true);
    assert.equal(policy.isPublicUrl("millrace.local", 5432), false);
    assert.equal(policy.isPublicUrl("localhost", 3000), false);
    assert.equal(new AddressPolicy({ allow: [], publicUrl: "https://m.example" }).isPublicUrl("m.example", 443), true);
    assert.equal(new AddressPolicy({ allow: [], publicUrl: "http://[::1]:80" }).isPublicUrl("::1", 80), true);
  });
});
