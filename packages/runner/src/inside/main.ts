import { setSourceMapsSupport } from "node:module";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { encodeFrame, FrameDecoder, FrameWriter } from "../frames.ts";
import { FrameType, MAX_FRAME_TO_RUNNER_BYTES } from "../messages.ts";
import type { BootArguments } from "../messages.ts";
import { captureConsole } from "./console-capture.ts";
import { ErrorReporter } from "./execution/index.ts";
import { Languages } from "./languages/index.ts";
import { preloadPlatform } from "./modules/index.ts";
import { guardProcess, hideHandle } from "./process-guards.ts";
import { Session } from "./session.ts";
import { layerEnvironment } from "./steps/index.ts";
import { limitWorkers } from "./worker-limits.ts";

const boot = JSON.parse(process.argv.splice(2, 1)[0] ?? "{}") as Partial<BootArguments>;
const reporter = new ErrorReporter(import.meta.filename);
setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });

// The socket is reachable from here only: user code has no business with it.
const parent = new Socket({ fd: 3, readable: true, writable: true });
const writer = new FrameWriter(parent);
const decoder = new FrameDecoder(MAX_FRAME_TO_RUNNER_BYTES);
const send = (head: { type: number; invocation: number }, payload: unknown) => writer.write(encodeFrame(head, payload));

const homeDir = boot.tmpDir ?? tmpdir();
const languages = new Languages({
  egressSocket: boot.egressSocket ?? null,
  hasOwnLoopback: boot.hasOwnLoopback ?? false,
  workDir: homeDir,
  memoryMb: boot.memoryMb ?? 256,
  wrapper: boot.scriptWrapper ?? [],
});
const session = new Session({ reporter, homeDir, languages, send });
const endProcess = guardProcess({ reporter, fail: (scope, thrown) => session.fail(scope, thrown) });
captureConsole(reporter);
layerEnvironment();
limitWorkers();
hideHandle(parent);

parent.on("data", (bytes) => {
  for (const frame of decoder.push(bytes)) session.handle(frame);
});
for (const event of ["end", "error", "close"]) parent.on(event, () => endProcess(0));

if (boot.platformDir) await preloadPlatform(boot.platformDir).catch(() => undefined);
send({ type: FrameType.ready, invocation: 0 }, {});
