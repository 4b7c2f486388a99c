import { audit, declareKinds, expect, idsOf, seed, test, wantFits } from "./fixture";

test.beforeAll(async ({ request }) => {
  await declareKinds(request);
});

const file = (name: string, text: string) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

test("a file of customers is chosen, its columns are mapped, tried and imported", async ({ page, request }) => {
  await seed(request, [{ id: "import-taken", organisation: "Quixotte Taken", email: "taken@blumenkohl.example" }]);
  await page.goto("/customers");
  await page.getByRole("link", { name: "Import" }).last().click();
  await expect(page.getByRole("button", { name: "Choose a file…" })).toBeVisible();
  await audit(page);
  await page.getByLabel("File", { exact: true }).setInputFiles(
    file("kunden.csv", ["nr;firma;e-mail;newsletter;fax", ...[1, 2, 3].map((n) => `import-${n};Ysolde ${n};ysolde${n}@blumenkohl.example;yes;12`), "import-4;Ysolde 4;no address;yes;", "import-5;Ysolde 5;taken@blumenkohl.example;no;", ""].join("\n")),
  );
  await expect(page.getByText("5 rows below the head")).toBeVisible();
  await expect(page.getByLabel("What e-mail becomes")).toHaveValue("email");
  await expect(page.getByLabel("What fax becomes")).toHaveValue("");
  await page.getByLabel("What nr becomes").selectOption("ID");
  await page.getByLabel("What firma becomes").selectOption("Organisation");
  await page.getByLabel("What newsletter becomes").selectOption("Consent: Newsletter");
  await expect(page.getByRole("button", { name: "Import 3 customers" })).toBeVisible();
  const errors = page.getByRole("region", { name: "Can’t be imported" });
  await expect(errors.getByRole("row").nth(1)).toContainText("5");
  await expect(errors.getByText("E-mail is not an e-mail address")).toBeVisible();
  await expect(errors.locator("strong").first()).toHaveText("no address");
  await expect(errors.getByRole("link", { name: "View the customer" })).toHaveAttribute("href", "/customers/import-taken");
  expect(await idsOf(request, "active", "import-")).toEqual(["import-taken"]);
  await audit(page);
  await wantFits(page);
  await page.getByLabel("What nr becomes").selectOption("E-mail");
  await expect(page.getByText("Two columns become “E-mail”: choose one.")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Import \d/ })).toHaveAttribute("aria-disabled", "true");
  await page.getByLabel("What nr becomes").selectOption("ID");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download these lines" }).click();
  expect((await download).suggestedFilename()).toBe("left-out-kunden.csv");
  await page.getByRole("button", { name: "Import 3 customers" }).click();
  await expect(page.getByText("3 customers are added.")).toBeVisible();
  await audit(page);
  expect(await idsOf(request, "active", "import-")).toEqual(["import-1", "import-2", "import-3", "import-taken"]);
  expect(await (await request.get("/v1/customers/import-1")).json()).toMatchObject({ organisation: "Ysolde 1", consents: { newsletter: true } });
  await page.getByRole("button", { name: "Import another file" }).click();
  await expect(page.getByRole("button", { name: "Choose a file…" })).toBeVisible();
});

test("lines that exist are left, or updated", async ({ page, request }) => {
  await seed(request, [{ id: "update-1", organisation: "Xanthippe", phone: "1" }]);
  await page.goto("/import");
  await page.getByLabel("Or paste its lines").fill("id,organisation,phone\nupdate-1,Xanthippe,2\n");
  await page.getByRole("button", { name: "Read it" }).click();
  await expect(page.getByText("No line would change anything.")).toBeVisible();
  await page.getByLabel("Update them from the file").check();
  await page.getByRole("button", { name: "Import 1 customer" }).click();
  await expect(page.getByText("0 customers are added.")).toBeVisible();
  expect(await (await request.get("/v1/customers/update-1")).json()).toMatchObject({ phone: "2" });
});

test("records are pasted, of one kind, below their parents", async ({ page, request }) => {
  await seed(request, [{ id: "owner", organisation: "Quixotte Owner" }]);
  await page.goto("/import");
  await page.getByLabel("Records of customers").check();
  await page.getByLabel("Or paste its lines").fill("customer;Order ID;total\nowner;7;12.50\nnobody-such;8;1\n");
  await page.getByRole("button", { name: "Read it" }).click();
  await expect(page.getByText("Choose the column with the record’s ID.")).toBeVisible();
  await page.getByLabel("What Order ID becomes").selectOption("ID of the record");
  await expect(page.getByText("Choose the kind, or the column that says it.")).toBeVisible();
  await page.getByLabel("Kind of the records").selectOption("ticket");
  await audit(page);
  await page.getByRole("button", { name: "Import 1 record" }).click();
  await expect(page.getByText("1 record is added.")).toBeVisible();
  await expect(page.getByRole("region", { name: "Left out" }).getByRole("row")).toHaveCount(2);
  const { records } = (await (await request.get("/v1/customers/owner/records?kind=ticket")).json()) as { records: object[] };
  expect(records).toMatchObject([{ id: "7", data: { total: "12.50" } }]);
});

test("a large file goes in parts; a lost request is sent again, and a reload goes on where it stopped", async ({ page, request, recorded }) => {
  // 30 rows of 180 kB, most of it in a column that is left out.
  const text = `id,organisation,note\n${Array.from({ length: 30 }, (_, n) => `large-${n},Waldmeister ${n},${"x".repeat(180_000)}`).join("\n")}\n`;
  const sent: string[] = [];
  let lost = 0;
  await page.route("**/v1/imports/customers?*", async (route) => {
    const [head, first] = (route.request().postData() ?? "").split("\n");
    if (route.request().url().includes("dryRun")) return route.continue();
    sent.push(`${head} ${first?.split(",")[0] ?? ""}`);
    if (sent.length === 1) return route.abort("connectionreset");
    // The second part is lost until the page is stopped.
    if (sent.length > 2 && lost++ < 10) return route.fulfill({ status: 503, headers: { "Retry-After": "60" }, body: "" });
    return route.continue();
  });
  await page.goto("/import");
  await page.getByLabel("File", { exact: true }).setInputFiles(file("large.csv", text));
  await expect(page.getByText("2 requests")).toBeVisible();
  await page.getByRole("button", { name: "Import 30 customers" }).click();
  await expect(page.getByText("The last request was not answered.").first()).toBeVisible();
  await expect(page.getByText("22 of 30 lines imported")).toBeVisible();
  await expect(page.getByText("The last request was not answered.").first()).toBeVisible();
  await audit(page);
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("link", { name: "Import" }).click();
  await expect(page.getByText("22 of 30 lines imported")).toBeVisible();
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.locator(".tag", { hasText: "Stopped" })).toBeVisible();
  await page.reload();
  await expect(page.getByText("An import stopped after 22 lines of 30.")).toBeVisible();
  await audit(page);
  lost = 10;
  await page.getByLabel("File", { exact: true }).setInputFiles(file("large.csv", text));
  await page.getByRole("button", { name: "Go on" }).click();
  await expect(page.getByText("30 customers are added.")).toBeVisible();
  expect(await idsOf(request, "active", "large-")).toHaveLength(30);
  expect(sent).toEqual(["id,organisation,left-out-3 large-0", "id,organisation,left-out-3 large-0", "id,organisation,left-out-3 large-22", "id,organisation,left-out-3 large-22"]);
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain("Waldmeister");
  expect(recorded.errors.length).toBe(0);
});
