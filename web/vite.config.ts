import { defineConfig } from "vite";
import { symbols } from "./plugins/symbols.ts";
import { world } from "./plugins/world.ts";

// Everything the page needs is in the bundle: it asks nobody but its own server.
export default defineConfig({
  base: "./",
  plugins: [world(), symbols()],
  build: {
    outDir: "../nodes/page/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    license: { fileName: "licences.md" }, // what is bundled goes out with its notices
  },
});
