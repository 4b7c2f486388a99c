import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { App } from "./app";
import { Announcer } from "./state/announce";
import { newQueryClient } from "./state/queries";
import { SelectionKeeper } from "./state/selections";
import "./style.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={newQueryClient()}>
      <BrowserRouter>
        <Announcer>
          <SelectionKeeper>
            <App />
          </SelectionKeeper>
        </Announcer>
      </BrowserRouter>
    </QueryClientProvider>
  </StrictMode>,
);
