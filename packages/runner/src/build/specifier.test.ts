import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { packageImport, parseSpecifier, pinAlias } from "./specifier.ts";

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
const packageName = fc.oneof(
  word,
  fc.tuple(word, word).map(([scope, name]) => `@${scope}/${name}`),
);
const range = fc.oneof(
  fc.tuple(fc.constantFrom("", "^", "~", ">="), fc.nat(99), fc.nat(99)).map(([sign, a, b]) => `${sign}${a}.${b}.0`),
  fc.constantFrom("latest", "next", "4", "1.x", "*"),
);
const subpath = fc.oneof(
  fc.constant(""),
  fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join("/")}`),
);

test("A pinned specifier comes apart into name, pin and subpath, whatever they are", () => {
  fc.assert(
    fc.property(packageName, range, subpath, (name, pin, path) => {
      assert.deepEqual(parseSpecifier(`${name}@${pin}${path}`), { kind: "package", name, pin, subpath: path });
    }),
  );
});

test("An unpinned specifier keeps its subpath and takes the declared range, else the newest version", () => {
  fc.assert(
    fc.property(packageName, range, subpath, (name, declared, path) => {
      const parsed = parseSpecifier(`${name}${path}`);
      if (parsed.kind !== "package") return assert.equal(parsed.kind, "builtin");
      assert.deepEqual(packageImport(parsed, { [name]: declared }), { alias: name, name, range: declared });
      assert.deepEqual(packageImport(parsed, {}), { alias: name, name, range: "latest" });
    }),
  );
});

test("Aliases are valid package names and differ for different packages and pins", () => {
  fc.assert(
    fc.property(packageName, range, packageName, range, (name, pin, otherName, otherPin) => {
      const alias = pinAlias(name, pin);
      assert.match(alias, /^[a-z0-9][a-z0-9.-]*$/);
      if (name !== otherName || pin !== otherPin) {
        const isSame = alias === pinAlias(otherName, otherPin);
        assert.equal(isSame, `${name}-${pin}` === `${otherName}-${otherPin}`);
      }
    }),
  );
});

test("An exact version gives a readable alias", () => {
  assert.equal(pinAlias("axios", "1.7.9"), "pin-axios-1.7.9");
});

test("Relative paths, Node's modules, and addresses are told apart", () => {
  assert.equal(parseSpecifier("./x.mjs").kind, "relative");
  assert.equal(parseSpecifier("..").kind, "relative");
  assert.equal(parseSpecifier("node:fs/promises").kind, "builtin");
  assert.equal(parseSpecifier("crypto").kind, "builtin");
  for (const refused of ["/etc/passwd", "https://x.test/y.mjs", "file:///x", "#internal", "ms@git+ssh:", "ms@file:x"]) {
    assert.equal(parseSpecifier(refused).kind, "unsupported", refused);
  }
});
