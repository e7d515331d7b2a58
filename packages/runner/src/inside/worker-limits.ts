import { syncBuiltinESMExports } from "node:module";
import workerThreads, { Worker, type WorkerOptions } from "node:worker_threads";

/** V8 would reserve 512 MB of address space for the compiled code of each thread, more than the memory limit leaves. */
const CODE_RANGE_MB = 64;

/** Makes worker threads that user code starts fit into the memory limit of the process. */
export function limitWorkers(): void {
  const LimitedWorker = class Worker extends workerThreads.Worker {
    constructor(file: string | URL, options?: WorkerOptions) {
      super(file, { ...options, resourceLimits: { codeRangeSizeMb: CODE_RANGE_MB, ...options?.resourceLimits } });
    }
  };
  Object.defineProperty(workerThreads, Worker.name, { value: LimitedWorker, writable: true, configurable: true });
  syncBuiltinESMExports();
}
