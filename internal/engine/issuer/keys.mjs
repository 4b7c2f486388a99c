import { generateKeyPairSync } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import path from "node:path";

// keysOf returns the keys that sign tokens. They stay in the folder, so that tokens are valid after a restart, too.
export function keysOf(folder) {
  const file = path.join(folder, "keys.json");
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keys = { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  save(file, JSON.stringify(keys));
  return keys;
}

// save leaves either no file or all of it, also after a loss of power.
function save(file, text) {
  const part = openSync(`${file}.part`, "w", 0o600);
  writeSync(part, text);
  fsyncSync(part);
  closeSync(part);
  renameSync(`${file}.part`, file);
}
