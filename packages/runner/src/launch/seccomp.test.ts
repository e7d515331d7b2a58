import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seccompProgram } from "./seccomp.ts";

const ALLOW = 0x7fff0000;
const errno = (code: number): number => 0x00050000 | code;
const KILL = 0x80000000;
const ARCH = { x64: 0xc000003e, arm64: 0xc00000b7 };

interface Call {
  arch: number;
  nr: number;
  arg0?: number;
  arg1?: number;
}

/** Runs a classic BPF program of the few instructions that a filter needs. */
function verdictOf(program: Buffer, call: Call): number {
  const data = new Map([
    [0, call.nr],
    [4, call.arch],
    [16, call.arg0 ?? 0],
    [24, call.arg1 ?? 0],
  ]);
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const [opcode, hit, miss] = [
      program.readUInt16LE(at * 8),
      program.readUInt8(at * 8 + 2),
      program.readUInt8(at * 8 + 3),
    ];
    const value = program.readUInt32LE(at * 8 + 4);
    if (opcode === 0x20) accumulator = data.get(value) ?? assert.fail(`no field at ${value}`);
    else if (opcode === 0x06) return value;
    else if (opcode === 0x15) at += accumulator === value ? hit : miss;
    else if (opcode === 0x35) at += accumulator >= value ? hit : miss;
    else if (opcode === 0x45) at += (accumulator & value) !== 0 ? hit : miss;
    else assert.fail(`unknown instruction ${opcode}`);
  }
}

describe("the filter on system calls", () => {
  const x64 = seccompProgram("x64") ?? assert.fail();
  const arm64 = seccompProgram("arm64") ?? assert.fail();
  const onX64 = (call: Omit<Call, "arch">): number => verdictOf(x64, { arch: ARCH.x64, ...call });

  test("lets ordinary calls through", () => {
    for (const nr of [0, 1, 9, 59, 202, 228, 257, 318]) assert.equal(onX64({ nr }), ALLOW);
  });

  test("refuses debugging, mounting, modules, keys and new kernel interfaces", () => {
    for (const nr of [101, 165, 175, 248, 250, 272, 298, 308, 310, 321, 323, 425, 442])
      assert.equal(onX64({ nr }), errno(1));
    for (const nr of [117, 40, 105, 217, 219, 97, 241, 268, 270, 280, 282, 425, 442]) {
      assert.equal(verdictOf(arm64, { arch: ARCH.arm64, nr }), errno(1));
    }
  });

  test("lets processes and threads be made, but no namespaces", () => {
    assert.equal(onX64({ nr: 56, arg0: 0x01200011 }), ALLOW);
    assert.equal(onX64({ nr: 56, arg0: 0x003d0f00 }), ALLOW);
    assert.equal(onX64({ nr: 56, arg0: 0x10000000 }), errno(1));
    assert.equal(onX64({ nr: 56, arg0: 0x40000011 }), errno(1));
    assert.equal(onX64({ nr: 435 }), errno(38));
  });

  test("knows four families of sockets", () => {
    for (const arg0 of [1, 2, 10, 16]) assert.equal(onX64({ nr: 41, arg0 }), ALLOW);
    for (const arg0 of [0, 17, 38, 40, 44]) assert.equal(onX64({ nr: 41, arg0 }), errno(97));
    assert.equal(onX64({ nr: 53, arg0: 17 }), errno(97));
  });

  test("lets no input be pushed into a terminal", () => {
    assert.equal(onX64({ nr: 16, arg1: 0x5412 }), errno(1));
    assert.equal(onX64({ nr: 16, arg1: 0x541c }), errno(1));
    assert.equal(onX64({ nr: 16, arg1: 0x5413 }), ALLOW);
  });

  test("does not serve other ABIs of the same processor", () => {
    assert.equal(verdictOf(x64, { arch: 0x40000003, nr: 1 }), KILL);
    assert.equal(onX64({ nr: 0x40000000 + 101 }), errno(38));
  });

  test("is not made for processors that it was not written for", () => {
    assert.equal(seccompProgram("riscv64"), null);
  });
});
