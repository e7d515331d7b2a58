import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const SERVER = "http://localhost:3000";

/** Compresses once what would be compressed at each request. */
function compressed() {
  return {
    name: "compressed",
    apply: "build",
    async writeBundle({ dir }) {
      const assets = join(dir ?? "dist", "assets");
      for (const name of await readdir(assets)) {
        if (!/\.(js|css)$/.test(name)) continue;
        const content = await readFile(join(assets, name));
        await writeFile(join(assets, `${name}.br`), brotliCompressSync(content));
        await writeFile(join(assets, `${name}.gz`), gzipSync(content));
      }
    },
  };
}

/** The dashboard is built to `dist/`, which the server serves; `vite` alone runs it against a server on port 3000. */
export default defineConfig({
  plugins: [react(), tailwindcss(), compressed()],
  build: {
    target: "es2022",
    // Inline data would need a weaker content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
  },
  server: { proxy: Object.fromEntries(["/v1", "/docs", "/readyz", "/logos", "/in"].map((path) => [path, SERVER])) },
});
