import { useSyncExternalStore } from "react";

function watchConnection(changed: () => void): () => void {
  addEventListener("online", changed);
  addEventListener("offline", changed);
  return () => {
    removeEventListener("online", changed);
    removeEventListener("offline", changed);
  };
}

/** Whether the browser has a connection. */
export function useOnline(): boolean {
  return useSyncExternalStore(watchConnection, () => navigator.onLine);
}

/** Why what needs the API can't be used now; undefined while there is a connection. */
export function useOffline(): string | undefined {
  return useOnline() ? undefined : "You are offline";
}
