import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { environment: "jsdom", include: ["test/*.test.js"] },
  plugins: [
    {
      name: "css-as-text", // as esbuild bundles it
      enforce: "pre",
      transform: (code, id) =>
        id.endsWith(".css") ? { code: `export default ${JSON.stringify(code)}` } : undefined,
    },
  ],
});
