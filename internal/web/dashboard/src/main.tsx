import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { App } from "./app";
import { Gate } from "./auth/gate";
import { showDashboard, start, takeAlong } from "./auth/session";
import { Announcer } from "./state/announce";
import { meQuery } from "./state/me";
import { newQueryClient } from "./state/queries";
import { SelectionKeeper } from "./state/selections";
import "./style.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
const client = newQueryClient();
createRoot(root).render(
  <StrictMode>
    <Gate>
      <QueryClientProvider client={client}>
        <BrowserRouter>
          <Announcer>
            <SelectionKeeper>
              <App />
            </SelectionKeeper>
          </Announcer>
        </BrowserRouter>
      </QueryClientProvider>
    </Gate>
  </StrictMode>,
);

// A change that is under way when the page is left to sign in may have been made, or not.
takeAlong("asked", () => client.isMutating() > 0);

// Who it is, is known before anything is shown, so that nothing shows that is not allowed.
if (await start()) await client.prefetchQuery(meQuery).then(showDashboard);
