import { defineConfig } from "@playwright/test";

const port = process.env["LETHE_E2E_PORT"] ?? "8977";
const root = "../../..";

/** The flows, in Debian's Chromium against the whole system as make run starts it: own folder, no demo data. */
export default defineConfig({
  testDir: "e2e",
  outputDir: `${root}/build/dashboard-e2e-results`,
  workers: 1, // one system, whose lists all flows see
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    viewport: { width: 1440, height: 900 },
    actionTimeout: 15_000,
    screenshot: "only-on-failure",
    launchOptions: { executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox"] },
  },
  webServer: {
    command: `cd ${root} && mkdir -p build && go build -o build/local ./internal/local && exec build/local --port ${port} --dir build/dashboard-e2e --reset --demo=false --dashboard=false --tick 2s`,
    url: `http://127.0.0.1:${port}/v1/totals`,
    timeout: 240_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: "SIGINT", timeout: 15_000 },
  },
});
