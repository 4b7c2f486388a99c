import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { gzipAsync } from "@gfx/zopfli";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const api = process.env["LETHE"] ?? "http://127.0.0.1:8080";
// The system answers its own pages only, so a request says that it is from one.
const proxy = { target: api, changeOrigin: true, headers: { origin: new URL(api).origin } };
const outDir = "dist/app";

/** Compresses what is built, once, so that nobody has to while serving. Zopfli makes gzip 4 % smaller than zlib does, and takes seconds. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    async closeBundle() {
      const names = await readdir(outDir, { recursive: true });
      await Promise.all(names.filter((name) => /\.(js|css|html|svg)$/.test(name)).map((name) => compress(join(outDir, name))));
    },
  };
}

async function compress(file: string): Promise<void> {
  const content = await readFile(file);
  await writeFile(`${file}.gz`, await gzipAsync(content, {}));
  await writeFile(`${file}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}

/** What every page needs. Files of the state that only some pages need are not in it. */
const base = /node_modules\/(?!oauth4webapi|.*(infinite|queries))|\/src\/(api\/client|words|time|shell|auth\/(session|gate)|state\/(announce|me|online|operation|queries|nobody|selections)\.)|\/parts\/(basic|boundary|icon|keys|menu|problem)\./i;

export default defineConfig({
  plugins: [react(), precompress()],
  // Its package names the build for development, which checks and warns, for browsers, too.
  resolve: { alias: [{ find: /^react-router$/, replacement: join(import.meta.dirname, "node_modules/react-router/dist/production/index.mjs") }] },
  // For work on the dashboard: `npx vite` beside a system that make run has started.
  server: { proxy: { "/v1": proxy, "/docs": proxy, "/config.json": proxy } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
  // The policy allows no inline script, and no data: address.
  build: {
    outDir,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ["chrome125", "firefox128", "safari18"],
    // What every page needs is one file: it compresses better than three.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "base", test: base }] } } },
  },
});
